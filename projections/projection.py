"""What a stored projection is: tables, and the rows that a page of events adds to them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, Table

from domain.event import RecordedEvent

Row = tuple[str | int | None, ...]
"""One stored row, in the order of its table's columns. Each follows from one event, whose position it has."""


class Start(NamedTuple):
    """From where a page is folded: the rows of a generation and ledger up to a position (inclusive)."""

    ledger_id: str
    time_zone: str
    generation: int
    position: int


class Fold(Protocol):
    """Takes the next events of a ledger in, and says which rows they add."""

    def take(self, event: RecordedEvent) -> None:
        """Takes the next event in. An exception says that it cannot be projected, and leaves what came before it."""

    def rows(self, connection: Connection) -> tuple[list[Row], ...]:
        """The rows that all events taken in add to each of the tables; once, after the last of them."""

    def kept(self) -> Any:
        """What the fold of the next page would otherwise read again; None where there is no such thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """A name, the version of its code, its tables by generation, and how events become their rows.

    `fold(start, kept)` begins a page; `kept` is of the page before it, or None. The rows follow from the events alone,
    whatever pages they come in. A change of tables or rows needs a new version: the views are then made anew.
    """

    name: str
    version: int
    tables: Callable[[int], tuple[Table, ...]]
    fold: Callable[[Start, Any], Fold]
