"""`fundtrail log-key` and `fundtrail log-epoch`."""

from typing import Annotated

import typer

from api.log_custody import log_custody
from api.settings import Settings
from api.terminal import write_json, write_text
from domain.note import format_verifier_key

keys_app = typer.Typer(help="The keys that sign a log's checkpoints.", no_args_is_help=True)
epoch_app = typer.Typer(help="Going on after a log was set back.", no_args_is_help=True)

LedgerId = Annotated[str, typer.Option("--ledger", help="Id of the ledger.")]
Reason = Annotated[str | None, typer.Option(help="Why; it is recorded in the log.")]


@keys_app.command("list")
def list_keys(
    ledger: LedgerId, as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False
) -> None:
    """List the verifier keys of a log; give them to auditors by another way than this server."""
    with log_custody(Settings(), ledger) as custody:
        keys = custody.list_keys()
    if as_json:
        write_json({"items": keys})
        return
    for key in keys:
        write_text(f"{key['key_id']}  {'signs  ' if key['signs'] else 'retired'}  {key['verifier_key']}")


@keys_app.command("add")
def add_key(ledger: LedgerId, reason: Reason = None) -> None:
    """Make another key that signs beside those there are, and record that in the log."""
    with log_custody(Settings(), ledger) as custody:
        write_text(format_verifier_key(custody.add_key(reason)))


@keys_app.command("retire")
def retire_key(
    ledger: LedgerId, key_id: Annotated[str, typer.Argument(help="Its id, as `list` shows it.")], reason: Reason = None
) -> None:
    """Take a key out of use, and record that in the log; the last key stays."""
    with log_custody(Settings(), ledger) as custody:
        write_text(format_verifier_key(custody.retire_key(key_id, reason)))


@epoch_app.command("raise")
def raise_epoch(ledger: LedgerId, reason: Annotated[str, typer.Option(help="Why; it is recorded in the log.")]) -> None:
    """Sign the log as it is now although it does not continue what was signed last.

    For a database that was restored from a backup. Every later checkpoint states the new epoch, and auditors who kept
    an earlier checkpoint have to accept it by hand. Find out first what was lost.
    """
    with log_custody(Settings(), ledger) as custody:
        write_text(f"epoch {custody.raise_epoch(reason)}")
