"""Looking through the log for a document number, a voucher number or a name, from the newest event back.

There is no index of texts: the database passes over stored entries that cannot hold the text, and what is left is
compared here, in plain spelling. A stretch of positions at a time, so that a search can end when its time is over.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, LargeBinary, Text, and_, cast, func, literal, or_, select

from adapters.event_log.encoding import decode_row
from adapters.event_log.tables import log_entry
from domain.appropriation import AppropriationReceived
from domain.budget_line import LineOpened
from domain.evaluation import EvaluationOpened
from domain.event import EventReversed, RecordedEvent
from domain.flow import DisbursementReturned, FundsDisbursed
from domain.identifiers import event_id_bytes
from domain.project import ProjectAmended, ProjectRegistered
from domain.registry import EVENT_TYPES
from domain.spelling import plain_spelling
from domain.unit import UnitRegistered

STRETCH: Final = 10_000
"""How many positions are looked through between two looks at the clock."""

ASKED_TOGETHER: Final = 500
"""How many payments are asked for in one statement."""

SEARCHED: Final = ("document_no", "voucher_no", "name")
OWN_ID: Final[Mapping[type, str]] = {
    UnitRegistered: "unit_id",
    AppropriationReceived: "appropriation_id",
    ProjectRegistered: "project_id",
    LineOpened: "line_id",
    EvaluationOpened: "evaluation_id",
}
"""An id is looked for where it was given; every later event of the thing bears its tag."""

AUTHORITY_OF_OVERRUN: Final = "overrun.authority"
"""The document by which a payment may exceed what was available: most often named by its number."""

VOUCHER_OF_PAYMENT: Final = "disbursement.voucher_no"
"""Where a return is found by the voucher of what it gives back: it has none of its own."""
_RETURNS: Final = tuple(name for name, data in EVENT_TYPES.items() if data is DisbursementReturned)
_REVERSALS: Final = tuple(name for name, data in EVENT_TYPES.items() if data is EventReversed)

_FULL_WIDTH: Final = (b"\xef\xbc", b"\xef\xbd")
"""How the full-width form of an ASCII character begins in UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An event, and the names of the fields in which the text was found."""

    event: RecordedEvent
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The newest first. Every position from `searched_from` up was looked at; 1: all of them."""

    items: tuple[Found, ...]
    searched_from: int


