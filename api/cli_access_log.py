"""`fundtrail access-log`."""

from pathlib import Path
from typing import Annotated

import typer

from adapters.access.mending import Behind
from api.access_log_command import (
    due_line,
    due_of_access_log,
    export_access_log,
    exported_json,
    mark_text,
    mend_access_log,
    prune_access_log,
    read_access_log,
    record_line,
    records_behind_the_head,
)
from api.rendering.access import mark_json, record_json
from api.terminal import REFUSED, say, say_json, write_json, write_text
from domain.access_log import AccessKind, AccessQuery

access_log_app = typer.Typer(help="Who was turned away, and which commands were refused.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


@access_log_app.command()
def show(
    ledger: Annotated[str | None, typer.Option(help="Id of a ledger (default: all, and what names none).")] = None,
    kind: Annotated[list[AccessKind] | None, typer.Option(help="Kind of record; may repeat (default: all).")] = None,
    after: Annotated[int, typer.Option(min=0, help="Only records after that sequence.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many at most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List records by sequence, and where the log ends: note that down, and give it to `verify --access-head` later."""
    page = read_access_log(AccessQuery(ledger_id=ledger, kinds=tuple(kind or ()), after=after, limit=limit))
    if as_json:
        items = [record_json(record) for record in page.records]
        ends = {"beginning": mark_json(page.beginning), "head": mark_json(page.head)}
        write_json({"items": items, "more": page.more} | ends)
        return
    for record in page.records:
        write_text(record_line(record))
    if page.more:
        say(f"there are more: --after {page.records[-1].sequence}")
    if page.beginning.sequence:
        say(f"records up to {page.beginning.sequence} were taken away")
    say(f"head {mark_text(page.head)}")


@access_log_app.command()
def export(
    output: Annotated[Path | None, typer.Option(help="A new file (default: stdout).")] = None,
    as_json: AsJson = False,
) -> None:
    """Write every record as a line of JSON with its hash, for an archive or an audit elsewhere.

    What was written is said on standard error; with --json as JSON, on standard output when --output takes the records.
    """
    exported = export_access_log(output)
    if as_json:
        write = say_json if output is None else write_json
        write(exported_json(exported, output))
        return
    say(f"{exported.count} records; head {mark_text(exported.head)}")


@access_log_app.command()
def prune(
    yes: Annotated[bool, typer.Option("--yes", help="Take them away; without it is said what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take away every record that is older than FUNDTRAIL_ACCESS_LOG_DAYS by this machine's clock.

    `serve` takes away those of one week a day, and none that only a clock far ahead makes look old. Look at the clock
    before you say --yes. Without it the exit code is 1 when something would go.
    """
    if not yes:
        _refuse_unless_nothing_is_due(as_json)
        return
    count = prune_access_log()
    if as_json:
        write_json({"records": count})
        return
    write_text(f"{count} records taken away")


@access_log_app.command()
def mend(
    yes: Annotated[
        bool, typer.Option("--yes", help="Let the log go on; without it is said what is in the way.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let the log go on behind records that somebody put after its head without the service.

    While they are there nothing can be written down, and whoever is turned away is answered 503. Nothing is taken out:
    `verify` says of each whether it follows from the one before it, and a record says that they were taken up. Without
    --yes the exit code is 1 when something is in the way.
    """
    behind = mend_access_log() if yes else records_behind_the_head()
    if as_json:
        write_json({"first": behind.first, "last": behind.last} if behind else {"first": None, "last": None})
    else:
        write_text(_behind_line(behind, taken_up=yes))
    if behind is not None and not yes:
        say("--yes lets the log go on behind them; somebody wrote them with the service's role, or with every right")
        raise typer.Exit(REFUSED)


def _behind_line(behind: Behind | None, *, taken_up: bool) -> str:
    if behind is None:
        return "the last record is the head: nothing is in the way"
    done = "the log goes on behind them" if taken_up else "nothing can be added"
    return f"records {behind.first} to {behind.last} are behind the head: {done}"


def _refuse_unless_nothing_is_due(as_json: bool) -> None:
    found = due_of_access_log()
    if as_json:
        write_json({"records": 0, "due": found.records})
    else:
        write_text(due_line(found))
    if found.records:
        say("--yes takes them away; nothing brings them back")
        raise typer.Exit(REFUSED)
