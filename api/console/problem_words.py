"""What is wrong with what was typed, as pages say it: the interface says the same to programs, in their terms."""

import re
from collections.abc import Mapping
from typing import Final

from api.console.texts import mark as _
from api.console.texts import translations_of
from api.console.typed import plain_number
from api.languages import Language
from domain.shape import RANGE, Shape

_WORDS: Final[Mapping[str, str]] = {
    "amount": _("须为金额，最多两位小数，如 1234.50"),
    "amount-in-wan": _("须为以万元计的金额，最多六位小数，如 12.5"),
    "date": _("须为日期，如 2024-01-31"),
    "granted-points": _("须为加减的分数，不为零，最多两位小数，如 -3"),
    "missing": _("必填"),
    "not-nfc": _("含有写法不规范的字符，请重新键入"),
    "points": _("须为分数，最多两位小数，如 89.93"),
}
"""By the code of the problem."""

_OF_SHAPE: Final[Mapping[Shape, str]] = {
    Shape.IDENTIFIER: _("只能用英文字母、数字、点、横线和下划线，以字母或数字开头，最多 64 个字符"),
    Shape.CODE: _("须为小写英文代码，如 road；可含数字、横线和下划线，最多 32 个字符"),
    Shape.EVENT_ID: _("须为流水号，如 #12，或事件编号"),
    Shape.SHA256: _("须为 64 位十六进制，字母小写"),
}
"""What a text must look like; by the shape of the field."""

_NEGATIVE: Final = _("不能为负数")
_TOO_LARGE: Final = _("金额过大，须小于 10 万亿元")
_POINTS_TOO_LARGE: Final = _("分数过大，须小于 1000")
_WHOLE: Final = _("须为 {minimum} 至 {maximum} 的整数")
_ABOVE_OR_ZERO: Final = frozenset({"amount", "amount-in-wan", "points"})
_MOST_DIGITS: Final = {"amount": (13, _TOO_LARGE), "amount-in-wan": (9, _TOO_LARGE), "points": (3, _POINTS_TOO_LARGE)}
"""By the code of the problem: how many digits may stand before the point, and what is said of more."""
_NUMBER: Final = re.compile(r"0*([0-9]+)(?:\.[0-9]*)?")
_NOT_WHOLE: Final = frozenset({"type", "range"})
_MINUS_SIGNS: Final = ("-", "\u2212", "\uff0d")


def problem_words(code: str, language: Language, *, shape: Shape | None = None, typed: str = "") -> str | None:
    """What pages say of a problem with what was typed into a field; None where the interface's words are theirs too."""
    say = translations_of(language).gettext
    if code in _NOT_WHOLE and shape in RANGE:
        minimum, maximum = RANGE[shape]
        return say(_WHOLE).format(minimum=f"{minimum}", maximum=f"{maximum}")
    if code in _ABOVE_OR_ZERO and typed.strip().startswith(_MINUS_SIGNS):
        return say(_NEGATIVE)
    digits, too_large = _MOST_DIGITS.get(code, (0, ""))
    if too_large and (number := _NUMBER.fullmatch(plain_number(typed))) and len(number[1]) > digits:
        return say(too_large)
    words = _OF_SHAPE.get(shape) if code == "pattern" and shape is not None else _WORDS.get(code)
    return None if words is None else say(words)
