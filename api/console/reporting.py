"""How a report is answered: as a page with what it can be chosen by, or as one of its files."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from starlette.responses import Response

from api.console.asked import Asked, Content
from api.console.attachment import attached_table
from api.console.evidence import standing_of
from api.console.report import Report, first_of_end
from api.console.report_files import as_report_xlsx, evidence_of
from api.console.report_form import FormRow
from api.console.table_files import XLSX_TYPE

ROWS_SHOWN: Final = 4_000
"""A page with more rows no browser lays out at once; the files have all of them."""
_XLSX: Final = "xlsx"


async def answered(
    asked: Asked, report: Report, form: Sequence[FormRow] | None = None, **choices: Any
) -> Content | Response:
    """The report as the address asks for it. `choices` are what its template offers to choose from."""
    if asked.scope_said is not None:
        report = replace(report, notes=(asked.scope_said, *report.notes))
    path = asked.request.path_params
    if path.get("format") == _XLSX and path.get("table") in {None, report.name}:
        return await _workbook(asked, report, form)
    rows = report.rows[:ROWS_SHOWN]
    values = {"years": (), "months": (), "groupings": (), "period": None, **choices}
    return Content(
        title=report.title,
        values={
            **values,
            "report": report,
            "rows": rows,
            "first_of_end": first_of_end(rows),
            "left_out": max(len(report.rows) - ROWS_SHOWN, 0),
            "root_of_page": asked.here["root"],
        },
        tables=(report.table(asked.say("行别"), asked.say),),
    )


async def form_answered(asked: Asked, report: Report, rows: Sequence[FormRow], **choices: Any) -> Content | Response:
    """The same for a form; `report` has its head and foot, and its cells for the plain files."""
    found = await answered(asked, report, rows, **choices)
    return found if isinstance(found, Response) else replace(found, values={**found.values, "form": rows})


async def _workbook(asked: Asked, report: Report, form: Sequence[FormRow] | None) -> Response:
    ledger, standing = await asyncio.gather(asked.inside.get(asked.address("")), standing_of(asked, asked.here))
    evidence = evidence_of(asked, ledger, standing)
    headers = attached_table(asked, report.name, report.title, _XLSX)
    return Response(as_report_xlsx(asked, report, form, evidence), 200, headers, XLSX_TYPE)
