"""What is put into cells whose formula gives no value to read: the reader takes them for empty ones."""

from collections.abc import Mapping
from typing import Final

ERROR_CELL: Final = "#ERROR"
"""Stands where a formula failed: nobody meant that to be recorded."""
VALUELESS_CELL: Final = "#FORMULA"
"""Stands where a formula is whose value the program that wrote the file did not work out."""

Places = Mapping[tuple[int, int], str]
"""One of them by line and column (from 0)."""
