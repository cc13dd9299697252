"""What can be added up of an account: sums of money, counts of what must be marked, granted points.

An account is the tag of a line (its money, and its marks), of an appropriation (what was received), of a project (the
marks of what concerns none of its lines) or of an evaluation (its points). Beyond that, what a project or an
appropriation has is the sum over its lines.
"""

from collections.abc import Iterable
from operator import add
from typing import Final, NamedTuple

from domain.appropriation import AppropriationReceived, appropriation_key
from domain.boundary import Kind
from domain.dates import LATE_AFTER_DAYS, day_in_zone
from domain.evaluation import PointsGranted, evaluation_key
from domain.event import EventReversed, ForeignFact, LedgerOpened, RecordedEvent, effect_of
from domain.flow import FLOW_FIELDS, Flow
from projections.rows import Flag

_LINE: Final = f"{Kind.LINE}:"
_MARKED_PREFIXES: Final = (_LINE, f"{Kind.PROJECT}:")
_UNMARKED: Final = (LedgerOpened, ForeignFact)
_LATE, _REVERSED = Flag.LATE_ENTRY, Flag.REVERSED_FACTS


class Measures(NamedTuple):
    """Sums, or changes of sums, of one account: those of domain.flow.Flow, numbers of facts, points in hundredths."""

    received: int = 0
    initial: int = 0
    initial_count: int = 0
    adjusted: int = 0
    disbursed: int = 0
    transferred: int = 0
    recovered: int = 0
    recovered_to_appropriation: int = 0
    overrun_count: int = 0
    late_count: int = 0
    reversal_count: int = 0
    points: int = 0

    @property
    def flow(self) -> Flow:
        """The sums of money."""
        return Flow._make(self[:_MONEY_COUNT])

    @property
    def marks(self) -> tuple[Flag, ...]:
        """What the counts say that a reader must not overlook."""
        if not (self.late_count or self.reversal_count):
            return ()
        return (_LATE,) * (self.late_count > 0) + (_REVERSED,) * (self.reversal_count > 0)

    def plus(self, other: "Measures") -> "Measures":
        """The sum with other."""
        # What `_make` does, without looking how many there are.
        return tuple.__new__(Measures, map(add, self, other))


MEASURES: Final = Measures._fields
NOTHING: Final = Measures()

_MONEY_COUNT: Final = len(FLOW_FIELDS)
assert MEASURES[:_MONEY_COUNT] == FLOW_FIELDS


class Change(NamedTuple):
    """What one event adds to an account on its business date (an ordinal day)."""

    account: str
    effective_day: int
    position: int
    measures: Measures


def changes_of(event: RecordedEvent, time_zone: str) -> list[Change]:
    """What an event adds, at most once to an account; a reversal takes away, on its own date."""
    _, fact, sign, flow = effect_of(event)
    late, reversal = marks_of(event, time_zone)
    day, position = event.effective_date.toordinal(), event.position
    if flow is not None:
        # What the class itself does, without a look at the names: this is done for each event of money.
        measures = tuple.__new__(Measures, (*flow, late, reversal, 0))
        # The tags decide, as for an auditor who adds up what bears the tag of a line.
        return [tuple.__new__(Change, (tag, day, position, measures)) for tag in event.tags if tag.startswith(_LINE)]
    changes = []
    if isinstance(fact, AppropriationReceived):
        received = Measures(received=sign * fact.amount)
        changes.append(Change(appropriation_key(fact.appropriation_id), day, position, received))
    if isinstance(fact, PointsGranted):
        changes.append(Change(evaluation_key(fact.evaluation_id), day, position, Measures(points=sign * fact.points)))
    if late or reversal:
        marks = Measures(late_count=late, reversal_count=reversal)
        changes.extend(Change(account, day, position, marks) for account in marked_by(event.tags))
    return changes


def marks_of(event: RecordedEvent, time_zone: str) -> tuple[int, int]:
    """Whether (1 or 0) the event is a late entry, and whether it takes another back."""
    if isinstance(event.data, _UNMARKED):
        return 0, 0
    return int(late_days(event, time_zone) > LATE_AFTER_DAYS), int(isinstance(event.data, EventReversed))


def marked_by(tags: Iterable[str]) -> list[str]:
    """The lines and projects among the tags."""
    return [tag for tag in tags if tag.startswith(_MARKED_PREFIXES)]


def late_days(event: RecordedEvent, time_zone: str) -> int:
    """Days from the effective date to the day of recording in the ledger's zone."""
    return (day_in_zone(event.recorded_at, time_zone) - event.effective_date).days
