"""What is wrong with what was typed, as pages say it: the interface says the same to programs, in their terms."""

from collections.abc import Mapping
from typing import Final

from api.console.texts import mark as _

_WORDS: Final[Mapping[str, str]] = {
    "date": _("须为日期，如 2024-01-31"),
}
"""By the code of the problem."""


def problem_words(code: str) -> str | None:
    """What pages say of a problem; None where the interface's words are theirs too."""
    return _WORDS.get(code)
