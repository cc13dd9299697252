"""`fundtrail`: the command line. Data goes to standard output, messages and progress to standard error.

Exit codes: 0 done, 1 refused or found wrong, 2 wrong usage.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import DBAPIError

from adapters.database_faults import words_of
from adapters.event_log.encoding import UnreadableEntryError
from adapters.event_log.feed import SqlFeed
from adapters.migrations.schema import SeveralRevisionsError
from adapters.transparency.ed25519 import UnusableKeyFileError
from api import export_command, projecting, witness_command
from api.access_verdict import mark_of
from api.bootstrap import RoleTooWeakError, SchemaMissingError
from api.cli_access import access_keys_app, pseudonyms_app
from api.cli_access_log import access_log_app
from api.cli_backup import backup_app
from api.cli_log import epoch_app, keys_app
from api.database_guards import GuardsDownError, warn_of_powers
from api.databases import existing_database, migrate_database, recording_database
from api.evidence_command import write_evidence, write_log_export
from api.export_command import ExportRequest, NoSingleLedgerError
from api.field_wording import field_detail
from api.identity import UnusableIdentityError
from api.import_command import ImportRequest
from api.import_report import run_import
from api.invalid import InvalidParameter
from api.logs import configure_logging
from api.problems import problem_of
from api.rendering.values import render
from api.security import UnsafeExposureError
from api.settings import Settings
from api.terminal import (
    REFUSED,
    USAGE,
    CommandFailed,
    fail,
    language_of_terminal,
    say,
    say_json,
    shown,
    write_json,
    write_text,
)
from api.transparency import UnusablePolicyError
from api.verify_command import last_lines, verified_json, verify_all
from domain.dates import format_instant
from domain.errors import FundtrailError, LogDamaged
from projections.rebuild import RebuildStalledError

app = typer.Typer(
    name="fundtrail",
    help="An append-only, verifiable record of public money 资金流向的可核验账.\n\n"
    "Settings come from the environment or a file .env; FUNDTRAIL_DATABASE_URL says where the ledgers are "
    "(default: sqlite:///fundtrail.db).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

app.add_typer(keys_app, name="log-key")
app.add_typer(epoch_app, name="log-epoch")
app.add_typer(access_log_app, name="access-log")
app.add_typer(access_keys_app, name="keys")
app.add_typer(pseudonyms_app, name="pseudonyms")
app.add_typer(backup_app)

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


@app.callback(invoke_without_command=True)
def _options(
    show_version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)] = False,
) -> None:
    if show_version:
        write_text(version("fundtrail"))
        raise typer.Exit


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one (default: 8000).")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer (default: 1).")] = None,
    no_projector: Annotated[
        bool, typer.Option("--no-projector", help="Leave the views to `fundtrail project`.")
    ] = False,
) -> None:
    """Serve the HTTP interface.

    Creates the database, or brings its schema up to date, when the role may.
    """
    from api.serve import serve as serve_http  # noqa: PLC0415 (half the start of a command, and few commands serve)

    given: dict[str, Any] = {"host": host, "port": port, "workers": workers}
    given |= {"projector": False} if no_projector else {}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    try:
        serve_http(settings, lambda url: write_text(f"fundtrail: {url}"))
    except OSError as error:
        fail(f"{settings.host} port {settings.port}: {error.strerror}")


@app.command()
def project() -> None:
    """Keep the views up to date, for servers started with --no-projector."""
    settings = Settings()
    configure_logging(settings.log_level)
    with recording_database(settings) as database:
        warn_of_powers(database, doing="projecting")
        say("keeping the views up to date; Ctrl+C ends")
        projecting.project(database)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port; a free one when it is taken.")] = 8000,
    keep: Annotated[bool, typer.Option("--keep", help="Use ./fundtrail-demo, and leave it for the next time.")] = False,
) -> None:
    """Serve four example ledgers, and print what to look at.

    They are recorded in a new folder that goes away at the end, whatever the settings say.
    """
    from api.demo_server import run_demo  # noqa: PLC0415 (it serves)

    run_demo(port, keep=keep)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="JSONL, UTF-8.")],
    ledger: Annotated[str, typer.Option("--ledger", help="Id of the ledger; it is opened when there is none.")],
    name: Annotated[str | None, typer.Option(help="Name of a new ledger (default: its id).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide every row and report; write nothing.")] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Record every accepted row; report the refused ones.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Record the commands of a file: one JSON object on each line, as the items of POST /batch.

    First the whole file is checked: when any row is no command, all such rows are listed and nothing is written.
    Then the rows are recorded in order, 500 in one transaction, between which others may write. At the first refused
    row the import stops, without its 500; those before stay. Try --dry-run first: it decides the whole file. Beyond
    500 rows it records them in a copy of the ledger in the folder for temporary files, which needs room for both.

    A row's key is its field "key", else it follows from the content of the file and the line. What is recorded
    under its key is not recorded again: start an import that was cut off once more, with the same file. A corrected
    file is another file, so rows that may need correction should have a "key". Amounts are in yuan, or in 万元 on rows
    that say "unit": "wan". A file states facts about funds: erase-private-values is none of its commands. Blank lines
    are ignored. Progress goes to standard error, in a log once in ten seconds. Exit code 1 when rows were refused.
    """
    request = ImportRequest(path=file, ledger_id=ledger, name=name, dry_run=dry_run, partial=partial)
    raise typer.Exit(0 if run_import(request, json=as_json) else REFUSED)


