"""A log in memory that records digests and private values, and the story that most tests of evidence are about."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from adapters.event_log.encoding import encode_data, encode_entry
from domain.command import Command
from domain.dates import DatePrecision
from domain.event import ForeignFact, RecordedEvent
from domain.identifiers import canonical_json, command_id, commitment, event_id, leaf_hash
from domain.merkle import EMPTY_EDGE, Edge
from tests.support.builders import (
    allocation,
    appropriation,
    disbursement,
    line,
    on,
    opening_balance,
    project,
    recovery,
    reduction,
    return_to,
    reversal_of,
    unit,
)
from tests.support.ed25519 import SeededSigner
from tests.support.memory_feed import CLERK, STEP, MemoryFeed, MemoryLog

DEPLOYMENT: Final = "province.example"
DIGEST_TYPE: Final = "ledger-digest.v1"
PAYEE: Final = (bytes(range(32)), "王某，6222 0000")
"""Salt and value of the one private value of the story."""

STORY_OPENING: Final = {"position": 23, "field": "payee", "salt": PAYEE[0].hex(), "value": PAYEE[1]}


@dataclass
class EvidenceLog(MemoryLog):
    """A log in memory that can also record digests and private values."""

    @property
    def origin(self) -> str:
        return f"{DEPLOYMENT}/{self.info.ledger_id}/{self.info.log_id}"

    @property
    def signer(self) -> SeededSigner:
        """The key of the log."""
        return named_signer(self.origin)

    def record_digest(self, covers: int | None = None, **changes: object) -> int:
        """Records the digest of the entries up to a position (the last one) and returns its own position.

        Changes replace what its data say: a digest that is wrong.
        """
        covers = covers or self.head
        position = self.head + 1
        tag = f"ledger:{self.info.ledger_id}"
        self.tag_counts[tag] += 1
        identity = command_id(self.info.ledger_id, "digest", str(position))
        leaves = digest_leaves(self.events[:covers])
        root = edge_of([leaf for _, leaf in leaves]).root()
        data = {"position": covers, "root": root.hex(), "tag_count": len(leaves)} | changes
        event = RecordedEvent(
            ledger=self.info.ledger_id,
            position=position,
            id=event_id(identity, 0),
            type=DIGEST_TYPE,
            tags={tag: self.tag_counts[tag]},
            effective_date=self.today,
            date_precision=DatePrecision.DAY,
            recorded_at=self.now,
            actor=CLERK,
            command_id=identity,
            command_hash="0" * 64,
            correlation_id=None,
            causation_id=None,
            corrects=None,
            basis=self.events[0].basis,
            source=None,
            data=ForeignFact(base64=""),
            private={},
            leaf_hash=b"",
        )
        entry = encode_entry(event, canonical_json(data))
        self.events.append(event._replace(leaf_hash=leaf_hash(entry)))
        self.entries.append(entry)
        self.now += STEP
        return position

    def record_private(self, command: Command, **values: tuple[bytes, str]) -> RecordedEvent:
        """Records a command with private values: a salt of 32 bytes and the text, by field."""
        event = self.record(command)
        private = {name: commitment(salt, name, value) for name, (salt, value) in values.items()}
        entry = encode_entry(event._replace(private=private), encode_data(event.data))
        self.entries[-1] = entry
        self.events[-1] = event._replace(private=private, leaf_hash=leaf_hash(entry))
        return self.events[-1]


def opened_log(ledger_id: str = "qingshi") -> EvidenceLog:
    """A log that holds its opening."""
    memory = MemoryFeed().open(ledger_id)
    return EvidenceLog(**{each.name: getattr(memory, each.name) for each in fields(memory)})


def story_log() -> EvidenceLog:
    """A year of three lines with everything that moves money, two digests, a payee and an event of someone else."""
    log = opened_log()
    log.record(unit())
    log.record(appropriation("A1", "3000.00"))
    log.record(appropriation("A2", "500.00"))
    log.record(project("P1"))
    log.record(project("P2", parent="P1"))
    log.record(line("L1"))
    log.record(line("L2", project_id="P2"))
    log.record(line("L3", appropriation_id="A2"))
    log.record(allocation("200.00", at=on("2023-02-01")))
    log.record(allocation("50.00", stage="additional", at=on("2023-04-01")))
    log.record(reduction("20.00", at=on("2023-04-02")))
    log.record(opening_balance(initial="80.00", adjusted="100.00", disbursed="30.00", recovered="5.00", line_id="L3"))
    paid = log.record(disbursement("120.00", at=on("2023-04-03")))
    transfer = log.record(disbursement("30.33", voucher="V2", kind="transfer", at=on("2023-05-01")))
    log.record_digest()
    log.record(return_to(paid.id, "10.01", at=on("2023-05-15")))
    log.record(recovery("15.00", to="appropriation", at=on("2023-06-01")))
    log.record(disbursement("500.00", voucher="V3", overrun=True, at=on("2023-07-01")))
    log.record(reversal_of(transfer.id, at=on("2023-09-01")))
    log.record_foreign()
    log.record(allocation("400.00", line_id="L2"))
    private = log.record_private(disbursement("77.77", voucher="V4", line_id="L2"), payee=PAYEE)
    log.record_digest()
    back = log.record(return_to(private.id, "5.00", at=on("2023-10-01")))
    log.record(reversal_of(back.id, at=on("2023-10-02")))
    log.record(disbursement("1.00", voucher="V5", line_id="L2", at=on("2023-11-01")))
    return log


def named_signer(name: str, seed: str | None = None) -> SeededSigner:
    """A log's signer of that name; its private key follows from the seed, which is the name when none is given."""
    signer = SeededSigner((seed or name)[-32:])
    signer.key = replace(signer.key, name=name)
    return signer


def edge_of(leaves: Sequence[bytes]) -> Edge:
    return EMPTY_EDGE.appended(leaves)[0]


def leaves_of(entries: Sequence[bytes]) -> list[bytes]:
    return [leaf_hash(entry) for entry in entries]


def digest_leaves(events: Sequence[RecordedEvent]) -> list[tuple[str, bytes]]:
    """Tag and leaf hash, by tag, of the digest over these events."""
    counts: Counter[str] = Counter()
    last: dict[str, int] = {}
    for event in events:
        counts.update(list(event.tags))
        last.update(dict.fromkeys(event.tags, event.position))
    return [(tag, leaf_hash(canonical_json([tag, counts[tag], last[tag]]))) for tag in sorted(counts)]