class LogSearch:
    """Looks through one log."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, ledger_id: str, wanted: str, *, until: int, limit: int, time_is_up: Callable[[], bool]) -> Findings:
        """Events up to a position (inclusive) in whose searched fields the text stands; `wanted` in plain spelling.

        It ends with the limit, or after the first stretch at whose end the time is up.
        """
        found: list[Found] = []
        first = until + 1
        while first > 1:
            last, first = first - 1, max(first - STRETCH, 1)
            for each in self._found_between(ledger_id, wanted, first, last):
                found.append(each)
                if len(found) == limit:
                    return Findings(items=tuple(found), searched_from=each.event.position)
            if time_is_up():
                break
        return Findings(items=tuple(found), searched_from=first)

    def event_of_id(self, ledger_id: str, event_id: str) -> RecordedEvent | None:
        """The event of that id, or None; the id is well formed."""
        statement = select(log_entry.c.position, log_entry.c.entry).where(
            log_entry.c.ledger_id == ledger_id, log_entry.c.event_id == event_id_bytes(event_id)
        )
        with self._engine.begin() as connection:
            row = connection.execute(statement).first()
        return None if row is None else decode_row(ledger_id, row.position, row.entry)

    def _found_between(self, ledger_id: str, wanted: str, first: int, last: int) -> Iterator[Found]:
        """Newest first."""
        dialect = self._engine.dialect.name
        within = and_(log_entry.c.ledger_id == ledger_id, log_entry.c.position.between(first, last))
        statement = select(log_entry.c.position, log_entry.c.entry).where(within)
        with self._engine.begin() as connection:
            entries = connection.execute(statement.where(_may_hold(wanted, dialect))).all()
            of_returns = connection.execute(statement.where(_is_of_return(dialect)))
            returns = [decode_row(ledger_id, position, entry) for position, entry in of_returns]
            paid = _payments_bearing(connection, ledger_id, wanted, filter(None, map(payment_of, returns)))
        found: dict[int, Found] = {}
        for position, entry in entries:
            event = decode_row(ledger_id, position, entry)
            fields = tuple(name for name, text in searched_texts(event) if wanted in plain_spelling(text))
            if fields:
                found[event.position] = Found(event=event, fields=fields)
        for event in returns:
            if payment_of(event) in paid:
                fields = found[event.position].fields if event.position in found else ()
                found[event.position] = Found(event=event, fields=(*fields, VOUCHER_OF_PAYMENT))
        yield from (found[position] for position in sorted(found, reverse=True))


def payment_of(event: RecordedEvent) -> int | None:
    """The position of the payment that an event gives back, or whose return it takes back; None of any other event."""
    fact: Any = event.data.fact if isinstance(event.data, EventReversed) else event.data
    return fact.disbursement.position if isinstance(fact, DisbursementReturned) else None


def searched_texts(event: RecordedEvent) -> Iterator[tuple[str, str]]:
    """The fields of an event in which a text is looked for; a reversal has those of the fact that it takes back."""
    fact: Any = event.data.fact if isinstance(event.data, EventReversed) else event.data
    values = {name: getattr(fact, name, None) for name in SEARCHED}
    if type(fact) in OWN_ID:
        values[OWN_ID[type(fact)]] = getattr(fact, OWN_ID[type(fact)])
    if isinstance(fact, ProjectAmended):
        values["name"] = fact.changes.get("name")
    if isinstance(fact, FundsDisbursed) and fact.overrun is not None:
        values[AUTHORITY_OF_OVERRUN] = fact.overrun.authority
    if event.source is not None:
        values["source.ref"] = event.source.ref
    yield from ((name, value) for name, value in values.items() if isinstance(value, str))


def _is_of_return(dialect: str) -> ColumnElement[bool]:
    """True of every return, and of every event that takes one back: it names the type of what it reverses."""
    names = [_text_of_entry(dialect).like(f"%{name}%") for name in _RETURNS]
    return or_(log_entry.c.type.in_(_RETURNS), and_(log_entry.c.type.in_(_REVERSALS), or_(*names)))


def _payments_bearing(connection: Connection, ledger_id: str, wanted: str, positions: Iterable[int]) -> set[int]:
    """Those of the payments in whose voucher number the text stands; asked for by their positions, some at a time."""
    asked, found = sorted(set(positions)), set()
    for begin in range(0, len(asked), ASKED_TOGETHER):
        statement = select(log_entry.c.position, log_entry.c.entry).where(
            log_entry.c.ledger_id == ledger_id,
            log_entry.c.position.in_(asked[begin : begin + ASKED_TOGETHER]),
            _may_hold(wanted, connection.dialect.name),
        )
        for position, entry in connection.execute(statement):
            event = decode_row(ledger_id, position, entry)
            if isinstance(event.data, FundsDisbursed) and wanted in plain_spelling(event.data.voucher_no):
                found.add(event.position)
    return found


def _may_hold(wanted: str, dialect: str) -> ColumnElement[bool]:
    """True of every entry in which the text may stand: its characters in their order, whatever is between them.

    Brackets have too many forms to be asked for; other ASCII characters have two, and an entry with any full-width
    character is let through if it has the rest.
    """
    text = _text_of_entry(dialect)
    characters = [each for each in wanted if each not in "()"]
    plain = text.like(_pattern(characters), escape="\\")
    rest = [each for each in characters if not each.isascii()]
    if len(rest) == len(characters):
        return plain
    return or_(plain, and_(_has_full_width(dialect), text.like(_pattern(rest), escape="\\")))


def _pattern(characters: list[str]) -> str:
    return "%" + "".join(f"\\{each}%" if each in "%_\\" else f"{each}%" for each in characters)


def _text_of_entry(dialect: str) -> ColumnElement[str]:
    """The entry as text with small ASCII letters, or compared as if it had."""
    if dialect == "sqlite":
        return cast(log_entry.c.entry, Text)
    return func.lower(func.convert_from(log_entry.c.entry, "UTF8").collate("C"))


def _has_full_width(dialect: str) -> ColumnElement[bool]:
    """Whether any character of that block stands in the entry."""
    entry = log_entry.c.entry
    if dialect == "sqlite":
        return or_(*(func.instr(entry, each) > 0 for each in _FULL_WIDTH))
    return or_(*(entry.bool_op("LIKE")(literal(b"%" + each + b"%", LargeBinary)) for each in _FULL_WIDTH))
