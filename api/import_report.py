"""What `fundtrail import` says of its work: rows for people, one object for machines."""

from collections.abc import Iterator
from typing import Any

from api.command_file import MAX_ROW_ERRORS, RowError
from api.import_command import ImportReport
from api.importing import UNIT, Tally
from api.languages import Language
from api.problems import problem_of
from domain.errors import FundtrailError, Refusal


def error_lines(errors: list[RowError], language: Language) -> Iterator[str]:
    """One line for each thing that is wrong with a row: line of the file, code, what would be right, figures."""
    for row in errors:
        for each in _parts(row.error, language):
            yield f"line {row.line}: {each}"


def errors_json(errors: list[RowError], language: Language) -> list[dict[str, Any]]:
    """The line and the problem, as the HTTP interface would answer it."""
    return [{"line": row.line, "problem": problem_of(row.error, language)} for row in errors]


def report_json(report: ImportReport, language: Language) -> dict[str, Any]:
    """Everything the report says."""
    tally = report.tally or Tally()
    return {
        "ledger_id": report.request.ledger_id,
        "opened": report.opened,
        "dry_run": report.request.dry_run,
        "complete": report.is_complete,
        "rows": report.check.row_count,
        "accepted": tally.accepted,
        "replayed": tally.replayed,
        "refused": len(tally.refused),
        "last_line": tally.last_line,
        "position": tally.position,
        "errors": errors_json(report.check.errors or tally.refused, language),
    }


def summary(report: ImportReport) -> str:
    """One sentence: how many rows became what."""
    tally = report.tally
    if tally is None:
        return _summary_of_unreadable(report)
    if report.request.dry_run:
        decided = f"{tally.accepted} rows would be recorded{_replayed(tally)}, {len(tally.refused)} refused"
        return f"{decided}; dry run: nothing was written"
    if tally.refused and not report.request.partial:
        return _summary_of_stopped(tally)
    recorded = f"{tally.accepted} rows recorded{_replayed(tally)}, {len(tally.refused)} refused"
    return f"{recorded}; ledger {report.request.ledger_id}"


def _summary_of_unreadable(report: ImportReport) -> str:
    count = len(report.check.errors)
    more = " (and perhaps more: the check stopped there)" if count >= MAX_ROW_ERRORS else ""
    return f"{count} of {report.check.row_count} rows are not commands{more}; nothing was written"


def _summary_of_stopped(tally: Tally) -> str:
    stopped = f"stopped at line {tally.refused[0].line}: this row and those after it were not recorded"
    if tally.last_line is None:
        return f"{stopped}; no row was recorded"
    return (
        f"{stopped}, nor those of its unit of {UNIT}; {tally.accepted} rows up to line {tally.last_line} are recorded"
        f"{_replayed(tally)}. Rows with a `key` of their own may be imported again after the correction; rows without"
        " one count as new ones in a changed file, so leave out what is recorded"
    )


def _replayed(tally: Tally) -> str:
    return f" ({tally.replayed} of them before)" if tally.replayed else ""


def _parts(error: FundtrailError, language: Language) -> Iterator[str]:
    problem = problem_of(error, language)
    if not isinstance(error, Refusal) and problem["errors"]:
        for each in problem["errors"]:
            yield f"{each['code']} {each['pointer'] or '/'}: {each['detail']}"
        return
    figures = error.figures if isinstance(error, Refusal) else {}
    pointer = f" {error.pointer}" if isinstance(error, Refusal) and error.pointer else ""
    shown = ", ".join(f"{name} {value}" for name, value in figures.items())
    yield f"{problem['code']}{pointer}: {problem['detail']}" + (f" [{shown}]" if shown else "")
