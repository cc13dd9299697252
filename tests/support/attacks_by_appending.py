"""Attacks by what is put behind the last entry, and then signed and cosigned in the ordinary way."""

import json
from typing import Final

from adapters.transparency.log_signer import LogSigner
from domain.checkpoint import parse_checkpoint
from domain.custody import EpochRaised
from domain.note import parse_note
from tests.support.attack import NOT_MADE, PASSES, Attack
from tests.support.attacker import (
    Document,
    another_payment,
    append,
    changed,
    entries_of,
    rewrite,
    setting,
)
from tests.support.attacks_on_storage import on_views
from tests.support.commands import disburse
from tests.support.ledger import LEDGER
from tests.support.tampering import tamper
from tests.support.watched_log import REVERSAL, SEEN, WatchedLog

FALSE_DIGEST: Final = "A false digest, or an entry without a tag it should bear"
_LINE: Final = "line:L1"
_DELETE_FROM_VIEWS: Final = on_views(
    "DELETE FROM balance_lane_g1 WHERE ledger_id = 'qingshi' AND account = 'line:L1' AND position = 275"
)


def append_a_lie(log: WatchedLog) -> None:
    append(log, setting("data.amount", 999_00))
    _published(log)


def append_before_its_predecessor(log: WatchedLog) -> None:
    append(log, setting("recorded_at", "2024-01-10T06:00:00.000000Z"))
    _published(log)


def append_before_the_auditor_came(log: WatchedLog) -> None:
    """Not before its predecessor, but long before the witness saw the log without it."""
    append(log, setting("recorded_at", "2024-01-10T03:30:00.000000Z"), like=271)
    _published(log)


def append_in_the_future(log: WatchedLog) -> None:
    append(log, setting("recorded_at", "2025-01-01T00:00:00.000000Z"))
    _published(log)


def append_without_the_tag_of_the_line(log: WatchedLog) -> None:
    append(log, lambda document: document["tags"].pop(_LINE))
    _published(log)


def append_a_number_twice(log: WatchedLog) -> None:
    append(log, lambda document: document["tags"].update({_LINE: document["tags"][_LINE] - 1}))
    _published(log)


def append_a_second_reversal(log: WatchedLog) -> None:
    """Money is taken back that was taken back already."""
    entries = entries_of(log)
    numbers: dict[str, int] = {}
    for entry in entries:
        numbers |= json.loads(entry)["tags"]

    def again(document: Document) -> None:
        bears = document["tags"]
        another_payment(log.head + 1)(document)
        del document["data"]["voucher_no"]
        document |= {"recorded_at": "2024-01-12T01:00:00.000000Z", "tags": {tag: numbers[tag] + 1 for tag in bears}}

    rewrite(log, [*entries, changed(entries[REVERSAL - 1], again)])
    _published(log)


def append_without_the_tag_under_a_digest(log: WatchedLog) -> None:
    """A digest counts what is tagged, and the claim is about a later payment."""
    append_without_the_tag_of_the_line(log)
    log.submit(disburse(40_00, "V7"))
    log.record_digest()
    _published(log)


def raise_the_epoch(log: WatchedLog) -> None:
    """An operator's right, but an auditor has to be asked."""
    checkpoint = parse_checkpoint(parse_note(log.latest().note).text)
    log.record(
        EpochRaised(
            epoch=1, last_signed_size=checkpoint.size, last_signed_root=checkpoint.root.hex(), reason="由备份恢复"
        )
    )
    LogSigner(log.keys, log.tree).raise_epoch(LEDGER, log.log_id(), 1)
    _published(log)


def record_a_false_digest(log: WatchedLog) -> None:
    """The service is made to forget the last payment before it records a digest in the ordinary way."""
    tamper(
        log.database,
        "DELETE FROM {log}log_tag WHERE ledger_id = :ledger AND tag = 'line:L1' AND position = 275",
        ledger=LEDGER,
    )
    _DELETE_FROM_VIEWS(log)
    log.record_digest()
    _published(log)


def _published(log: WatchedLog) -> None:
    log.sign()
    log.cosign()
    assert (log.signer_refused, log.witness_refused) == ("", "")


APPENDING: Final = (
    Attack(
        name="epoch raised without the auditor's consent",
        on_log=raise_the_epoch,
        export="consistency: log export, line 1",
        bundle="consistency: checkpoint.txt",
        verify=PASSES,
    ),
    Attack(
        name="lie entered that looks like a payment",
        on_log=append_a_lie,
        documented="A lie at the source.",
        export=PASSES,
        bundle=PASSES,
        verify=PASSES,
    ),
    Attack(
        name="entry recorded before its predecessor",
        on_log=append_before_its_predecessor,
        export="content: log export, position 276",
        bundle="content+completeness: entries.jsonl, position 276",
        verify="positions: position 276",
    ),
    Attack(
        name="entry backdated before the auditor's last visit",
        on_log=append_before_the_auditor_came,
        stage=SEEN,
        export="content: log export, position 273",
        bundle="content+completeness: entries.jsonl, position 273",
        verify=PASSES,
    ),
    Attack(
        name="entry dated into the future",
        on_log=append_in_the_future,
        export="content: log export, position 276",
        bundle="content+completeness: entries.jsonl, position 276",
        verify="checkpoints: position 276",
    ),
    Attack(
        name="number of a tag given twice",
        on_log=append_a_number_twice,
        export="content+completeness: log export, position 276",
        bundle="content+completeness: entries.jsonl, position 276",
        verify="tags: position 276",
    ),
    Attack(
        name="fact taken back twice",
        on_log=append_a_second_reversal,
        export="figures: log export, position 276",
        bundle=NOT_MADE,
        verify="states+views: position 276",
    ),
    Attack(
        name="payment without the tag of its line, shown",
        on_log=append_without_the_tag_of_the_line,
        export="content: log export, position 276",
        bundle="content+completeness: entries.jsonl, position 276",
        verify="tags: position 276",
    ),
    Attack(
        name="payment without the tag of its line, not shown",
        on_log=append_without_the_tag_under_a_digest,
        at=277,
        documented=FALSE_DIGEST,
        export="content: log export, position 276",
        bundle=PASSES,
        verify="tags: position 276",
    ),
    Attack(
        name="false digest recorded in the ordinary way",
        on_log=record_a_false_digest,
        documented=FALSE_DIGEST,
        export="figures: log export, position 276",
        bundle=PASSES,
        verify="digest+tags+views: position 276",
    ),
)
