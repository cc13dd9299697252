"""The log as the `eventsourcing` library sees it: read by query, append under a condition, subscribe.

A thin view: appends go through the same sequencer, hashes and tag numbers. What the library writes is foreign to the
rules: its types and tags are stored with the prefix `x-` and its data as base64, and both are undone on reading. Our
own events are read with their canonical data.
"""

import base64
from collections.abc import Iterator, Sequence
from typing import Any, Final

from eventsourcing.dcb.api import (
    DCBAppendCondition,
    DCBEvent,
    DCBQuery,
    DCBReadResponse,
    DCBRecorder,
    DCBSequencedEvent,
)
from eventsourcing.dcb.persistence import DCBListenNotifySubscription
from eventsourcing.persistence import IntegrityError, ProgrammingError
from typing_extensions import override

from adapters.event_log.encoding import encode_data
from adapters.event_log.feed import SqlFeed
from adapters.event_log.foreign import (
    ConditionFailedError,
    ForeignAppend,
    ForeignEvent,
    Selection,
    UnstorableNameError,
    without_prefix,
)
from adapters.event_log.sequencer import Sequencer
from domain.command import Actor
from domain.event import ForeignFact, RecordedEvent

POLL_S: Final = 0.1
"""How soon a subscription looks for what other processes appended."""


class LedgerRecorder(DCBRecorder):
    """One ledger as a DCB recorder; what it appends is recorded as that actor's."""

    def __init__(self, feed: SqlFeed, sequencer: Sequencer, ledger_id: str, actor: Actor) -> None:
        self._feed = feed
        self._sequencer = sequencer
        self._ledger_id = ledger_id
        self._actor = actor

    @override
    def read(
        self, query: DCBQuery | None = None, *, after: int | None = None, limit: int | None = None
    ) -> DCBReadResponse:
        """See DCBRecorder.read. Without a limit the response's head is the log's; with one, the last event's."""
        head = self._feed.head(self._ledger_id) if limit is None else None
        events = self._feed.matching(self._ledger_id, _selections(query), after=after or 0, until=head, limit=limit)
        return _ReadResponse([_sequenced(event) for event in events], head)

    @override
    def append(self, events: Sequence[DCBEvent], condition: DCBAppendCondition | None = None) -> int:
        """See DCBRecorder.append. Returns the position of the last event, once it is durable."""
        if not events:
            message = "there is nothing to append"
            raise ProgrammingError(message)
        foreign = ForeignAppend(
            ledger_id=self._ledger_id,
            actor=self._actor,
            events=tuple(ForeignEvent(type=each.type, data=each.data, tags=tuple(each.tags)) for each in events),
            fail_if=None if condition is None else _selections(condition.fail_if_events_match),
            after=(condition.after or 0) if condition is not None else 0,
        )
        try:
            return self._sequencer.append_foreign(foreign).result()
        except ConditionFailedError as error:
            raise IntegrityError(condition) from error
        except UnstorableNameError as error:
            message = "a type or tag is too long or has a character that cannot be stored"
            raise ProgrammingError(message) from error

    @override
    def subscribe(self, query: DCBQuery | None = None, *, after: int | None = None) -> "LedgerSubscription":
        """See DCBRecorder.subscribe."""
        return LedgerSubscription(self, query=query, after=after)


class LedgerSubscription(DCBListenNotifySubscription[LedgerRecorder]):
    """Delivers events in position order as they are committed, by whichever process."""

    @override
    def _loop_on_pull(self) -> None:
        # The library waits for a notification alone; polling also finds what another process appended.
        try:
            while not self._has_been_stopped:
                self._pull()
                self._has_been_notified.wait(POLL_S)
        except BaseException as error:  # noqa: BLE001 (the library hands it to the reader of the subscription)
            self._thread_error = error
            self.stop()


class _ReadResponse(DCBReadResponse):
    def __init__(self, events: list[DCBSequencedEvent], head: int | None) -> None:
        self._events: Iterator[DCBSequencedEvent] = iter(events)
        last = events[-1].position if events else None
        self._head = head if head is not None else last

    @property
    @override
    def head(self) -> int | None:
        return self._head

    @override
    def __next__(self) -> DCBSequencedEvent:
        return next(self._events)


def _selections(query: DCBQuery | None) -> tuple[Selection, ...]:
    items = query.items if query is not None else []
    return tuple(Selection(types=tuple(item.types), tags=tuple(item.tags)) for item in items)


def _sequenced(event: RecordedEvent) -> DCBSequencedEvent:
    seen = DCBEvent(
        type=without_prefix(event.type),
        data=_data_of(event.data),
        tags=[without_prefix(tag) for tag in event.tags],
    )
    return DCBSequencedEvent(event=seen, position=event.position)


def _data_of(data: Any) -> bytes:
    return base64.b64decode(data.base64) if isinstance(data, ForeignFact) else encode_data(data)