@app.command()
def export(
    ledger: Annotated[list[str] | None, typer.Option(help="Id of a ledger; may repeat (default: all).")] = None,
    output: Annotated[Path | None, typer.Option(help="File, or folder for several ledgers (default: stdout).")] = None,
    with_private: Annotated[bool, typer.Option("--with-private", help="Write payees too, where not erased.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write ledgers as commands (JSONL) that import again to the same figures at every business date.

    The key of each command is the id of its event. Recording times, and who recorded, are not part of a command:
    an import is recorded when it is done. Facts about the log itself are left out: digests, erasures, epochs and keys
    say nothing of the funds, and nothing that is true of a copy. Several ledgers need a folder as --output. What was
    written is said on standard error; with --json as JSON, on standard output when --output takes the commands.
    """
    request = ExportRequest(ledger_ids=ledger or (), output=output, with_private=with_private)
    with existing_database(Settings().database_url) as database:
        try:
            written = export_command.export_ledgers(database, request)
        except NoSingleLedgerError:
            fail("several ledgers: name one with --ledger, or give a folder with --output", USAGE)
    if as_json:
        write = say_json if output is None else write_json
        write([export_command.exported_json(*each) for each in written])
        return
    for each in written:
        say(export_command.exported_text(*each))


@app.command()
def rebuild(
    name: Annotated[str | None, typer.Argument(help=f"One of {', '.join(projecting.VIEWS)} (default: each).")] = None,
    as_json: AsJson = False,
) -> None:
    """Make the views anew from the log, beside those being read; then compare and switch."""
    if name is not None and name not in projecting.VIEWS:
        fail(f"there is no view {name}: one of {', '.join(projecting.VIEWS)}", USAGE)
    with existing_database(Settings().database_url) as database:
        reports = projecting.rebuild(database, name)
    if as_json:
        write_json(reports)
        return
    for report in reports:
        compared = f"{report.rows} rows, {report.different_rows} rows differed"
        write_text(f"{report.name}: {compared}; generation {report.generation} is being read")


@app.command()
def verify(
    ledger: Annotated[list[str] | None, typer.Option(help="Id of a ledger; may repeat (default: all).")] = None,
    access_head: Annotated[
        list[str] | None, typer.Option(help="SEQUENCE:HASH, a head of the access log noted down earlier; may repeat.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that each log is whole, and that the views are what follows from it.

    Everything stored beside the entries is derived from them again and compared: hashes, order, columns, tags,
    states, openings of private values (none may be left of what was erased), the tree and its signed
    checkpoints, the digests that the log holds of itself, and the rows of the views. The triggers that refuse changes
    are looked at, too, and without --ledger the access log from its beginning to its head; on SQLite what the engine
    says of its files; and whether each ledger that was signed on this machine is there. What cannot be read is named,
    and the rest is looked at. Exit code 1 when anything differs.
    """
    settings, noted = Settings(), [mark_of(each) for each in access_head or ()]
    with existing_database(settings.database_url, though_damaged=True) as database:
        found = verify_all(settings, database, ledger or (), noted, quiet=as_json)
    if as_json:
        write_json(verified_json(found))
    for line in () if as_json else last_lines(found):
        write_text(line)
    if not found.verdicts:
        say("there is no ledger yet")
    raise typer.Exit(0 if found.is_sound else REFUSED)


@app.command()
def evidence(
    ledger: Annotated[str, typer.Option("--ledger", help="Id of the ledger.")],
    project: Annotated[str | None, typer.Option(help="Evidence of this project.")] = None,
    line: Annotated[str | None, typer.Option(help="Evidence of this budget line.")] = None,
    appropriation: Annotated[str | None, typer.Option(help="Evidence of this appropriation.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Business date (default: today).")] = None,
    known_at: Annotated[str | None, typer.Option(help="Recorded time or day (default: everything).")] = None,
    at_position: Annotated[str | None, typer.Option(help="Position, instead of --known-at.")] = None,
    since: Annotated[str | None, typer.Option(help="Size of the last checkpoint that the auditor has seen.")] = None,
    output: Annotated[Path | None, typer.Option(help="The file (default: a name that says what it is).")] = None,
    with_private: Annotated[bool, typer.Option("--with-private", help="Disclose payees, where not erased.")] = False,
) -> None:
    """Write what proves the figures of one thing: a zip that `verifier/fundtrail_verify.py` checks offline."""
    given = {"project_id": project, "line_id": line, "appropriation_id": appropriation, "as_of": as_of}
    given |= {"known_at": known_at, "at_position": at_position, "since": since}
    try:
        write_text(str(write_evidence(Settings(), ledger, given, output, with_private=with_private)))
    except InvalidParameter as error:
        language = language_of_terminal()
        options = {f"/{name}": f"--{name.removesuffix('_id').replace('_', '-')}" for name in given}
        details = [f"{options[each.pointer]}: {field_detail(each, language)}" for each in error.problems]
        fail("; ".join(details), USAGE)


@app.command("log-export")
def log_export(
    ledger: Annotated[str, typer.Option("--ledger", help="Id of the ledger.")],
    output: Annotated[Path | None, typer.Option(help="The file (default: a name that says what it is).")] = None,
) -> None:
    """Write every stored entry up to the latest checkpoint, for an audit of the whole log."""
    write_text(str(write_log_export(Settings(), ledger, output)))


@app.command()
def migrate() -> None:
    """Create the database's schema, or bring it up to date, and put up guards of the log that are missing.

    What is then still not as this version makes it is named, and the exit code is 1.

    On PostgreSQL it also creates the roles fundtrail_migrator, fundtrail_app, fundtrail_projector and
    fundtrail_auditor, and gives them their rights; what its own role may not do is said. See docs/security.md.
    """
    database, left_out = migrate_database(Settings())
    for each in left_out:
        say(f"left out: {each}")
    say(f"{database} has the schema of this version")


@app.command()
def ledgers(as_json: AsJson = False) -> None:
    """List the ledgers."""
    with existing_database(Settings().database_url) as database:
        infos = SqlFeed(database.log_reader).ledgers()
    if as_json:
        write_json({"items": [render(info) for info in infos]})
        return
    table = Table("ledger", "name", "events", "opened at", "", box=None, pad_edge=False)
    for info in infos:
        opened_at = format_instant(info.opened_at)
        table.add_row(
            shown(info.ledger_id), shown(info.name), str(info.position), opened_at, "demo" if info.demo else ""
        )
    console = Console(markup=False, highlight=False)
    console.print(table, no_wrap=True, crop=False, width=None if console.is_terminal else 240)


@app.command()
def witness(
    state: Annotated[Path, typer.Option(dir_okay=False, help="File of what was cosigned last; made when new.")],
    key: Annotated[Path, typer.Option(dir_okay=False, help="File of the private key; made when new.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    policy: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Policy file whose `log` lines are watched.")
    ] = None,
    log: Annotated[list[str] | None, typer.Option(help="Verifier key of a log to watch; may repeat.")] = None,
    name: Annotated[
        str | None, typer.Option(help=f"Name of a new key (default: {witness_command.DEFAULT_NAME}).")
    ] = None,
) -> None:
    """Cosign the checkpoints of other people's logs, and nothing that takes back what was cosigned.

    Needs no database. The first start makes the key and prints its verifier key, which the logs and their auditors are
    to be given by another way than this service. docs/witness.md says what is to be exchanged, and what is promised.
    """
    witness_command.run_witness(
        witness_command.WitnessOptions(
            state=state, key=key, name=name, policy=policy, logs=log or (), host=host, port=port
        )
    )


@app.command("witness-key")
def witness_key(key: Annotated[Path, typer.Option(help="File of a private key.")]) -> None:
    """Print the verifier key of a key file: what others verify its signatures with."""
    witness_command.print_verifier_key(key)


@contextmanager
def _reported() -> Iterator[None]:
    """Ends the process with a message and the exit code for everything a command can say no with."""
    try:
        yield
    except ValidationError as error:
        problems = (f"FUNDTRAIL_{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors())
        say(f"fundtrail: {'; '.join(problems)}")
        raise SystemExit(USAGE) from None
    except (UnsafeExposureError, UnusableIdentityError) as error:
        say(f"fundtrail: {error}")
        raise SystemExit(USAGE) from None
    except (
        CommandFailed,
        SchemaMissingError,
        SeveralRevisionsError,
        GuardsDownError,
        RoleTooWeakError,
        UnusableKeyFileError,
        UnusablePolicyError,
        RebuildStalledError,
    ) as error:
        cause = f" ({words_of(error.__cause__)})" if isinstance(error, SchemaMissingError) and error.__cause__ else ""
        say(f"fundtrail: {error}{cause}")
    except (FundtrailError, UnreadableEntryError) as error:
        said, what = (LogDamaged(), f" ({error})") if isinstance(error, UnreadableEntryError) else (error, "")
        problem = problem_of(said, language_of_terminal())
        say(f"fundtrail: {problem['code']}: {problem['detail']}{what}")
    except DBAPIError as error:
        say(f"fundtrail: the database says no: {words_of(error)}")
    except OSError as error:
        say(f"fundtrail: {error}")
    else:
        return
    raise SystemExit(REFUSED)


@cache
def _command() -> Callable[[], Any]:
    """What typer makes of `app`: once in a process, and without its own display of exceptions, see `_reported`."""
    return typer.main.get_command(app)


def main() -> None:
    """The command line."""
    with _reported():
        _command()()


if __name__ == "__main__":
    main()
