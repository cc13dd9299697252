"""A report as a bureau files it: a head, a table with levels and subtotals, notes, and lines to sign on.

Amounts in it are the interface's exact texts, or sums of them in fen: what is shown is rounded last, cell by cell.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile
from typing import Any, Final

from api.console.asked import Asked
from api.console.figures import grouped, hundredths_of
from api.console.table import NUMERIC, Column, Kind, Table, shown
from api.console.texts import mark as _
from api.console.view import AmountUnit, View
from domain.money import divide_half_away, format_hundredths

Row = Mapping[str, Any]
"""The cells of a row by the names of the columns, with its `role` and its `depth` (0 is the outermost level)."""

NOT_COMPUTABLE: Final = "\N{EM DASH}"
"""Stands for a rate on a base of zero. What is not known, or was not yet, is left blank: it is not zero."""
_FEN_PER_HUNDREDTH_OF_WAN: Final = 10_000
_PERCENT: Final = 100
_ROWS_OF_END: Final = 3


class Role(StrEnum):
    """What a row is."""

    HEADING = "heading"
    OPENING = "opening"
    DETAIL = "detail"
    SUBTOTAL = "subtotal"
    TOTAL = "total"


ROLE_NAMES: Final = {
    Role.HEADING: _("分组"),
    Role.OPENING: _("期初"),
    Role.DETAIL: _("明细"),
    Role.SUBTOTAL: _("小计"),
    Role.TOTAL: _("合计"),
}


_SHORT: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportColumn:
    """One column: the name of its cells in a row, its translated title, and its width in characters on paper.

    `link` gives where the cell of a row leads; None where it leads nowhere.
    """

    name: str
    title: str
    kind: Kind = Kind.TEXT
    width: int = 12
    is_signed: bool = False
    link: Callable[[Row], str | None] | None = None

    @property
    def is_numeric(self) -> bool:
        """Whether its cells stand on the right."""
        return self.kind in NUMERIC

    @property
    def is_short(self) -> bool:
        """Whether its words stand in one line, however narrow the paper."""
        return not self.is_numeric and self.width <= _SHORT

    def text(self, row: Row, unit: AmountUnit) -> str:
        """The cell for people; blank where there is nothing to say."""
        value = row.get(self.name)
        if value is None or value == "":
            return ""
        if value == NOT_COMPUTABLE or self.kind not in NUMERIC:
            return str(value)
        if self.kind in {Kind.RATE, Kind.POINTS} and self.is_signed:
            return grouped(str(value), signed=True)
        return shown(value, self.kind, unit)

    def exact(self, row: Row) -> str | int | None:
        """The cell for files."""
        value: str | int | None = row.get(self.name)
        return None if value == NOT_COMPUTABLE and self.is_numeric else value

    def column(self) -> Column:
        """As a column of a plain table."""
        return Column(title=self.title, value=self.exact, kind=self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`name` is that of its files. `head` are the lines above the table, each a label and what stands there.

    `notes` stand below the table. `is_wide`: the paper lies on its side.
    """

    name: str
    title: str
    head: Sequence[tuple[str, str]]
    columns: Sequence[ReportColumn]
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    is_wide: bool = True
    signatures: Sequence[str] = field(default=())

    def span(self, cells: Row) -> int:
        """How many columns the first cell of a row may take: of a heading or a sum also those blank ones beside it."""
        if cells["role"] in {Role.DETAIL, Role.OPENING}:
            return 1
        beside = takewhile(lambda column: not column.is_numeric and not cells.get(column.name), self.columns[1:])
        return 1 + len(list(beside))

    def table(self, role_title: str, say: Callable[[str], str]) -> Table:
        """As a plain table, for CSV and JSON: what a row is stands in its first column."""

        def role(row: Row) -> str:
            return say(ROLE_NAMES[row["role"]])

        columns = (Column(title=role_title, value=role), *(column.column() for column in self.columns))
        return Table(name=self.name, title=self.title, columns=columns, rows=self.rows)


def row(role: Role, depth: int, /, **cells: Any) -> dict[str, Any]:
    """A row of a report."""
    return {"role": role, "depth": depth, **cells}


def first_of_end(rows: Sequence[Row]) -> int:
    """The index of the first of the last rows, which stay on one sheet of paper with what stands below the table.

    A row that is not parted from the next one is not the last on a sheet, so they do not begin behind one.
    """
    first = max(len(rows) - _ROWS_OF_END, 0)
    while first > 0 and rows[first - 1]["role"] in {Role.HEADING, Role.OPENING}:
        first -= 1
    return first


def signature_lines(asked: Asked) -> tuple[str, ...]:
    """Who signs."""
    return asked.say("单位负责人"), asked.say("财务负责人"), asked.say("填表人")


def in_hundredths(fen: int, unit: AmountUnit) -> int:
    """What is shown of an amount, in hundredths of the unit."""
    return divide_half_away(fen, _FEN_PER_HUNDREDTH_OF_WAN) if unit is AmountUnit.WAN else fen


def has_rounding_tail(parts: Iterable[int], whole: int, view: View) -> bool:
    """Whether parts (in fen) that add up to the whole no longer do so as they are shown."""
    return sum(in_hundredths(part, view.unit) for part in parts) != in_hundredths(whole, view.unit)


def rounding_note(asked: Asked) -> str:
    """What is said below a report in which that happens."""
    return asked.say("注：分项与合计的尾差由四舍五入所致。")


def points_between(rate: str | None, other: str) -> str | None:
    """The difference of two rates as they are printed, in percentage points; None where there is no rate."""
    return None if rate is None else format_hundredths(hundredths_of(rate) - hundredths_of(other))


def growth(now: int, before: int) -> str | None:
    """By how many percent an amount has grown; None on a base that is not above zero."""
    if before <= 0:
        return None
    return format_hundredths(divide_half_away((now - before) * _PERCENT * 100, before))
