"""来源指标: one appropriation, the clock of its distribution, the lines it feeds, and what was recorded of it."""

import asyncio
from typing import Final

from api.console.asked import Asked, Content
from api.console.columns import columns_of
from api.console.distribution import (
    RECEIVED_ON,
    SOURCE,
    TERM_DAYS,
    Distribution,
    distribution_of,
    state_of,
)
from api.console.event_table import appropriation_table, history_of
from api.console.newest_first import CURSOR
from api.console.page import Page
from api.console.pages.lists import LINES
from api.console.table import Row, Table
from projections.listing import APPROPRIATIONS

_ATTRIBUTES: Final = (
    *("fiscal_year", "source_level", "source_nature", "budget_book", "instrument", "direct"),
    *("document_no", "document_date"),
)


async def make_appropriation(asked: Asked) -> Content:
    """The page."""
    appropriation_id = asked.path("id")
    path = f"appropriations/{appropriation_id}"
    row, (history, part), (lines, every_line) = await asyncio.gather(
        asked.get(path),
        history_of(asked, path),
        LINES.part_of(asked, appropriation_id=appropriation_id),
    )
    received = next(event for event in history if event["type"] == "appropriation-received.v1")
    clock = distribution_of(asked, row, received["effective_date"])
    columns = columns_of(asked, APPROPRIATIONS, {})
    events = await appropriation_table(asked, history, part.shown)
    plain = {name: value for name, value in row.items() if name != "coordinates"}
    return Content(
        title=row["name"],
        values={
            "row": row,
            "columns": [columns[name] for name in _ATTRIBUTES],
            "clock": clock,
            "state": state_of(asked, clock),
            "term_days": TERM_DAYS,
            "left_at_term": await _left_at_term(asked, path, clock),
            "source": SOURCE,
            "lines": lines,
            "every_line": every_line,
            "events": events,
            "part": part,
        },
        tables=(
            lines,
            events,
            Table(
                name="appropriation",
                title=asked.say("来源指标"),
                columns=list(columns.values()),
                rows=[{**plain, RECEIVED_ON: received["effective_date"]}],
            ),
        ),
    )


async def _left_at_term(asked: Asked, path: str, clock: Distribution) -> str | None:
    """What was not allocated yet when the term ended, as known now; None while the term runs."""
    if not clock.is_over:
        return None
    then: Row = await asked.get(path, as_of=clock.ends_on.isoformat())
    left: str = then["unallocated"]
    return left


APPROPRIATION: Final = Page(
    name="appropriation",
    path="appropriations/{id}",
    make=make_appropriation,
    template="appropriation.html",
    section="appropriations",
    parameters=(CURSOR,),
)
