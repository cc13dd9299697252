"""What a stored projection is: tables, and the rows that each event adds to them."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Table

from domain.event import RecordedEvent

Row = tuple[str | int, ...]
"""One stored row, in the order of its table's columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """A name, the version of its code, its tables by generation, and its rows.

    `rows_of(event, time_zone)` gives the rows for each of the tables, in the order of `tables`; it is a pure function
    of the one event and of the zone of its ledger. A change of tables or rows needs a new version: the views are then
    made anew.
    """

    name: str
    version: int
    tables: Callable[[int], tuple[Table, ...]]
    rows_of: Callable[[RecordedEvent, str], tuple[list[Row], ...]]
