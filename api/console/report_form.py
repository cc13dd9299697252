"""A form with a fixed layout, as a grid of cells that may span several columns and rows: one for page and workbook."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from api.console.report import NOT_COMPUTABLE
from api.console.table import Kind, shown
from api.console.view import AmountUnit


class Look(Enum):
    """How a cell is set."""

    LABEL = auto()
    """Printed on the form."""
    SHORT = auto()
    LONG = auto()
    """Text that begins on the left."""
    OPEN = auto()
    """Much room, to be written into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormCell:
    """`value` is exact, None where the form stays blank. `columns` and `rows` are how many it spans."""

    value: str | None = None
    look: Look = Look.SHORT
    kind: Kind = Kind.TEXT
    columns: int = 1
    rows: int = 1

    def text(self, unit: AmountUnit) -> str:
        """The cell for people."""
        if self.value is None:
            return ""
        return self.value if self.value == NOT_COMPUTABLE else shown(self.value, self.kind, unit)


FormRow = Sequence[FormCell]


def label(text: str, columns: int = 1, rows: int = 1) -> FormCell:
    """What the form itself says."""
    return FormCell(value=text, look=Look.LABEL, columns=columns, rows=rows)


def long_text(value: str | None, columns: int = 1, rows: int = 1) -> FormCell:
    """A text of some length."""
    return FormCell(value=value, look=Look.LONG, columns=columns, rows=rows)


def room(columns: int) -> FormCell:
    """A blank place to write into."""
    return FormCell(look=Look.OPEN, columns=columns)


def placed(rows: Sequence[FormRow]) -> list[tuple[int, int, FormCell]]:
    """(line, column, cell) of every cell, from the spans of those before it."""
    taken: set[tuple[int, int]] = set()
    found: list[tuple[int, int, FormCell]] = []
    for line, cells in enumerate(rows):
        column = 0
        for cell in cells:
            while (line, column) in taken:
                column += 1
            found.append((line, column, cell))
            taken |= {(line + down, column + right) for down in range(cell.rows) for right in range(cell.columns)}
    return found
