"""Attacks on the history of a log, by someone who makes everything fit and has the log's key sign it."""

from typing import Final

from tests.support.attack import NO_KEPT, ONLY_KEY, PASSES, UNCOVERED, Attack
from tests.support.attacker import (
    Document,
    another_payment,
    changed,
    collude,
    entries_of,
    rewrite,
    rewrite_and_sign,
    rewrite_entry,
    setting,
    sign_again,
)
from tests.support.attacks_on_storage import SOMEBODY
from tests.support.commands import disburse
from tests.support.ledger import LEDGER
from tests.support.watched_log import BACKUP, PAID, SEEN, YOUNG, WatchedLog

UNSEEN: Final = "Without a witness outside your control, whoever has the database and the keys can rewrite what"
TIME_SINCE: Final = "The time since the last cosigned checkpoint"
KEYS_AND_QUORUM: Final = "The log's keys together with a quorum of witnesses"
LARGER: Final = setting("data.amount", 999_00)
NEXT: Final = 273
"""The first entry behind what the auditor has seen."""

LAST: Final = 275


def insert_in_the_middle(log: WatchedLog) -> None:
    """A forged payment before the last one, which moves on by one; all indexes follow."""
    *before, last = entries_of(log)
    rewrite(log, [*before, changed(last, another_payment(LAST, later_by=0)), changed(last, _moved_on)])


def rewrite_what_was_seen(log: WatchedLog) -> None:
    rewrite_and_sign(log, PAID, LARGER)
    log.cosign()


def rewrite_what_was_seen_with_the_witness(log: WatchedLog) -> None:
    rewrite_and_sign(log, PAID, LARGER)
    collude(log)


def rewrite_without_signing(log: WatchedLog) -> None:
    rewrite_entry(log, PAID, LARGER)
    log.sign()


def rewrite_what_came_later(log: WatchedLog) -> None:
    rewrite_and_sign(log, NEXT, LARGER)
    log.cosign()


def rewrite_what_came_later_with_the_witness(log: WatchedLog) -> None:
    rewrite_and_sign(log, NEXT, LARGER)
    collude(log)


def swap_the_actor(log: WatchedLog) -> None:
    rewrite_and_sign(log, PAID, setting("actor", SOMEBODY))
    collude(log)


def truncate_what_was_seen(log: WatchedLog) -> None:
    rewrite(log, entries_of(log)[:271])
    sign_again(log)
    collude(log)


def truncate_what_came_later(log: WatchedLog) -> None:
    rewrite(log, entries_of(log)[:274])
    sign_again(log)
    log.cosign()


def restore_a_backup(log: WatchedLog) -> None:
    log.restore_database(BACKUP)
    log.submit(disburse(40_00, "V7"))
    log.sign()


def restore_a_backup_and_forget(log: WatchedLog) -> None:
    """The signer's memory is taken away; the log has grown again to more than was signed."""
    log.restore_database(BACKUP)
    log.submit(*(disburse(1_00, f"W{number}") for number in range(9)))
    sign_again(log)
    log.cosign()


def fork(log: WatchedLog) -> None:
    """Another last entry, and one more behind it."""
    rewrite_entry(log, LAST, LARGER)
    log.submit(disburse(40_00, "V7"))
    sign_again(log)
    log.cosign()


def replace_the_log_unseen(log: WatchedLog) -> None:
    rewrite_entry(log, PAID, LARGER)
    log.sign()
    log.cosign()


def rewrite_before_it_is_signed(log: WatchedLog) -> None:
    log.submit(disburse(125_00, "V5"))
    rewrite_entry(log, NEXT, LARGER)
    log.sign()
    log.cosign()


def sign_with_another_key(log: WatchedLog) -> None:
    """As the log's only key, under the log's name."""
    for path in log.keys.folder(LEDGER, log.log_id()).glob("*.key"):
        path.unlink()
    sign_again(log)
    collude(log)


def _moved_on(document: Document) -> None:
    shared = {tag: n + 1 for tag, n in document["tags"].items() if not tag.startswith("voucher:")}
    document |= {"position": document["position"] + 1, "tags": document["tags"] | shared}


