"""What a sheet of a workbook says that the reader of its cells does not: formulas without a value, hidden rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ERROR_CELL: Final = "#ERROR"
"""Stands where a formula failed: nobody meant that to be recorded."""
VALUELESS_CELL: Final = "#FORMULA"
"""Stands where a formula is whose value the program that wrote the file did not work out."""
ERROR_VALUE: Final = "#N/A"
"""What a spreadsheet program shows of a formula that gives nothing."""

Places = Mapping[tuple[int, int], str]
"""One of them by line and column (from 0)."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands in cells that the reader takes for empty ones, and the lines (from 0) that nobody sees."""

    formulas: Places = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()
