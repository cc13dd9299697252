"""Which language a caller reads."""

from enum import IntEnum

from api.weights import heaviest, weights_of


class Language(IntEnum):
    """The value is the place in every (Chinese, English) pair."""

    CHINESE = 0
    ENGLISH = 1


def preferred(accept_language: str | None) -> Language:
    """Chinese unless the header `Accept-Language` prefers English to it."""
    weights = [(tag.partition("-")[0], weight) for tag, weight in weights_of(accept_language or "")]
    return Language.ENGLISH if heaviest(weights, "en") > heaviest(weights, "zh") else Language.CHINESE
