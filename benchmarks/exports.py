"""A log export of any length that a verifier accepts: one ledger, its lines, then payments from each in turn."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.event_log.encoding import encode_data, encode_entry
from api.evidence.export import export_header
from domain.access import LOCAL_ACTOR
from domain.budget_line import LineOpened
from domain.checkpoint import Checkpoint, format_checkpoint, origin_of
from domain.command import Basis
from domain.dates import DatePrecision
from domain.event import LedgerOpened, RecordedEvent
from domain.flow import FundsDisbursed
from domain.identifiers import command_id, event_id, leaf_hash
from domain.merkle import EMPTY_EDGE
from domain.note import Algorithm, Note, VerifierKey, format_note, format_verifier_key, signature_of
from domain.registry import EventData, type_name

LEDGER: Final = "bench"
LOG_ID: Final = "ab" * 16
LINE_COUNT: Final = 2_000

_BEGIN: Final = datetime(2024, 1, 1, tzinfo=UTC)
_PURPOSE: Final = "村组道路硬化工程进度款"
_PIECE: Final = 10_000


class _Signer:
    def __init__(self, name: str) -> None:
        self._private = Ed25519PrivateKey.generate()
        public = self._private.public_key().public_bytes_raw()
        self.key = VerifierKey(name=name, algorithm=Algorithm.ED25519, public_key=public)

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)


def write_export(path: Path, count: int) -> str:
    """Writes an export of so many entries; the verifier key of its checkpoint."""
    signer = _Signer(origin_of("bench.example", LEDGER, LOG_ID))
    body = path.with_name(f"{path.name}.body")
    edge = EMPTY_EDGE
    hashes: list[bytes] = []
    with body.open("wb") as stream:
        for entry in _entries(count):
            stream.write(entry + b"\n")
            hashes.append(leaf_hash(entry))
            if len(hashes) == _PIECE:
                edge, _ = edge.appended(hashes)
                hashes.clear()
    edge, _ = edge.appended(hashes)
    text = format_checkpoint(Checkpoint(signer.key.name, count, edge.root()))
    note = format_note(Note(text, (signature_of(text, signer),)))
    with path.open("wb") as target, body.open("rb") as source:
        target.write(export_header(LEDGER, LOG_ID, note))
        while piece := source.read(1 << 20):
            target.write(piece)
    body.unlink()
    return format_verifier_key(signer.key)


def _entries(count: int) -> Iterator[bytes]:
    opened = LedgerOpened(name="青石县", currency="CNY", time_zone="UTC", region_code=None, demo=False, log_id=LOG_ID)
    yield _entry(1, opened, {f"ledger:{LEDGER}": 1})
    for position in range(2, count + 1):
        earlier, line = divmod(position - 2, LINE_COUNT)
        tags = {
            f"appropriation:A{line % 100}": earlier * (LINE_COUNT // 100) + line // 100 + 1,
            f"line:L{line}": earlier + 1,
            f"project:P{line}": earlier + 1,
        }
        if earlier == 0:
            yield _entry(position, _line(line), {**tags, "unit:U1": line + 1})
        else:
            voucher = {f"voucher:L{line}/2024/V{position}": 1}
            yield _entry(position, _payment(position, line), tags | voucher)


def _line(line: int) -> LineOpened:
    return LineOpened(line_id=f"L{line}", appropriation_id=f"A{line % 100}", project_id=f"P{line}", unit_id="U1")


def _payment(position: int, line: int) -> FundsDisbursed:
    return FundsDisbursed(line_id=f"L{line}", amount=100, voucher_no=f"V{position}", purpose=_PURPOSE)


def _entry(position: int, data: EventData, tags: dict[str, int]) -> bytes:
    identity = command_id(LEDGER, LOCAL_ACTOR.subject, str(position))
    event = RecordedEvent(
        ledger=LEDGER,
        position=position,
        id=event_id(identity, 0),
        type=type_name(data),
        tags=tags,
        effective_date=date(2024, 1, 1),
        date_precision=DatePrecision.DAY,
        recorded_at=_BEGIN + timedelta(microseconds=position),
        actor=LOCAL_ACTOR,
        command_id=identity,
        command_hash=identity,
        correlation_id=None,
        causation_id=None,
        corrects=None,
        basis=Basis.RECORDED,
        source=None,
        data=data,
        private={},
        leaf_hash=b"",
    )
    return encode_entry(event, encode_data(data))
