"""Reading the log. See ports.EventFeed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, FromClause, Select, and_, bindparam, exists, func, or_, select, tuple_

from adapters.event_log.bulk import as_stored
from adapters.event_log.encoding import decode_row, microseconds, recorded_instant
from adapters.event_log.foreign import Selection, matching
from adapters.event_log.store import chunks, head_of
from adapters.event_log.tables import IS_SAMPLE, SAMPLE_EVERY, ledger_head, log_entry, log_tag
from domain.errors import UnknownLedger
from domain.event import LedgerOpened, RecordedEvent
from domain.identifiers import event_id_bytes
from domain.ports import Coordinates, EventQuery, LedgerInfo, Reach
from domain.registry import EVENT_TYPES

# Statements that are asked for all the time are made once.
_OPENED: Final = ledger_head.join(
    log_entry, and_(log_entry.c.ledger_id == ledger_head.c.ledger_id, log_entry.c.position == 1)
)
"""Heads of ledgers that have a first entry."""
_OPENINGS: Final = (
    select(ledger_head.c.ledger_id, ledger_head.c.position, log_entry.c.entry)
    .select_from(_OPENED)
    .order_by(ledger_head.c.ledger_id)
)
_HEADS: Final = (
    select(ledger_head.c.ledger_id, ledger_head.c.position).select_from(_OPENED).order_by(ledger_head.c.ledger_id)
)
_OPENING: Final = _OPENINGS.where(ledger_head.c.ledger_id == bindparam("ledger"))
_UNTIL: Final = and_(log_entry.c.ledger_id == bindparam("ledger"), log_entry.c.recorded_at_us <= bindparam("until"))
_SAMPLE: Final = (
    select(log_entry.c.position)
    .where(_UNTIL, IS_SAMPLE)
    .order_by(log_entry.c.recorded_at_us.desc(), log_entry.c.position.desc())
    .limit(1)
    .scalar_subquery()
)
_LAST_UNTIL: Final = (
    # The next sample is later than the instant, so the last one before it is among those between.
    select(log_entry.c.position, log_entry.c.recorded_at_us)
    .where(_UNTIL, log_entry.c.position >= _SAMPLE, log_entry.c.position < _SAMPLE + SAMPLE_EVERY)
    .order_by(log_entry.c.position.desc())
    .limit(1)
)
_AT: Final = select(log_entry.c.position, log_entry.c.recorded_at_us).where(
    log_entry.c.ledger_id == bindparam("ledger"), log_entry.c.position == bindparam("position")
)
_PAGE: Final = (
    select(log_entry.c.position, log_entry.c.entry)
    .where(log_entry.c.ledger_id == bindparam("ledger"), log_entry.c.position > bindparam("after"))
    .order_by(log_entry.c.position)
    .limit(bindparam("limit"))
)


class SqlFeed:
    """See ports.EventFeed. Each call reads in a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ledgers(self) -> list[LedgerInfo]:
        """See EventFeed.ledgers."""
        with self._engine.begin() as connection:
            return [_info(*row) for row in connection.execute(_OPENINGS)]

    def heads(self) -> dict[str, int]:
        """See EventFeed.heads."""
        with self._engine.begin() as connection:
            return {row.ledger_id: row.position for row in connection.execute(_HEADS)}

    def ledger(self, ledger_id: str) -> LedgerInfo:
        """See EventFeed.ledger."""
        with self._engine.begin() as connection:
            row = connection.execute(_OPENING, {"ledger": ledger_id}).first()
        if row is None:
            raise UnknownLedger
        return _info(*row)

    def head(self, ledger_id: str) -> int:
        """See EventFeed.head."""
        with self._engine.begin() as connection:
            head = head_of(connection, ledger_id)
        if head is None:
            raise UnknownLedger
        return head.position

    def reach(self, ledger_id: str, *, known_at: datetime | None = None, position: int | None = None) -> Reach:
        """See EventFeed.reach."""
        with self._engine.begin() as connection:
            head = head_of(connection, ledger_id)
            if head is None:
                raise UnknownLedger
            found: Any = head
            if known_at is not None:
                until = {"ledger": ledger_id, "until": microseconds(known_at)}
                found = connection.execute(_LAST_UNTIL, until).first()
            elif position is not None:
                found = connection.execute(_AT, {"ledger": ledger_id, "position": position}).first()
        if found is None:
            return Reach(position or 0, None, head.position)
        return Reach(found.position, recorded_instant(found.recorded_at_us), head.position)

    def recorded_at(self, ledger_id: str, position: int) -> datetime | None:
        """See EventFeed.recorded_at."""
        with self._engine.begin() as connection:
            row = connection.execute(_AT, {"ledger": ledger_id, "position": position}).first()
        return recorded_instant(row.recorded_at_us) if row is not None else None

    def page(self, ledger_id: str, *, after: int, limit: int) -> list[RecordedEvent]:
        """See EventFeed.page."""
        return list(self.follow(ledger_id, after=after, limit=limit))

    def follow(self, ledger_id: str, *, after: int, limit: int) -> Iterator[RecordedEvent]:
        """See EventFeed.follow."""
        with self._engine.begin() as connection:
            rows = connection.execute(_PAGE, {"ledger": ledger_id, "after": after, "limit": limit}).all()
        return (decode_row(ledger_id, position, entry) for position, entry in rows)

    def find(self, ledger_id: str, query: EventQuery) -> list[RecordedEvent]:
        """See EventFeed.find. The first tag drives; its entries, and the other tags, are looked up by key."""
        driver: FromClause = log_tag.alias("driver") if query.tags else log_entry
        column = partial(_entry_column, driver)
        conditions = [
            driver.c.ledger_id == ledger_id,
            driver.c.position > query.after,
            driver.c.position <= query.until,
            *(_bears(driver, tag) for tag in query.tags[1:]),
        ]
        if query.tags:
            conditions.append(driver.c.tag == query.tags[0])
        if query.types:
            conditions.append(column("type").in_(query.types))
        if query.effective_from is not None:
            conditions.append(column("effective_date") >= query.effective_from)
        if query.event_id is not None:
            conditions.append(column("event_id") == event_id_bytes(query.event_id))
        if query.effective_until is not None:
            conditions.append(column("effective_date") <= query.effective_until)
        if query.after_effective is not None:
            conditions.append(tuple_(column("effective_date"), driver.c.position) > tuple_(*query.after_effective))
        statement = select(driver.c.position, column("entry")).where(*conditions)
        return self._events(ledger_id, statement.order_by(*_order(query, driver)).limit(query.limit))

    def event(self, ledger_id: str, position: int) -> RecordedEvent | None:
        """See EventFeed.event."""
        entry = self.entry(ledger_id, position)
        return decode_row(ledger_id, position, entry) if entry is not None else None

    def entry(self, ledger_id: str, position: int) -> bytes | None:
        """See EventFeed.entry."""
        statement = select(log_entry.c.entry).where(
            log_entry.c.ledger_id == ledger_id, log_entry.c.position == position
        )
        with self._engine.begin() as connection:
            entry: bytes | None = connection.execute(statement).scalar()
        return entry

    def reversed_by(self, ledger_id: str, events: Sequence[RecordedEvent], until: int) -> dict[str, int]:
        """See EventFeed.reversed_by."""
        found: dict[str, int] = {}
        with self._engine.begin() as connection:
            for chunk in chunks([event_id_bytes(event.id) for event in events]):
                statement = select(log_entry.c.corrects, log_entry.c.position).where(
                    log_entry.c.ledger_id == ledger_id,
                    as_stored(log_entry.c.corrects).in_(chunk),
                    log_entry.c.type.in_(_REVERSAL_TYPES),
                    log_entry.c.position <= until,
                )
                found |= {str(UUID(bytes=corrects)): position for corrects, position in connection.execute(statement)}
        return found

    def count_by_day(
        self, ledger_id: str, *, after: int, until: int, tags: Sequence[str] | None = None
    ) -> dict[date, int]:
        """See EventFeed.count_by_day."""
        statement = (
            select(log_entry.c.effective_date, func.count().label("event_count"))
            .where(log_entry.c.ledger_id == ledger_id, log_entry.c.position > after, log_entry.c.position <= until)
            .group_by(log_entry.c.effective_date)
        )
        of_entry = (log_tag.c.ledger_id == log_entry.c.ledger_id, log_tag.c.position == log_entry.c.position)
        bearing = statement.join(log_tag, and_(*of_entry))
        statements = [statement] if tags is None else [bearing.where(log_tag.c.tag.in_(some)) for some in chunks(tags)]
        found = Counter[date]()
        with self._engine.begin() as connection:
            for each in statements:
                found.update({row.effective_date: row.event_count for row in connection.execute(each)})
        return dict(found)

    def changed_between(
        self, ledger_id: str, tag_prefix: str, one: Coordinates, other: Coordinates
    ) -> list[tuple[str, int]]:
        """See EventFeed.changed_between."""
        statement = (
            select(log_tag.c.tag, log_tag.c.position)
            .join(
                log_entry,
                and_(log_entry.c.ledger_id == log_tag.c.ledger_id, log_entry.c.position == log_tag.c.position),
            )
            .where(
                log_tag.c.ledger_id == ledger_id,
                log_tag.c.tag >= tag_prefix,
                log_tag.c.tag < _after_prefix(tag_prefix),
                log_tag.c.position > (min(one.position, other.position) if one.as_of == other.as_of else 0),
                log_tag.c.position <= max(one.position, other.position),
                or_(
                    and_(_counts_at(one), ~_counts_at(other)),
                    and_(_counts_at(other), ~_counts_at(one)),
                ),
            )
            .order_by(log_tag.c.tag, log_tag.c.position)
        )
        with self._engine.begin() as connection:
            return [(tag, position) for tag, position in connection.execute(statement)]

    def matching(
        self, ledger_id: str, selections: tuple[Selection, ...], *, after: int, until: int | None, limit: int | None
    ) -> list[RecordedEvent]:
        """Events matching any of the selections (none given: all) after a position (exclusive), up to `until`."""
        statement = matching(ledger_id, selections, after)
        if until is not None:
            statement = statement.where(log_entry.c.position <= until)
        return self._events(ledger_id, statement if limit is None else statement.limit(limit))

    def _events(self, ledger_id: str, statement: Select[Any]) -> list[RecordedEvent]:
        """Of the rows of a statement, each a position and the bytes stored there."""
        with self._engine.begin() as connection:
            return [decode_row(ledger_id, position, entry) for position, entry in connection.execute(statement)]


