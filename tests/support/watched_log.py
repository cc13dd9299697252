"""A ledger whose log is signed and cosigned by the real parts, and kept at four moments of its life, to be copied."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from adapters.database import Database, open_database
from adapters.event_log.digests import digest_at_head
from adapters.event_log.feed import SqlFeed
from adapters.event_log.sequencer import Sequencer
from adapters.event_log.tree import SqlTree
from adapters.transparency.checkpoints import SqlCheckpoints
from adapters.transparency.log_keys import LogKeys
from adapters.transparency.log_signer import LogSigner, SigningRefusedError
from adapters.transparency.witness_state import WitnessState, create_state
from api.coordinates import Standpoint
from api.custody import record_custody
from api.digests import recorded_digests
from api.evidence.bundle import EvidenceRequest, evidence_zip
from api.evidence.export import export_pieces
from api.evidence.sources import Claimed
from api.ledgers import LedgerIdentity
from api.verifying import Verdict, verify
from api.witness import Witness, witness_app
from domain.boundary import Kind
from domain.budget_line import ReturnDisbursement
from domain.command import Command
from domain.cosigning import format_cosigning_request
from domain.custody import ServiceFact
from domain.flow import FundsRecovered, RecoveryDestination
from domain.ledger import OpenLedger
from domain.note import format_verifier_key, parse_note
from domain.ports import Coordinates, StoredCheckpoint
from domain.submission import Accepted, KeyedCommand, Submission
from projections.projector import Projector
from projections.views import Views
from tests.support.commands import DAY, allocate, disburse, open_line, ready_line, reverse
from tests.support.ledger import CLERK, LEDGER, SteppingClock
from tests.support.schema import bring_up
from tests.support.witness import WITNESS, InProcess

OTHER: Final = "baiyun"
"""The second ledger of the database."""

YOUNG: Final = "young"
BACKUP: Final = "backup"
SEEN: Final = "seen"
NOW: Final = "now"
STAGES: Final = (YOUNG, BACKUP, SEEN, NOW)
"""Before anything was signed; a night's backup; when the auditor came last; today."""

PAID: Final = 9
"""Position of the disbursement with a payee."""

RETURNED: Final = 11
REVERSAL: Final = 13
MANY: Final = 256
"""Small payments of another line, so that the log has a full tile."""

AS_OF: Final = date(2024, 1, 31)
POLICY: Final = f"witness w {format_verifier_key(WITNESS.key)}\nquorum w\n".encode()
_START: Final = datetime(2024, 1, 12, 1, 0, tzinfo=UTC)