HISTORY: Final = (
    Attack(
        name="rewritten and not signed",
        on_log=rewrite_without_signing,
        signer="the first 275 entries are not those that were signed: they were rewritten",
        export="consistency+inclusion: log export",
        bundle="consistency+inclusion+completeness: consistency.json",
        verify="checkpoints+signed: position 270",
    ),
    Attack(
        name="inserted in the middle and not signed",
        on_log=insert_in_the_middle,
        export="inclusion: log export",
        bundle="consistency+inclusion+completeness: consistency.json",
        verify="checkpoints+signed: position 275",
    ),
    Attack(
        name="seen history rewritten, signed again",
        on_log=rewrite_what_was_seen,
        witness="422: the consistency proof leads to other roots",
        export="consistency: log export, line 1",
        bundle="consistency: checkpoint.txt",
        verify=PASSES,
    ),
    Attack(
        name="seen history rewritten, signed again, witness colludes",
        on_log=rewrite_what_was_seen_with_the_witness,
        export="consistency: log export",
        bundle="consistency: consistency.json",
        verify=PASSES,
    ),
    Attack(
        name="actor of a seen entry swapped, signed again, witness colludes",
        on_log=swap_the_actor,
        export="consistency: log export",
        bundle="consistency: consistency.json",
        verify=PASSES,
    ),
    Attack(
        name="seen history rewritten, auditor kept nothing",
        on_log=rewrite_what_was_seen,
        brings=NO_KEPT,
        witness="422: the consistency proof leads to other roots",
        export="consistency: log export, line 1",
        bundle="consistency: checkpoint.txt",
        verify=PASSES,
    ),
    Attack(
        name="later history rewritten, signed again",
        on_log=rewrite_what_came_later,
        witness="422: the consistency proof leads to other roots",
        export="consistency: log export, line 1",
        bundle="consistency: checkpoint.txt",
        verify=PASSES,
    ),
    Attack(
        name="later history rewritten, auditor brings only the key",
        on_log=rewrite_what_came_later,
        brings=ONLY_KEY,
        remark="no --policy was given",
        documented=UNSEEN,
        witness="422: the consistency proof leads to other roots",
        export=PASSES,
        bundle=PASSES,
        verify=PASSES,
    ),
    Attack(
        name="later history rewritten, witness colludes",
        on_log=rewrite_what_came_later_with_the_witness,
        documented=KEYS_AND_QUORUM,
        export=PASSES,
        bundle=PASSES,
        verify=PASSES,
    ),
    Attack(
        name="seen history rewritten, witness colludes, auditor kept nothing",
        on_log=rewrite_what_was_seen_with_the_witness,
        brings=NO_KEPT,
        remark="no --last-seen was given",
        documented=KEYS_AND_QUORUM,
        export=PASSES,
        bundle=PASSES,
        verify=PASSES,
    ),
    Attack(
        name="ledger replaced before its first witnessed checkpoint",
        on_log=replace_the_log_unseen,
        stage=YOUNG,
        brings=NO_KEPT,
        remark="no --last-seen was given",
        documented="A ledger replaced before its first witnessed checkpoint.",
        export=PASSES,
        bundle=UNCOVERED,
        verify=PASSES,
    ),
    Attack(
        name="unsigned entry rewritten before it is signed",
        on_log=rewrite_before_it_is_signed,
        stage=SEEN,
        documented=TIME_SINCE,
        export=PASSES,
        bundle=PASSES,
        verify=PASSES,
    ),
    Attack(
        name="tail behind what was seen cut off, signed again",
        on_log=truncate_what_came_later,
        witness="409: 275",
        export="consistency: log export, line 1",
        bundle="consistency: checkpoint.txt",
        verify=PASSES,
    ),
    Attack(
        name="tail cut into what was seen, signed again, witness colludes",
        on_log=truncate_what_was_seen,
        export="consistency: log export, line 1",
        bundle="consistency: checkpoint.txt",
        verify=PASSES,
    ),
    Attack(
        name="backup restored",
        on_log=restore_a_backup,
        signer="the log has 271 entries, but 275 were signed: it was set back",
        export="consistency: log export, line 1",
        bundle="consistency: checkpoint.txt",
        verify="signed: the ledger",
    ),
    Attack(
        name="backup restored, memory of the signer deleted",
        on_log=restore_a_backup_and_forget,
        witness="422: the consistency proof leads to other roots",
        export="consistency: log export, line 1",
        bundle="consistency: checkpoint.txt",
        verify=PASSES,
    ),
    Attack(
        name="fork signed",
        on_log=fork,
        witness="422: the consistency proof leads to other roots",
        export="consistency: log export, line 1",
        bundle="consistency: checkpoint.txt",
        verify=PASSES,
    ),
    Attack(
        name="signed with a key of the attacker's own",
        on_log=sign_with_another_key,
        export="consistency: log export, line 1",
        bundle="consistency: checkpoint.txt",
        verify=PASSES,
    ),
)
