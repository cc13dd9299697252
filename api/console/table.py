"""A table as every page has it: shown as HTML, given away as .csv, .xlsx and .json at the address of the page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from api.console.figures import ABSENT, amount, grouped, rate, unrounded_amount
from api.console.scope import Scope
from api.console.view import AmountUnit, View

Row = Mapping[str, Any]
"""As the HTTP interface answers it."""


class Kind(Enum):
    """What a column holds; how it is aligned, formatted and typed in a file follows from it."""

    TEXT = auto()
    AMOUNT = auto()
    EXACT_AMOUNT = auto()
    """With as many decimals as it has: what is about to be recorded is shown unrounded, also in 万元."""
    DIFFERENCE = auto()
    RATE = auto()
    POINTS = auto()
    POINTS_CHANGE = auto()
    COUNT = auto()
    DAY = auto()
    INSTANT = auto()


IN_AMOUNT_UNIT: Final = frozenset({Kind.AMOUNT, Kind.EXACT_AMOUNT, Kind.DIFFERENCE})
NUMERIC: Final = frozenset({*IN_AMOUNT_UNIT, Kind.RATE, Kind.POINTS, Kind.POINTS_CHANGE, Kind.COUNT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `value` gives what a row has in it, an exact text or number or None; `title` is translated.

    `link` is the address that the cell leads to; None where it leads nowhere. `field` is the row's field by which the
    interface can sort; None: it cannot. On a page only, `note` is what stands small below the cell, and `chips` are the
    pieces that stand for its text, each with its class.
    """

    title: str
    value: Callable[[Row], str | int | None]
    kind: Kind = Kind.TEXT
    link: Callable[[Row], str | None] | None = None
    field: str | None = None
    note: Callable[[Row], str | None] | None = None
    chips: Callable[[Row], Sequence[tuple[str, str]]] | None = None

    @property
    def is_numeric(self) -> bool:
        """Whether its cells stand on the right, in figures of one width."""
        return self.kind in NUMERIC

    def heading(self, unit_name: str) -> str:
        """Its title for files, where a unit must stand with it."""
        if self.kind not in IN_AMOUNT_UNIT:
            return self.title
        return f"{self.title} ({unit_name})" if unit_name.isascii() else f"{self.title}（{unit_name}）"

    def shown(self, row: Row, view: View) -> str:
        """The cell for people."""
        return shown(self.value(row), self.kind, view.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`name` is that of its file. `total` is a row below the others, in the same columns; None where there is none.

    `scope` is what of the ledger its rows are of; None: of all of it.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: Row | None = None
    scope: Scope | None = None


def field_column(name: str, title: str, kind: Kind = Kind.TEXT, **more: Any) -> Column:
    """A column that shows a field of the row as it is, and can be sorted by it."""
    return Column(title=title, value=lambda row: row[name], kind=kind, field=name, **more)


def shown(value: str | int | None, kind: Kind, unit: AmountUnit) -> str:
    """A value of a column for people."""
    if kind is Kind.EXACT_AMOUNT:
        return unrounded_amount(_optional_text(value), unit)
    if kind in IN_AMOUNT_UNIT:
        return amount(_optional_text(value), unit, signed=kind is Kind.DIFFERENCE)
    if kind in {Kind.RATE, Kind.POINTS}:
        return rate(_optional_text(value))
    if kind is Kind.POINTS_CHANGE:
        return ABSENT if value is None else grouped(str(value), signed=True)
    if kind is Kind.COUNT:
        return "" if value is None else f"{value:,}"
    return "" if value is None else str(value)


def _optional_text(value: str | int | None) -> str | None:
    return None if value is None else str(value)
