"""When a checkpoint was signed is beside what its signature covers: it is held against what is before and behind it."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.transparency import ed25519
from adapters.transparency.audit import audit_tree
from adapters.transparency.checkpoints import SqlCheckpoints
from domain.ports import StoredCheckpoint
from tests.support.commands import register_unit
from tests.support.effort import sampled
from tests.support.ledger import LEDGER, Ledger, opened_ledger

FUTURE = datetime.now(UTC) + timedelta(days=2)


def found(ledger: Ledger) -> list[tuple[int | None, str]]:
    differences = audit_tree(ledger.database, LEDGER, None, (), ed25519.verify)
    return [(each.position, each.detail) for each in differences if "signed" in each.detail]


@pytest.mark.parametrize(
    ("hours", "problem"),
    sampled(
        [
            ((0, 1, 2, 3), []),
            ((12, 1, 2, 3), []),
            ((-25, 1, 2, 3), [(1, "it was signed before its last entry was recorded")]),
            ((-12, 1, 2, -12), []),
            ((27, 1, 2, 3), [(1, "it was signed after one of more entries")]),
            ((0, 1, 9_000 * 24, 3), [(3, "it was signed after one of more entries")]),
            ((0, 1, 2, None), [(4, "it was signed in the future")]),
        ],
        one_in=2,
    ),
)
def test_a_checkpoint_is_signed_between_its_last_entry_and_the_next_one(
    database_url: str, hours: tuple[int | None, ...], problem: list[tuple[int, str]]
) -> None:
    with opened_ledger(database_url) as ledger:
        ledger.submit(*(register_unit(f"U{number}") for number in range(3)))
        store = SqlCheckpoints(ledger.database.log_reader, ledger.database.log_writer)
        for size, after in enumerate(hours, start=1):
            signed_at = FUTURE if after is None else ledger.clock.instant + timedelta(hours=after)
            store.add(LEDGER, StoredCheckpoint(size=size, note=b"", signed_at=signed_at))
        assert found(ledger) == problem
