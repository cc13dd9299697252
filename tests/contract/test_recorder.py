"""The log passes the eventsourcing library's own conformance suite, on every database."""

import pytest
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.dcb.tests import DCBRecorderTestCase
from eventsourcing.persistence import IntegrityError, ProgrammingError

from adapters.event_log.recorder import LedgerRecorder
from tests.support.commands import register_unit
from tests.support.ledger import CLERK, LEDGER, Ledger


class Conformance(DCBRecorderTestCase):
    """The library's cases as plain methods; pytest calls them below, once for each database."""

    __test__ = False

    def runTest(self) -> None:  # noqa: N802 (unittest's name)
        raise NotImplementedError


@pytest.fixture
def recorder(ledger: Ledger) -> LedgerRecorder:
    return LedgerRecorder(ledger.feed, ledger.sequencer, LEDGER, CLERK)


def test_appending_and_reading_conform(recorder: LedgerRecorder) -> None:
    Conformance()._test_append_read(recorder, initial_position=1)


def test_subscribing_conforms(recorder: LedgerRecorder) -> None:
    Conformance()._test_append_subscribe(recorder, initial_position=1)


def test_foreign_types_and_tags_are_stored_with_a_prefix_and_read_without(
    recorder: LedgerRecorder, ledger: Ledger
) -> None:
    position = recorder.append([DCBEvent(type="noted", data=b"\x00\xff", tags=["line:L1"])])
    stored = ledger.feed.event(LEDGER, position)
    assert stored is not None
    assert (stored.type, stored.tags) == ("x-noted", {"x-line:L1": 1})
    [seen] = recorder.read(after=1)
    assert (seen.event.type, seen.event.data, seen.event.tags) == ("noted", b"\x00\xff", ["line:L1"])


def test_our_own_events_are_read_by_their_names_and_tags(recorder: LedgerRecorder, ledger: Ledger) -> None:
    ledger.submit(register_unit("U1"))
    query = DCBQuery(items=[DCBQueryItem(types=["unit-registered.v1"], tags=["unit:U1"])])
    [seen] = recorder.read(query)
    assert seen.position == 2
    assert b'"unit_id":"U1"' in seen.event.data


def test_a_foreign_event_named_like_ours_reaches_no_rule(recorder: LedgerRecorder, ledger: Ledger) -> None:
    recorder.append([DCBEvent(type="unit-registered.v1", data=b"{}", tags=["unit:U1"])])
    assert ledger.submit(register_unit("U1")).refusal is None


def test_a_condition_sees_what_commands_recorded(recorder: LedgerRecorder, ledger: Ledger) -> None:
    ledger.submit(register_unit("U1"))
    condition = DCBAppendCondition(DCBQuery(items=[DCBQueryItem(tags=["unit:U1"])]), after=0)
    with pytest.raises(IntegrityError):
        recorder.append([DCBEvent(type="noted", data=b"", tags=[])], condition)
    assert ledger.feed.head(LEDGER) == 2


@pytest.mark.parametrize("name", ["x" * 79, "nul\0", "beyond \U00020000"])
def test_a_type_that_not_every_database_can_hold_is_refused(recorder: LedgerRecorder, name: str) -> None:
    with pytest.raises(ProgrammingError):
        recorder.append([DCBEvent(type=name, data=b"", tags=[])])
    assert recorder.append([DCBEvent(type="noted", data=b"", tags=[])]) == 2


def test_appending_nothing_is_refused(recorder: LedgerRecorder) -> None:
    with pytest.raises(ProgrammingError):
        recorder.append([])
