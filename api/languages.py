"""Which language a caller reads."""

from enum import IntEnum
from typing import Final

_MAX_PARTS: Final = 20


class Language(IntEnum):
    """The value is the place in every (Chinese, English) pair."""

    CHINESE = 0
    ENGLISH = 1


def preferred(accept_language: str | None) -> Language:
    """Chinese unless the header `Accept-Language` prefers English to it."""
    weights = [_weight(part) for part in (accept_language or "").split(",")[:_MAX_PARTS]]
    english = max((weight for tag, weight in weights if tag == "en"), default=0.0)
    chinese = max((weight for tag, weight in weights if tag == "zh"), default=0.0)
    return Language.ENGLISH if english > chinese else Language.CHINESE


def _weight(part: str) -> tuple[str, float]:
    """Primary language and weight of one part such as `en-GB;q=0.8`; an unreadable weight counts as none."""
    tag, _, parameter = part.partition(";")
    weight = parameter.strip().removeprefix("q=")
    try:
        return tag.strip().partition("-")[0].lower(), float(weight) if weight else 1.0
    except ValueError:
        return "", 0.0
