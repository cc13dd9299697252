"""The unit of money that a heading of a column names, as 支出金额（千元）and Disbursed (CNY 10k) do."""

import re
from collections.abc import Iterator
from typing import Final

from domain.spelling import CLOSING, OPENING, plain_spelling

_YUAN: Final = "元"
_OPENING, _CLOSING = re.escape(f"{OPENING}{{<“"), re.escape(f"{CLOSING}}}>”")
_BRACKETS: Final = re.compile(f"[{_OPENING}]([^{_OPENING}{_CLOSING}]*)[{_CLOSING}]")
LAST_BRACKETS: Final = re.compile(rf"(?<=.){_BRACKETS.pattern}\Z")
_THOUSANDS: Final = re.compile(r"(?<=\d)[,，](?=\d{3})")
_BETWEEN: Final = re.compile(r"[,，、;；:：/]+")
_BETWEEN_WORDS: Final = re.compile(r"[,，、;；:：/_—–\-\s]+")
_WORDS_OF_UNIT: Final = 4
"""So many words one unit has at most, as in ten thousand yuan."""

_LABEL: Final = re.compile(r"金额|单位|计量|计价|货币|币种|[以为计数整]|\A(?:amounts?|units?|currency)?(?:in)?")
"""What stands beside a unit and says no more than that it is one."""
_OURS: Final = re.compile(r"人民币|rmb|cny|yuan|[¥￥]|[元圆]\Z")
_FOREIGN: Final = re.compile(
    r"usd|eur|hkd|mop|twd|jpy|gbp|krw|aud|cad|chf|sgd|rub|(?:us|hk)?\$|[€£]|euros?|dollars?|美金|英镑|日圆"
)
_OTHER_YUAN: Final = re.compile(r"[\u4e00-\u9fff]{1,3}元\Z")
"""Such as that of another country."""
_CHINESE_SCALE: Final = re.compile(r"[十百千万亿]{1,2}\Z")
_SCALES: Final = {
    **dict.fromkeys(("k", "000", "'000", "’000", "000s", "1000", "thousand", "thousands"), "千"),
    **dict.fromkeys(("10k", "10000", "tenthousand", "10thousand"), "万"),
    **dict.fromkeys(("m", "mn", "million", "millions", "1000000"), "百万"),
    **dict.fromkeys(("100m", "100million", "hundredmillion", "100000000"), "亿"),
    **dict.fromkeys(("bn", "billion", "billions"), "十亿"),
}
_PARTS_OF_YUAN: Final = {"角": "角", "jiao": "角", "分": "分", "fen": "分"}
_AT_END: Final = re.compile(
    r"([十百千万亿]{1,2}元|(?:单位|人民币|rmb|cny)[十百千万亿]{0,2}元|(?:人民币|rmb|cny)[十百千万亿]{0,2})[数额计]?\Z"
)


def unit_of_heading(heading: str) -> str | None:
    """The unit, such as 元, 万元, 千元 or USD, in brackets or at the end; several with / between them; None: none."""
    plain = _THOUSANDS.sub("", heading.strip().rstrip("*＊"))
    named = [unit for inner in _BRACKETS.findall(plain) for unit in _units_in(inner)]
    if not named and (unit := _unit_at_end(_BRACKETS.sub(" ", plain))) is not None:
        named = [unit]
    return "/".join(dict.fromkeys(named)) or None


def without_unit(heading: str) -> tuple[str, str | None]:
    """The heading without brackets at its end that hold a unit and nothing else, and that unit."""
    brackets = LAST_BRACKETS.search(heading)
    if brackets is None:
        return heading, None
    unit = _unit_alone(_THOUSANDS.sub("", brackets[1]))
    return (heading, None) if unit is None else (heading[: brackets.start()], unit)


def _units_in(inner: str) -> Iterator[str]:
    """The one that brackets hold, or those that stand in them between other words."""
    alone = _unit_alone(inner)
    if alone is not None:
        yield alone
        return
    for part in _BETWEEN.split(inner):
        words = [plain_spelling(word) for word in part.split()]
        start = 0
        while start < len(words):
            runs = ((end, _unit("".join(words[start:end]))) for end in range(start + _WORDS_OF_UNIT, start, -1))
            end, unit = next(((end, unit) for end, unit in runs if unit is not None), (start + 1, None))
            if unit is not None:
                yield unit
            start = end


def _unit_alone(inner: str) -> str | None:
    return _known_unit(plain_spelling(_BETWEEN.sub("", inner)))


def _unit_at_end(words: str) -> str | None:
    """The one without brackets; of letters alone it names its money, as a letter may well end a heading."""
    spelt = [plain_spelling(word) for word in _BETWEEN_WORDS.split(words) if word]
    if spelt[1:] and spelt[-1] == _YUAN:
        return _YUAN
    runs = ("".join(spelt[-count:]) for count in range(min(_WORDS_OF_UNIT, len(spelt)), 0, -1))
    named = (run for run in runs if run.isascii() and (_OURS.search(run) or _FOREIGN.search(run)))
    unit = next((unit for run in named if (unit := _known_unit(run)) is not None), None)
    found = _AT_END.search("".join(spelt))
    return _unit(found[1]) if unit is None and found else unit


def _unit(text: str) -> str | None:
    """The unit that a text in plain spelling is, or that of another country; None where it says something else."""
    known = _known_unit(text)
    if known is None and _OTHER_YUAN.match(text):
        return text
    return known


def _known_unit(text: str) -> str | None:
    said = _LABEL.sub("", text)
    bare = _OURS.sub("", said)
    if bare in _PARTS_OF_YUAN:
        return _PARTS_OF_YUAN[bare]
    scale = _scale(bare)
    if scale is not None and said:
        return f"{scale}{_YUAN}"
    is_foreign = (other := _FOREIGN.sub("", said)) != said and _scale(other) is not None
    return said.upper() if is_foreign else None


def _scale(text: str) -> str | None:
    """How many the unit is of, in Chinese; empty: of one."""
    return text if not text or _CHINESE_SCALE.match(text) else _SCALES.get(text)
