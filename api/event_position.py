"""The position of an event as a path names it."""

import re
from typing import Final

from domain.errors import UnknownEvent

_POSITION: Final = re.compile(r"[1-9][0-9]{0,15}\Z")


def position_of(text: str) -> int:
    """The position.

    Raises:
        UnknownEvent: the text can be none.
    """
    if not _POSITION.match(text):
        raise UnknownEvent
    return int(text)
