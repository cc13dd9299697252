"""A log in memory: decides by the real rules and implements ports.EventFeed, for tests that need no database."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from adapters.event_log.encoding import command_hash, encode_data, encode_entry
from domain.boundary import event_key
from domain.command import Actor, Basis, Command, Context
from domain.dates import DatePrecision, day_in_zone
from domain.errors import Refusal, UnknownLedger
from domain.event import (
    EventReversed,
    EventState,
    ForeignFact,
    ProposedEvent,
    RecordedEvent,
    effect_of,
    evolve_event_state,
)
from domain.identifiers import command_id, event_id, leaf_hash
from domain.ledger import OpenLedger, decide_ledger
from domain.ports import Coordinates, EventQuery, LedgerInfo, Reach
from domain.registry import FOREIGN_PREFIX, corrected_events, decide, evolve, type_name

CLERK = Actor(subject="clerk", issuer=None, role="clerk")
START = datetime(2024, 1, 10, 1, 0, tzinfo=UTC)
STEP = timedelta(seconds=1)


@dataclass
class MemoryLog:
    """One ledger: its events, the state of every boundary, and a clock that a test may set; it only goes forward."""

    info: LedgerInfo
    now: datetime
    events: list[RecordedEvent] = field(default_factory=list)
    entries: list[bytes] = field(default_factory=list)
    states: dict[str, Any] = field(default_factory=dict)
    tag_counts: Counter[str] = field(default_factory=Counter)

    @property
    def head(self) -> int:
        return len(self.events)

    @property
    def today(self) -> date:
        return day_in_zone(self.now, self.info.time_zone)

    def record(self, command: Command) -> RecordedEvent:
        """Decides a command and records its event. Raises what the rules refuse it with."""
        [proposed] = decide(command, self.states, Context(ledger_id=self.info.ledger_id, today=self.today, actor=CLERK))
        return self._append(proposed, command, type_name(proposed.data))

    def try_record(self, command: Command) -> RecordedEvent | None:
        """The event of a command, or None when it is refused."""
        try:
            return self.record(command)
        except Refusal:
            return None

    def record_foreign(self, tags: tuple[str, ...] = ("x-order:1",)) -> RecordedEvent:
        """Records an event that no rule and no figure knows."""
        proposed = ProposedEvent(data=ForeignFact(base64="eA=="), tags=tags)
        return self._append(proposed, None, f"{FOREIGN_PREFIX}thing-done")

    def _append(self, proposed: ProposedEvent, command: Command | None, name: str) -> RecordedEvent:
        position = self.head + 1
        self.tag_counts.update(proposed.tags)
        identity = command_id(self.info.ledger_id, CLERK.subject, f"key-{position}")
        event = RecordedEvent(
            ledger=self.info.ledger_id,
            position=position,
            id=event_id(identity, 0),
            type=name,
            tags={tag: self.tag_counts[tag] for tag in proposed.tags},
            effective_date=command.effective_date if command else self.today,
            date_precision=command.date_precision if command else DatePrecision.DAY,
            recorded_at=self.now,
            actor=CLERK,
            command_id=identity,
            command_hash=command_hash(command) if command else "0" * 64,
            correlation_id=command.correlation_id if command else None,
            causation_id=None,
            corrects=proposed.corrects,
            basis=command.basis if command else Basis.RECORDED,
            source=command.source if command else None,
            data=proposed.data,
            private={},
            leaf_hash=b"",
        )
        entry = encode_entry(event, encode_data(event.data))
        self._adopt(event._replace(leaf_hash=leaf_hash(entry)), entry)
        return self.events[-1]

    def _adopt(self, event: RecordedEvent, entry: bytes) -> None:
        self.events.append(event)
        self.entries.append(entry)
        self.now += STEP
        if event.type.startswith(FOREIGN_PREFIX):
            return
        for tag in event.tags:
            self.states[tag] = evolve(tag, self.states.get(tag), effect_of(event))
        self.states[event_key(event.id)] = EventState(event)
        for corrected in corrected_events(event):
            key = event_key(corrected)
            self.states[key] = evolve_event_state(self.states[key], event)


class MemoryFeed:
    """See ports.EventFeed."""

    def __init__(self) -> None:
        self.logs: dict[str, MemoryLog] = {}

    def open(self, ledger_id: str = "qingshi", time_zone: str = "Asia/Shanghai", at: datetime = START) -> MemoryLog:
        """Opens a ledger at an instant."""
        request = OpenLedger(ledger_id=ledger_id, name="青石县财政局", time_zone=time_zone)
        info = LedgerInfo(
            ledger_id=ledger_id,
            name=request.name,
            currency=request.currency,
            time_zone=time_zone,
            region_code=None,
            demo=False,
            log_id="0" * 32,
            opened_at=at,
            position=0,
        )
        log = self.logs[ledger_id] = MemoryLog(info=info, now=at)
        log._append(decide_ledger(request, log_id=info.log_id, demo=False), None, "ledger-opened.v1")
        return log

    def ledgers(self) -> list[LedgerInfo]:
        return [self.ledger(ledger_id) for ledger_id in sorted(self.logs)]

    def heads(self) -> dict[str, int]:
        return {ledger_id: self.logs[ledger_id].head for ledger_id in sorted(self.logs)}

    def ledger(self, ledger_id: str) -> LedgerInfo:
        log = self._log(ledger_id)
        return replace(log.info, position=log.head)

    def head(self, ledger_id: str) -> int:
        return self._log(ledger_id).head

    def reach(self, ledger_id: str, *, known_at: datetime | None = None, position: int | None = None) -> Reach:
        head = self.head(ledger_id)
        if known_at is not None:
            position = sum(event.recorded_at <= known_at for event in self._log(ledger_id).events)
        place = head if position is None else position
        return Reach(place, self.recorded_at(ledger_id, place), head)

    def recorded_at(self, ledger_id: str, position: int) -> datetime | None:
        event = self.event(ledger_id, position)
        return event.recorded_at if event else None

    def page(self, ledger_id: str, *, after: int, limit: int) -> list[RecordedEvent]:
        return list(self.follow(ledger_id, after=after, limit=limit))

    def follow(self, ledger_id: str, *, after: int, limit: int) -> Iterator[RecordedEvent]:
        return iter(self._log(ledger_id).events[after : after + limit])

    def find(self, ledger_id: str, query: EventQuery) -> list[RecordedEvent]:
        found = [event for event in self._log(ledger_id).events if _matches(event, query)]
        if query.by_effective_date:
            found.sort(key=_place)
        elif query.newest_first:
            found.reverse()
        return found[: query.limit]

    def event(self, ledger_id: str, position: int) -> RecordedEvent | None:
        events = self._log(ledger_id).events
        return events[position - 1] if 1 <= position <= len(events) else None

    def entry(self, ledger_id: str, position: int) -> bytes | None:
        entries = self._log(ledger_id).entries
        return entries[position - 1] if 1 <= position <= len(entries) else None

    def reversed_by(self, ledger_id: str, events: Sequence[RecordedEvent], until: int) -> dict[str, int]:
        wanted = {event.id for event in events}
        return {
            event.corrects: event.position
            for event in self._log(ledger_id).events[:until]
            if isinstance(event.data, EventReversed) and event.corrects in wanted
        }

    def count_by_day(
        self, ledger_id: str, *, after: int, until: int, tags: Sequence[str] | None = None
    ) -> dict[date, int]:
        events = self._log(ledger_id).events[after:until]
        if tags is None:
            return Counter(event.effective_date for event in events)
        return Counter(event.effective_date for event in events for tag in tags if tag in event.tags)

    def changed_between(
        self, ledger_id: str, tag_prefix: str, one: Coordinates, other: Coordinates
    ) -> list[tuple[str, int]]:
        return sorted(
            (tag, event.position)
            for event in self._log(ledger_id).events
            if _counts(event, one) != _counts(event, other)
            for tag in event.tags
            if tag.startswith(tag_prefix)
        )

    def _log(self, ledger_id: str) -> MemoryLog:
        if ledger_id not in self.logs:
            raise UnknownLedger
        return self.logs[ledger_id]


def _place(event: RecordedEvent) -> tuple[date, int]:
    return event.effective_date, event.position


def _counts(event: RecordedEvent, at: Coordinates) -> bool:
    return event.effective_date <= at.as_of and event.position <= at.position


def _matches(event: RecordedEvent, query: EventQuery) -> bool:
    return (
        query.after < event.position <= query.until
        and all(tag in event.tags for tag in query.tags)
        and (not query.types or event.type in query.types)
        and (query.effective_from is None or event.effective_date >= query.effective_from)
        and query.event_id in {None, event.id}
        and (query.effective_until is None or event.effective_date <= query.effective_until)
        and (query.after_effective is None or _place(event) > query.after_effective)
    )
