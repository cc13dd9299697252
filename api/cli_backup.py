"""`fundtrail backup`, `fundtrail restore` and `fundtrail restore-check`."""

from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from adapters.backups.manifest import Manifest
from api.access_verdict import access_verdict_lines
from api.backup_command import KEYS_ARE_NOT_IN_IT, back_up
from api.restore_check import finding_lines
from api.restore_command import Demands, Outcome, check_restored, outcome_json, restore
from api.settings import Settings
from api.terminal import REFUSED, say, write_json, write_text

backup_app = typer.Typer()

REVOKED_AGAIN: Final = "what was revoked or erased since the backup is there again: do it once more"

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
Checkpoints = Annotated[
    list[Path] | None,
    typer.Option("--checkpoint", exists=True, dir_okay=False, help="A signed checkpoint kept outside; may repeat."),
]
LogKeyTexts = Annotated[
    list[str] | None,
    typer.Option("--log-key", help="Verifier key of a log, where its keys are not here; may repeat."),
]
AccessHeads = Annotated[
    list[str] | None,
    typer.Option("--access-head", help="SEQUENCE:HASH, a head of the access log kept outside; may repeat."),
]
AcceptLoss = Annotated[bool, typer.Option("--accept-loss", help="It counts although acknowledged entries are missing.")]
Unproven = Annotated[bool, typer.Option("--unproven", help="It counts without an outside checkpoint.")]


@backup_app.command("backup")
def backup_command(
    output: Annotated[Path, typer.Option("--output", help="Folder to make; nothing may have that name yet.")],
    as_json: AsJson = False,
) -> None:
    """Copy the ledgers of a SQLite database into a folder, while servers go on writing.

    The log and the access log are copied, each as it was at one moment; the views are not, they follow from the log.
    The folder gets its name once all of it is on the disk. Its manifest.json has a SHA-256 of each file, and of each
    ledger the position, the root and the latest signed checkpoint. The same checkpoints are files in checkpoints/: take
    them elsewhere, for a restore is held against them. The keys that sign checkpoints are not in the backup.
    """
    manifest = back_up(Settings(), output)
    say(KEYS_ARE_NOT_IN_IT)
    if as_json:
        write_json({"folder": str(output), "manifest": msgspec.to_builtins(manifest)})
        return
    for line in _backup_lines(output, manifest):
        write_text(line)


@backup_app.command("restore")
def restore_command(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="What `backup` made.")],
    to: Annotated[str, typer.Option("--to", help="sqlite:///FILE; nothing may stand there.")],
    checkpoint: Checkpoints = None,
    log_key: LogKeyTexts = None,
    access_head: AccessHeads = None,
    accept_loss: AcceptLoss = False,
    unproven: Unproven = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup where nothing stands, once it is shown to be the log that was signed.

    It is laid out beside the target and gets the target's name only when it counts: its files are whole, `verify` finds
    nothing, and the checkpoints that were kept outside agree. Else nothing is there, and the exit code is 1. What was
    acknowledged and is missing is named. Entries after the last outside checkpoint are reported as unproven. Where
    acknowledged entries are missing, nothing signs the log until its epoch is raised.
    """
    settings = Settings(database_url=to)
    demands = Demands(
        checkpoints=checkpoint or (),
        log_keys=log_key or (),
        access_heads=access_head or (),
        accept_loss=accept_loss,
        unproven=unproven,
    )
    good = f"restored to {to}; {REVOKED_AGAIN}"
    _tell(restore(folder, settings, demands), good, "nothing was restored", json=as_json)


@backup_app.command("restore-check")
def restore_check_command(
    checkpoint: Checkpoints = None,
    log_key: LogKeyTexts = None,
    access_head: AccessHeads = None,
    accept_loss: AcceptLoss = False,
    unproven: Unproven = False,
    as_json: AsJson = False,
) -> None:
    """Look whether a database that was restored by other means counts, as after a recovery of PostgreSQL.

    It does when `verify` finds nothing and the checkpoints that were kept outside agree; see `restore`. Nothing is
    changed. Serve nothing from it before the exit code is 0.
    """
    demands = Demands(
        checkpoints=checkpoint or (),
        log_keys=log_key or (),
        access_heads=access_head or (),
        accept_loss=accept_loss,
        unproven=unproven,
    )
    _tell(check_restored(Settings(), demands), "it counts", "it does not count: serve nothing from it", json=as_json)


def _tell(outcome: Outcome, good: str, bad: str, *, json: bool) -> None:
    if json:
        write_json(outcome_json(outcome))
    else:
        for finding in outcome.findings:
            for line in finding_lines(finding):
                write_text(line)
        for line in (*access_verdict_lines(outcome.access), *outcome.remarks):
            write_text(line)
    for reason in outcome.reasons:
        say(f"fundtrail: {reason}")
    say(bad if outcome.reasons else good)
    raise typer.Exit(REFUSED if outcome.reasons else 0)


def _backup_lines(output: Path, manifest: Manifest) -> list[str]:
    sizes = ", ".join(f"{each.name} {each.size_bytes} bytes" for each in manifest.files)
    ledgers: list[Any] = [f"{each.ledger_id}: position {each.position}, root {each.root}" for each in manifest.ledgers]
    return [f"{output}: {sizes}", *ledgers, f"access log: head {manifest.access_head or 'none yet'}"]
