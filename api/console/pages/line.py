"""项目指标: one line, whether its figures add up, and what made them."""

import asyncio
from typing import Any, Final

from api.console.asked import Asked, Content
from api.console.columns import columns_of, flags_column
from api.console.event_table import history_of, line_table
from api.console.figures import hundredths_of
from api.console.names import names_on
from api.console.newest_first import CURSOR
from api.console.page import Page
from api.console.table import Row, Table
from projections.listing import LINES

SPENT: Final = ("disbursed", "recovered", "carried_out", "available")
"""What a budget is, in parts: at any coordinates they add up to it."""
_NAMED: Final = ("units", "projects", "appropriations")
_ATTRIBUTES: Final = (
    *("project", "appropriation", "unit", "fiscal_year", "source_level", "source_nature", "budget_book"),
    *("function_code", "economic_code", "expenditure_kind"),
)


async def make_line(asked: Asked) -> Content:
    """The page."""
    path = f"lines/{asked.path('id')}"
    row, (history, part), found = await asyncio.gather(
        asked.get(path), history_of(asked, path), asyncio.gather(*(names_on(asked, each) for each in _NAMED))
    )
    columns = columns_of(asked, LINES, dict(zip(_NAMED, found, strict=True)))
    every = [*columns.values(), flags_column(asked)]
    events = await line_table(asked, history, part.shown)
    return Content(
        title=row["line_id"],
        values={
            "row": row,
            "columns": [columns[name] for name in _ATTRIBUTES],
            "is_balanced": is_balanced(row),
            "events": events,
            "part": part,
        },
        tables=(events, Table(name="line", title=asked.say("项目指标"), columns=every, rows=[_without_place(row)])),
    )


def is_balanced(row: Row) -> bool:
    """Whether the parts of the budget add up to it, to the fen."""
    return hundredths_of(row["adjusted_budget"]) == sum(hundredths_of(row[name]) for name in SPENT)


def _without_place(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "coordinates"}


LINE: Final = Page(
    name="line", path="lines/{id}", make=make_line, template="line.html", section="lines", parameters=(CURSOR,)
)