@dataclass
class WatchedLog:
    """The database, the keys and the witness of a folder. What a signer or witness refuses is noted, not raised.

    `stages` is where the stages are kept. `url` is that of the database, when it is not in the folder.
    """

    folder: Path
    stages: Path
    clock: SteppingClock = field(default_factory=lambda: SteppingClock(_START))
    url: str = ""
    signer_refused: str = ""
    witness_refused: str = ""

    def __post_init__(self) -> None:
        self.database: Database = open_database(self.url or f"sqlite:///{self.folder}/fundtrail.db")
        self.feed = SqlFeed(self.database.log_reader)
        self.keys = LogKeys(self.folder / "keys", "province.example")
        self.checkpoints = SqlCheckpoints(self.database.log_reader, self.database.log_writer)
        self.views = Views(self.database.views_reader, self.feed)

    @property
    def tree(self) -> SqlTree:
        """A new one each time: it remembers roots, and the database is changed behind it."""
        return SqlTree(self.database.log_reader)

    @property
    def head(self) -> int:
        return self.feed.head(LEDGER)

    def log_id(self, ledger_id: str = LEDGER) -> str:
        return self.feed.ledger(ledger_id).log_id

    def verifier_key(self, ledger_id: str = LEDGER) -> str:
        (key,) = self.keys.active(ledger_id, self.log_id(ledger_id))
        return format_verifier_key(key.key)

    def submit(self, *commands: Command, ledger_id: str = LEDGER) -> list[str]:
        """Records commands; returns the ids of their events."""
        head = self.feed.head(ledger_id)
        items = tuple(KeyedCommand(key=f"{head}/{index}", command=each) for index, each in enumerate(commands))
        with self._recording() as sequencer:
            submission = Submission(ledger_id=ledger_id, actor=CLERK, items=items)
            outcomes = sequencer.submit(submission).result(timeout=60).outcomes
        accepted = [each for each in outcomes if isinstance(each, Accepted)]
        assert len(accepted) == len(commands), outcomes
        self.catch_up()
        return [event.id for each in accepted for event in each.events]

    def record(self, fact: ServiceFact) -> None:
        """What only the service states, in the ordinary way."""
        with self._recording() as sequencer:
            record_custody(sequencer, self.feed.ledger(LEDGER), CLERK, f"fact/{self.head}", fact, clock=self.clock)
        self.catch_up()

    def record_digest(self) -> None:
        self.record(digest_at_head(self.database.log_reader, LEDGER))

    def restore_database(self, stage: str) -> None:
        """Puts an earlier database in the place of this one; keys and witness know nothing of it."""
        self.database.dispose()
        for path in self.folder.glob("fundtrail*.db*"):
            path.unlink()
        for path in (self.stages / stage).glob("fundtrail*.db"):
            shutil.copy(path, self.folder)

    def catch_up(self) -> None:
        projector = Projector(writer=self.database.views_writer, reader=self.database.views_reader, feed=self.feed)
        projector.prepare()
        for ledger_id in (LEDGER, OTHER):
            projector.catch_up(ledger_id)

    def sign(self, ledger_id: str = LEDGER) -> None:
        """A checkpoint of the whole log as it is, if the signer signs it."""
        latest = self.checkpoints.latest(ledger_id)
        stored_size = None if latest is None else latest.size
        signer = LogSigner(self.keys, self.tree)
        try:
            signed = signer.sign(
                ledger_id, self.log_id(ledger_id), lambda: self.feed.head(ledger_id), stored_size=stored_size
            )
        except SigningRefusedError as error:
            self.signer_refused = str(error)
            return
        if signed is not None:
            size, note = signed
            self.checkpoints.add(ledger_id, StoredCheckpoint(size=size, note=note, signed_at=self.clock.now()))

    def cosign(self, ledger_id: str = LEDGER) -> None:
        """Sends the latest checkpoint to the witness, from where that stands, and keeps what it answers."""
        latest = self.latest(ledger_id)
        note = parse_note(latest.note)
        seen = self._witness_state().latest(self.keys.origin(ledger_id, self.log_id(ledger_id)))
        old_size = min(seen.size if seen else 0, latest.size)
        proof = self.tree.consistency_proof(ledger_id, old_size, latest.size) if old_size else ()
        answer = self._witness().add_checkpoint(format_cosigning_request(old_size, proof, note))
        if answer.status_code != 200:
            self.witness_refused = f"{answer.status_code}: {answer.text.strip()}"
            return
        signed = parse_note(note.text.encode() + b"\n" + answer.content)
        self.checkpoints.add_cosignatures(ledger_id, latest.size, signed.signatures)

    def latest(self, ledger_id: str = LEDGER) -> StoredCheckpoint:
        found = self.checkpoints.latest(ledger_id)
        assert found is not None
        return found

    @property
    def covered(self) -> int:
        """The last position that a digest covers."""
        return recorded_digests(self.feed, LEDGER, self.head)[-1][1].position

    def export(self, ledger_id: str = LEDGER) -> bytes:
        """The log export, as the service answers it."""
        return b"".join(export_pieces(self.tree, ledger_id, self.log_id(ledger_id), self.latest(ledger_id)))

    def bundle(self, *, position: int | None = None, since: int | None = None, ledger_id: str = LEDGER) -> bytes:
        """The bundle of line L1 at a position (the checkpoint's), as the service answers it."""
        checkpoint, info = self.latest(ledger_id), self.feed.ledger(ledger_id)
        place = checkpoint.size if position is None else position
        standpoint = Standpoint(
            ledger=LedgerIdentity(ledger_id=ledger_id, time_zone=info.time_zone, log_id=info.log_id),
            at=Coordinates(as_of=AS_OF, position=place),
            known_at=self.feed.recorded_at(ledger_id, place),
            closed=True,
            root=self.tree.root(ledger_id, place),
        )
        claimed = Claimed(place=standpoint, kind=Kind.LINE, identifier="L1")
        request = EvidenceRequest(claimed=claimed, since=since, with_openings=True)
        return evidence_zip(self, request, checkpoint)

    def verdict(self) -> Verdict:
        """What `fundtrail verify` finds."""
        return verify(self.database, LEDGER, lambda _what, _reached, _last: None, self.keys)

    def _witness_state(self) -> WitnessState:
        path = self.folder / "witness"
        return WitnessState(path) if path.exists() else create_state(path)

    def _witness(self) -> InProcess:
        ledgers = [(each.ledger_id, each.log_id) for each in self.feed.ledgers()]
        keys = [key.key for ledger in ledgers for key in self.keys.active(*ledger)]
        state = self._witness_state()
        return InProcess(witness_app(Witness(signer=WITNESS, logs=keys, state=state, clock=self.clock)))

    @contextmanager
    def _recording(self) -> Iterator[Sequencer]:
        sequencer = Sequencer(self.database, self.clock)
        try:
            yield sequencer
        finally:
            sequencer.stop()


