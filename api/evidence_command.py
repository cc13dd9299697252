"""`fundtrail evidence` and `fundtrail log-export`: what an auditor takes home, without a server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.transparency.checkpoints import SqlCheckpoints
from api.bootstrap import running_services
from api.databases import existing_database
from api.evidence.asked import PARAMETERS, evidence_of
from api.evidence.export import export_pieces
from api.progress import EVENTS, progress
from api.projecting import projector_of
from api.settings import Settings
from api.terminal import CommandFailed
from api.wiring import Services


def write_evidence(
    settings: Settings, ledger_id: str, given: Mapping[str, str | None], output: Path | None, *, with_private: bool
) -> Path:
    """Writes a bundle; `given` are the parameters of GET .../evidence as texts. Returns where it is.

    Raises:
        CommandFailed: there is no database.
        InvalidParameter, Unknown, Unavailable, EvidenceTooLarge: as over HTTP.
    """
    parameters = PARAMETERS.read_pairs((name, text) for name, text in given.items() if text is not None)
    with _services(settings) as services:
        ledger = services.ledgers.identity(ledger_id)
        name, content = evidence_of(services, ledger, parameters, with_openings=with_private)
    path = output or Path(name)
    path.write_bytes(content)
    return path


def write_log_export(settings: Settings, ledger_id: str, output: Path | None) -> Path:
    """Writes every stored entry up to the latest checkpoint; returns where it is.

    Raises:
        CommandFailed: there is no database, or no checkpoint of this ledger.
        UnknownLedger: see there.
    """
    with _services(settings) as services:
        ledger = services.ledgers.identity(ledger_id)
        head = services.feed.head(ledger_id)
        checkpoint = services.transparency.checkpointer.wait_until(ledger_id, head, settings.projection_wait_ms / 1000)
        checkpoint = checkpoint or services.checkpoints.latest(ledger_id)
        if checkpoint is None:
            message = f"nothing of ledger {ledger_id} was signed yet"
            raise CommandFailed(message)
        path = output or Path(f"log-{ledger_id}-{checkpoint.size}.jsonl")
        with path.open("wb") as stream, progress(f"exporting {ledger_id}", checkpoint.size, EVENTS) as advance:
            for piece in export_pieces(services.tree, ledger_id, ledger.log_id, checkpoint):
                stream.write(piece)
                advance(piece.count(b"\n"))
    return path


@contextmanager
def _services(settings: Settings) -> Iterator[Services]:
    """The parts of a service that is not served.

    It brings the views and the checkpoints up to date by itself where its role of the database may; else they are what
    a service made of them.
    """
    with existing_database(settings.database_url) as database:
        projects = settings.projector and projector_of(database).may_change_views()
        signs = settings.checkpoints and SqlCheckpoints(database.log_reader, database.log_writer).may_add()
    quiet: dict[str, Any] = {"self_check_interval_s": 0, "checkpoint_interval_ms": 10}
    quiet |= {"projector": projects, "checkpoints": signs}
    # Nobody calls it, so nobody needs to be identified.
    quiet |= {"auth": "off"}
    with running_services(settings.model_copy(update=quiet), daily_tasks=False) as services:
        yield services
