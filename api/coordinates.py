"""Where a read stands: a business date, and a position of the log given as itself or as a recorded time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from api.cursors import Pin
from api.invalid import InvalidParameter
from api.ledgers import LedgerIdentity
from api.parameters import Parameter, day, instant_or_day, position
from api.wiring import Services
from domain.dates import end_of_day, format_instant, parse_day
from domain.ports import Coordinates

AS_OF: Final = day("as_of", "Business date, inclusive; today in the ledger's zone when it is not given.")
KNOWN_AT: Final = instant_or_day(
    "known_at", "What was recorded up to then: an instant, or a day (its end in the ledger's zone)."
)
AT_POSITION: Final = position("at_position", "What was recorded up to that position, inclusive. Not with known_at.")

RECORDED_TIME: Final[tuple[Parameter, ...]] = (KNOWN_AT, AT_POSITION)
BOTH_TIMES: Final[tuple[Parameter, ...]] = (AS_OF, *RECORDED_TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standpoint:
    """Resolved coordinates. `closed`: no later event can change an answer given from here.

    `known_at` is when the position was recorded; None for position 0. `root` is that of the tree up to the position.
    """

    ledger: LedgerIdentity
    at: Coordinates
    known_at: datetime | None
    closed: bool
    root: bytes

    def document(self, *, with_date: bool = True) -> dict[str, Any]:
        """As answers echo it."""
        known_at = format_instant(self.known_at) if self.known_at else None
        shown = {"as_of": self.at.as_of.isoformat()} if with_date else {}
        place = {"known_at": known_at, "position": self.at.position, "closed": self.closed}
        return {**shown, **place, "root": self.root.hex()}

    def pin(self) -> Pin:
        """As a cursor keeps it."""
        known_at = format_instant(self.known_at) if self.known_at else None
        return Pin(as_of=self.at.as_of.isoformat(), known_at=known_at, position=self.at.position, closed=self.closed)


def standpoint_of(
    services: Services, ledger: LedgerIdentity, parameters: Mapping[str, Any], prefix: str = ""
) -> Standpoint:
    """Where the parameters (with a prefix to their names, for a comparison) put the reader.

    Raises:
        InvalidParameter: both recorded time and position are given, or a position beyond the head.
    """
    as_of: date | None = parameters.get(f"{prefix}as_of")
    known_at: datetime | date | None = parameters.get(f"{prefix}known_at")
    wanted: int | None = parameters.get(_position_name(prefix))
    if known_at is not None and wanted is not None:
        raise InvalidParameter.of(f"{prefix}known_at", "exclusive", other=_position_name(prefix))
    until = None if known_at is None else end_of(known_at, ledger.time_zone)
    place = services.feed.reach(ledger.ledger_id, known_at=until, position=wanted)
    if place.position > place.head:
        raise InvalidParameter.of(_position_name(prefix), "beyond-head", head=place.head)
    return Standpoint(
        ledger=ledger,
        at=Coordinates(as_of=as_of or services.ledgers.today(ledger), position=place.position),
        known_at=place.recorded_at,
        closed=place.position < place.head or wanted is not None,
        root=services.transparency.roots.root(ledger.ledger_id, place.position, place.recorded_at),
    )


def pinned(services: Services, ledger: LedgerIdentity, pin: Pin) -> Standpoint:
    """Where the first page of a cursor stood."""
    recorded = services.feed.recorded_at(ledger.ledger_id, pin.position)
    return Standpoint(
        ledger=ledger,
        at=Coordinates(as_of=parse_day(pin.as_of), position=pin.position),
        known_at=recorded,
        closed=pin.closed,
        root=services.transparency.roots.root(ledger.ledger_id, pin.position, recorded),
    )


def end_of(known_at: datetime | date, time_zone: str) -> datetime:
    """The last instant that the recorded time includes."""
    if isinstance(known_at, datetime):
        return known_at
    try:
        return end_of_day(known_at, time_zone)
    except OverflowError:
        # The first and the last day of the calendar have no neighbour in some zones.
        return datetime(known_at.year, known_at.month, known_at.day, tzinfo=UTC)


def _position_name(prefix: str) -> str:
    return f"{prefix}position" if prefix else "at_position"
