"""The tree of a stored log is that of its entries, whoever wrote them, and whatever is read of it agrees."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select, text

from adapters.event_log.sequencer import Sequencer
from adapters.event_log.tables import log_tile
from adapters.event_log.tree import SqlTree
from adapters.migrations.schema import migrate
from domain.errors import LogDamaged
from domain.identifiers import leaf_hash
from domain.merkle import EMPTY_EDGE, EMPTY_ROOT, ImpossibleProofError, verify_consistency, verify_inclusion
from tests.support.commands import disburse, ready_line
from tests.support.effort import quick_on_sqlite_only
from tests.support.ledger import LEDGER, Ledger, opened_ledger
from tests.support.older_schema import set_back
from tests.support.seeds import seeded
from tests.support.tampering import take_triggers_away
from tests.support.trees import defined_root

COUNT = 600
"""More than two tiles."""


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with opened_ledger(database_url) as opened:
        opened.submit(*ready_line(amount=1_000_000))
        yield opened


def fill(ledger: Ledger, sizes: list[int]) -> None:
    """Payments in batches of these sizes."""
    number = ledger.feed.head(LEDGER)
    for size in sizes:
        ledger.submit(*(disburse(1, f"V{number + each}") for each in range(size)))
        number += size


def leaves(ledger: Ledger) -> list[bytes]:
    entries = SqlTree(ledger.database.log_reader).entries(LEDGER, 1, ledger.feed.head(LEDGER))
    return [leaf_hash(entry) for entry in entries]


@quick_on_sqlite_only
def test_every_root_and_proof_is_that_of_the_entries(ledger: Ledger) -> None:
    fill(ledger, [1, 99, 256, 3, COUNT - 359])
    tree, hashes = SqlTree(ledger.database.log_reader), leaves(ledger)
    chance = seeded("tree")
    for size in {1, 2, 255, 256, 257, 511, 512, len(hashes), *chance.sample(range(1, len(hashes)), 20)}:
        root = tree.root(LEDGER, size)
        assert root == defined_root(hashes[:size])
        position = chance.randint(1, size)
        verify_inclusion(hashes[position - 1], position - 1, size, tree.inclusion_proof(LEDGER, position, size), root)
        proof = tree.consistency_proof(LEDGER, size, len(hashes))
        verify_consistency(size, len(hashes), proof, root, tree.root(LEDGER, len(hashes)))


def test_the_tiles_are_the_full_ones_and_no_others(ledger: Ledger) -> None:
    fill(ledger, [300, 300])
    _, tiles = EMPTY_EDGE.appended(leaves(ledger))
    with ledger.database.log_reader.connect() as connection:
        stored = {(row.level, row.tile_index): (row.hashes, row.root) for row in connection.execute(select(log_tile))}
    assert stored == {(tile.level, tile.index): (tile.hashes, tile.root) for tile in tiles}
    assert len(stored) == 2


@quick_on_sqlite_only
def test_a_writer_that_starts_anew_or_takes_turns_with_another_goes_on_with_the_same_tree(ledger: Ledger) -> None:
    fill(ledger, [200])
    other = Sequencer(ledger.database, ledger.clock)
    first = ledger.sequencer
    for number in range(6):
        ledger.sequencer = other if number % 2 else first
        fill(ledger, [60])
    other.stop()
    ledger.sequencer = first
    tree, hashes = SqlTree(ledger.database.log_reader), leaves(ledger)
    assert len(hashes) > 512
    assert tree.root(LEDGER, len(hashes)) == defined_root(hashes)
    _, tiles = EMPTY_EDGE.appended(hashes)
    assert [tree.tile(LEDGER, tile.level, tile.index, 256) for tile in tiles] == [tile.hashes for tile in tiles]


@quick_on_sqlite_only
def test_a_log_of_before_there_were_tiles_gets_them_with_its_migration(ledger: Ledger) -> None:
    fill(ledger, [COUNT])
    prefix = "" if ledger.database.is_sqlite else "log."
    before = SqlTree(ledger.database.log_reader).root(LEDGER, COUNT)
    with ledger.database.log_writer.begin() as connection:
        set_back(connection, "0002")
        for table in ("log_tile", "log_checkpoint", "log_cosignature"):
            connection.execute(text(f"DROP TABLE {prefix}{table}"))
    migrate(ledger.database)
    with ledger.database.log_reader.connect() as connection:
        assert len(connection.execute(select(log_tile)).all()) == 2
    assert SqlTree(ledger.database.log_reader).root(LEDGER, COUNT) == before


@quick_on_sqlite_only
def test_nothing_is_added_to_a_log_whose_tiles_are_missing(ledger: Ledger) -> None:
    fill(ledger, [COUNT])
    prefix = "" if ledger.database.is_sqlite else "log."
    take_triggers_away(ledger.database)
    with ledger.database.log_writer.begin() as connection:
        connection.execute(text(f"DELETE FROM {prefix}log_tile WHERE tile_index = 0"))
    restarted = Sequencer(ledger.database, ledger.clock)
    ledger.sequencer.stop()
    ledger.sequencer = restarted
    head = ledger.feed.head(LEDGER)
    with pytest.raises(LogDamaged):
        fill(ledger, [1])
    assert ledger.feed.head(LEDGER) == head


def test_of_a_longer_log_nothing_is_said(ledger: Ledger) -> None:
    tree, head = SqlTree(ledger.database.log_reader), ledger.feed.head(LEDGER)
    assert tree.root(LEDGER, 0) == EMPTY_ROOT
    with pytest.raises(ImpossibleProofError):
        tree.root(LEDGER, head + 1)
    assert tree.tile(LEDGER, 0, 0, head + 1) is None
    assert tree.tile(LEDGER, 0, 0, head) is not None
    assert len(tree.entries(LEDGER, 1, head + 100)) == head
