"""What `fundtrail import` says of its work: rows for people, one object for machines."""

import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

from api.collector import settled_collector
from api.command_file import MAX_ROW_ERRORS, RowError
from api.field_wording import field_detail
from api.import_command import ImportReport, ImportRequest, InvalidLedgerError, import_file
from api.importing import UNIT, Tally
from api.languages import Language
from api.logs import configure_logging
from api.problems import problem_of
from api.row_errors import Render, RowErrors
from api.settings import Settings
from api.terminal import USAGE, fail, in_json, language_of_terminal, say
from domain.errors import FundtrailError, Refusal, Unavailable

_END: Final = b"}"
_STAYS: Final = {
    False: "what is recorded stays; import the same file again to go on where it stopped",
    True: "nothing was written",
}


def run_import(request: ImportRequest, *, json: bool) -> bool:
    """Imports, and says what came of it; whether every row is recorded (or would be).

    Raises:
        What `import_file` raises for want of a database; for everything else the process ends here.
    """
    settings, language = Settings(), language_of_terminal()
    configure_logging(settings.log_level)
    with settled_collector(), RowErrors(as_json(language) if json else as_text(language)) as errors:
        try:
            report = import_file(settings, request, errors.add)
        except InvalidLedgerError as error:
            options = {"/ledger_id": "--ledger", "/name": "--name"}
            details = {options.get(each.pointer, each.pointer): field_detail(each, language) for each in error.problems}
            fail("; ".join(f"{option}: {detail}" for option, detail in details.items()), USAGE)
        except (KeyboardInterrupt, Unavailable) as error:
            fail(f"{getattr(error, 'code', 'interrupted')}: {_STAYS[request.dry_run]}")
        if report.opened:
            say(f"opened ledger {request.ledger_id}")
        if report.other_name is not None:
            say(f"ledger {request.ledger_id} is there already, as {report.other_name}: --name is ignored")
        if json:
            write_json_report(report, errors, sys.stdout.buffer.write)
            sys.stdout.buffer.flush()
        else:
            for line in errors.lines():
                say(line)
            say(summary(report, errors))
    return report.is_complete


def as_text(language: Language) -> Render:
    """One line for each thing that is wrong with a row: line of the file, code, what would be right, figures."""
    return lambda row: (f"line {row.line}: {each}" for each in _parts(row.error, language))


def as_json(language: Language) -> Render:
    """The line and the problem, as the HTTP interface would answer it."""

    def lines(row: RowError) -> Iterator[str]:
        yield in_json({"line": row.line, "problem": problem_of(row.error, language)}).decode()

    return lines


def write_json_report(report: ImportReport, errors: RowErrors, write: Callable[[bytes], object]) -> None:
    """Writes everything the report says as one object on one line; the errors are JSON already.

    They are written one by one: there may be more of them than fit the memory.
    """
    write(in_json(_figures(report)).removesuffix(_END) + b',"errors":[')
    for number, line in enumerate(errors.lines()):
        write((b"," if number else b"") + line.encode())
    write(b"]}\n")


def _figures(report: ImportReport) -> dict[str, Any]:
    tally = report.tally or Tally()
    return {
        "ledger_id": report.request.ledger_id,
        "opened": report.opened,
        "dry_run": report.request.dry_run,
        "complete": report.is_complete,
        "rows": report.check.row_count,
        "accepted": tally.accepted,
        "replayed": tally.replayed,
        "refused": tally.refused,
        "last_line": tally.last_line,
        "position": tally.position,
    }


def summary(report: ImportReport, errors: RowErrors) -> str:
    """One sentence: how many rows became what."""
    tally = report.tally
    if tally is None:
        return _summary_of_unreadable(report)
    if report.request.dry_run:
        decided = f"{tally.accepted} rows would be recorded{_replayed(tally)}, {tally.refused} refused"
        return f"{decided}; dry run: nothing was written"
    if tally.refused and not report.request.partial:
        return _summary_of_stopped(tally, errors)
    recorded = f"{tally.accepted} rows recorded{_replayed(tally)}, {tally.refused} refused"
    return f"{recorded}; ledger {report.request.ledger_id}"


def _summary_of_unreadable(report: ImportReport) -> str:
    count = report.check.error_count
    more = " (and perhaps more: the check stopped there)" if count >= MAX_ROW_ERRORS else ""
    return f"{count} of {report.check.row_count} rows are not commands{more}; nothing was written"


def _summary_of_stopped(tally: Tally, errors: RowErrors) -> str:
    stopped = f"stopped at line {errors.first_line}: this row and those after it were not recorded"
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
