"""Digests of a stored log, on each database: what the index of tags says is what the entries say."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import pytest
from eventsourcing.dcb.api import DCBEvent
from sqlalchemy import Connection

from adapters.event_log.digests import digest_at, digest_at_head, tag_counts, tag_path
from adapters.event_log.recorder import LedgerRecorder
from domain.command import Command
from domain.custody import LedgerDigest
from domain.digest import TagCount, digest_root, leaf_bytes
from domain.errors import UnknownLedger
from domain.evaluation import EvaluationKind, EvaluationOpened, Subject, SubjectKind
from domain.identifiers import leaf_hash
from domain.ledger import OpenLedger
from domain.merkle import verify_inclusion
from tests.support.commands import disburse, ready_line, register_unit
from tests.support.ledger import CLERK, LEDGER, Ledger, opened_ledger

VOUCHERS = ("支-0312", "𠮷-1", "\uffee", "Z", "a", '"引号"\\', "支-0311")


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """A ledger whose tags are of every alphabet, with a foreign one, and another ledger beside it."""
    with opened_ledger(database_url) as opened:
        opened.submit(*ready_line())
        opened.submit(*(disburse(1, voucher) for voucher in VOUCHERS))
        opened.submit(*(programme_evaluated(number, name) for number, name in enumerate(("Z 片区", "𠮷野", "示范"))))
        recorder = LedgerRecorder(opened.feed, opened.sequencer, LEDGER, CLERK)
        recorder.append([DCBEvent(type="noted", data=b"", tags=["line:L1", "zone:9"])])
        opened.sequencer.open_ledger(OpenLedger(ledger_id="another", name="邻县"), actor=CLERK, key="another")
        yield opened


@pytest.fixture
def connection(ledger: Ledger) -> Iterator[Connection]:
    with ledger.database.log_reader.connect() as opened:
        yield opened


def programme_evaluated(number: int, programme: str) -> Command:
    opened = EvaluationOpened(
        evaluation_id=f"E{number}",
        subject=Subject(kind=SubjectKind.PROGRAMME, id=programme),
        fiscal_year=2023,
        kind=EvaluationKind.SELF,
        indicators=(),
    )
    return replace(register_unit(), body=opened)


def stored(connection: Connection, position: int) -> list[TagCount]:
    return list(chain.from_iterable(tag_counts(connection, LEDGER, position)))


def counted(ledger: Ledger, position: int) -> list[TagCount]:
    """The same from the entries themselves."""
    counts: Counter[str] = Counter()
    last: dict[str, int] = {}
    for event in ledger.feed.page(LEDGER, after=0, limit=position):
        counts.update(event.tags.keys())
        last |= dict.fromkeys(event.tags, event.position)
    return sorted(TagCount(tag, counts[tag], last[tag]) for tag in counts)


def test_the_tags_up_to_every_position_are_those_of_the_entries(ledger: Ledger, connection: Connection) -> None:
    for position in range(1, ledger.feed.head(LEDGER) + 1):
        assert stored(connection, position) == counted(ledger, position)
    assert "x-zone:9" in {each.tag for each in stored(connection, position)}


def test_before_the_first_entry_there_is_no_tag(connection: Connection) -> None:
    assert stored(connection, 0) == []


def test_a_digest_is_the_root_over_the_tags_up_to_its_position(ledger: Ledger, connection: Connection) -> None:
    for position in (1, 7, ledger.feed.head(LEDGER)):
        tags = counted(ledger, position)
        expected = LedgerDigest(position=position, root=digest_root(tags).hex(), tag_count=len(tags))
        assert digest_at(connection, LEDGER, position) == expected


def test_the_digest_at_the_head_covers_all_that_is_recorded(ledger: Ledger, connection: Connection) -> None:
    head = ledger.feed.head(LEDGER)
    assert digest_at_head(ledger.database.log_reader, LEDGER) == digest_at(connection, LEDGER, head)
    assert digest_at_head(ledger.database.log_reader, "another").position == 1


def test_of_a_ledger_that_is_not_there_there_is_no_digest(ledger: Ledger) -> None:
    with pytest.raises(UnknownLedger):
        digest_at_head(ledger.database.log_reader, "nowhere")


def test_the_path_of_every_tag_leads_to_the_digest(ledger: Ledger, connection: Connection) -> None:
    position = ledger.feed.head(LEDGER) - 2
    digest = digest_at(connection, LEDGER, position)
    for tag in counted(ledger, position):
        path = tag_path(connection, LEDGER, position, tag.tag)
        assert path is not None
        assert (path.entry_count, path.last_position) == (tag.entry_count, tag.last_position)
        leaf = leaf_hash(leaf_bytes(tag))
        verify_inclusion(leaf, path.leaf_index, digest.tag_count, path.proof, bytes.fromhex(digest.root))


def test_a_tag_that_is_borne_only_later_has_no_path(connection: Connection) -> None:
    assert tag_path(connection, LEDGER, 3, "line:L1") is None
    assert tag_path(connection, LEDGER, 5, "line:L1") is not None
