"""What is written beside the rows of a sheet that is sent back: known without what writes it, which is large."""

from typing import Any, Final

STATE_HEADING: Final = "录入状态"
ERROR_HEADING: Final = "错误"
CHECK_HEADING: Final = "录入校验值"
"""Of rows that are recorded; see `row_check`."""

Notes = list[dict[str, Any]]
"""For each sheet that was read: `sheet` (from 0), its `name`, `heading` (its row, from 1), `width`, and `rows`.

Of each row its number, state, text, check value, and the columns (from 0) of the cells that are wrong. Of a sheet that
could not be read as rows there are `sheet` and `name` alone.
"""