@dataclass(frozen=True)
class Story:
    """Where the stages are, and what the auditor has: the keys of the logs, and the checkpoint kept from last time."""

    folder: Path
    log_key: str
    kept: bytes
    seen_size: int

    @contextmanager
    def copied(self, folder: Path, stage: str) -> Iterator[WatchedLog]:
        """A copy of everything at that stage."""
        shutil.copytree(self.folder / stage, folder, dirs_exist_ok=True)
        log = WatchedLog(folder, self.folder)
        try:
            yield log
        finally:
            log.database.dispose()


def told(folder: Path) -> Story:
    """The story, from the opening of the ledgers to today's checkpoint."""
    live = folder / "live"
    live.mkdir()
    log = WatchedLog(live, folder, SteppingClock(datetime(2024, 1, 10, 1, 0, tzinfo=UTC)))
    try:
        return _told(log, folder)
    finally:
        log.database.dispose()


def _told(log: WatchedLog, folder: Path) -> Story:
    _begin(log)
    _keep(log, folder, YOUNG)
    log.clock.instant += timedelta(hours=2)
    _sign_and_cosign(log, LEDGER, OTHER)
    _keep(log, folder, BACKUP)
    log.submit(disburse(250_00, "V4"))
    log.record_digest()
    log.clock.instant += timedelta(hours=2)
    _sign_and_cosign(log)
    kept = log.latest()
    _keep(log, folder, SEEN)
    log.clock.instant += timedelta(hours=2)
    log.submit(disburse(125_00, "V5"))
    log.record_digest()
    log.submit(disburse(75_00, "V6"))
    _sign_and_cosign(log)
    _keep(log, folder, NOW)
    return Story(folder, log.verifier_key(), kept.note, kept.size)


def _begin(log: WatchedLog) -> None:
    bring_up(log.database)
    with log._recording() as sequencer:
        for ledger_id in (LEDGER, OTHER):
            sequencer.open_ledger(OpenLedger(ledger_id=ledger_id, name="财政局"), actor=CLERK, key=ledger_id)
            log.keys.add(ledger_id, log.log_id(ledger_id))
    log.submit(*ready_line(), ledger_id=OTHER)
    log.submit(disburse(10_00, "V1"), ledger_id=OTHER)
    log.submit(*ready_line(), open_line("L2"), allocate(20_000_00, "L2"))
    (paid, _) = log.submit(disburse(1_000_00, "V1", payee="柳林镇王某某"), disburse(500_00, "V2"))
    (_, mistaken) = log.submit(_return_of(paid), disburse(300_00, "V3"))
    log.submit(reverse(mistaken), _recovery())
    log.submit(*(disburse(1, f"S{number}", "L2") for number in range(MANY)))


def _sign_and_cosign(log: WatchedLog, *ledger_ids: str) -> None:
    for each in ledger_ids or (LEDGER,):
        log.sign(each)
        log.cosign(each)
    assert (log.signer_refused, log.witness_refused) == ("", "")


def _keep(log: WatchedLog, folder: Path, stage: str) -> None:
    # The last connection writes what is beside the file into it.
    log.database.dispose()
    shutil.copytree(log.folder, folder / stage)


def _return_of(event_id: str) -> Command:
    return Command(body=ReturnDisbursement(event_id=event_id, amount=200_00, reason="多付"), effective_date=DAY)


def _recovery() -> Command:
    body: Any = FundsRecovered(line_id="L1", amount=50_00, destination=RecoveryDestination.TREASURY, document_no="30号")
    return Command(body=body, effective_date=DAY)
