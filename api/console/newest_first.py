"""Many events on a page: the newest first, some at a time, the older ones a link away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from api.parameters import position

CURSOR: Final = position("cursor", "Position of the last event of the page before.")

PAGE_SIZE: Final = 50

Event = TypeVar("Event")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[Event]):
    """One page of them. `count` is that of all; `cursor` leads to the older ones, None at the end."""

    shown: Sequence[Event]
    count: int
    cursor: int | None
    is_first: bool


def newest_first(
    events: Sequence[Event], position_of: Callable[[Event], int], cursor: int | None, size: int = PAGE_SIZE
) -> Part[Event]:
    """The page that begins after the event at the cursor, else the first; they are given oldest first."""
    newest = list(reversed(events))
    places = {position_of(each): place for place, each in enumerate(newest, start=1)}
    begin = places.get(cursor, 0) if cursor is not None else 0
    shown = newest[begin : begin + size]
    return Part(
        shown=shown,
        count=len(newest),
        cursor=position_of(shown[-1]) if begin + len(shown) < len(newest) else None,
        is_first=begin == 0,
    )
