"""The unit of money that a heading of a column names, as 支出金额（千元）does."""

import re
from typing import Final

_BRACKETS: Final = re.compile(r"[(（\[【〔]([^()（）\[\]【】〔〕]*)[)）\]】〕]")
_BETWEEN: Final = re.compile(r"[,，、;；:：/\s]+")
_IN_BRACKETS: Final = re.compile(r"(?:金额)?(?:单位)?(?:人民币)?([\u4e00-\u9fff]{0,3}元|[百千万亿]{1,2})\Z")
_AT_END: Final = re.compile(r"([百千万亿]{1,2}元)\Z")
_YUAN: Final = "元"


def unit_of_heading(heading: str) -> str | None:
    """The unit, such as 元, 万元 or 千元, in brackets or at the end; None where the heading names none."""
    plain = heading.strip().rstrip("*＊")
    parts = [part for inner in _BRACKETS.findall(plain) for part in _BETWEEN.split(inner)]
    named = [found[1] for part in parts if (found := _IN_BRACKETS.match(part))]
    if not named and (found := _AT_END.search(plain)):
        named = [found[1]]
    return f"{named[-1].removesuffix(_YUAN)}{_YUAN}" if named else None