_REVERSAL_TYPES = tuple(name for name in EVENT_TYPES if name.startswith("event-reversed."))


def _entry_column(driver: FromClause, name: str) -> ColumnElement[Any]:
    """A column of the driver's entry. A join would leave it to the planner to walk the whole log instead."""
    if driver is log_entry:
        return log_entry.c[name]
    own = (log_entry.c.ledger_id == driver.c.ledger_id, log_entry.c.position == driver.c.position)
    return select(log_entry.c[name]).where(*own).correlate(driver).scalar_subquery()


def _order(query: EventQuery, driver: FromClause) -> tuple[ColumnElement[Any], ...]:
    if query.by_effective_date:
        return _entry_column(driver, "effective_date"), driver.c.position
    return (driver.c.position.desc() if query.newest_first else driver.c.position,)


def _bears(driver: FromClause, tag: str) -> ColumnElement[bool]:
    """Whether the driver's event bears another tag as well."""
    other = log_tag.alias()
    same = (other.c.ledger_id == driver.c.ledger_id, other.c.position == driver.c.position)
    return exists().where(other.c.tag == tag, *same).correlate(driver)


def _info(ledger_id: str, position: int, entry: bytes) -> LedgerInfo:
    event = decode_row(ledger_id, 1, entry)
    opening = event.data
    assert isinstance(opening, LedgerOpened)
    return LedgerInfo(
        ledger_id=ledger_id,
        name=opening.name,
        currency=opening.currency,
        time_zone=opening.time_zone,
        region_code=opening.region_code,
        demo=opening.demo,
        log_id=opening.log_id,
        opened_at=event.recorded_at,
        position=position,
    )


def _counts_at(coordinates: Coordinates) -> ColumnElement[bool]:
    return and_(log_entry.c.effective_date <= coordinates.as_of, log_entry.c.position <= coordinates.position)


def _after_prefix(prefix: str) -> str:
    """The first text after every text with the prefix, in code point order."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
