"""Every refusal, each with its own class and code.

FundtrailError
├── Refusal                        a command (or a read) is refused; nothing was written
│   ├── DateOutOfRange, TooLarge, EvidenceTooLarge, AmountOutOfRange, MaximumSum, OverrunNotNeeded    value (422)
│   ├── AlreadyExists, Unknown*    what the command names
│   ├── DuplicateVoucher, ScoreExists, HasIndicators, OpeningNotFirst
│   ├── StatusNotAllowed, Finalised, DateBeforeRegistration, DateBeforeOriginal
│   ├── AlreadyReversed, NotReversible, InUse, HasReturns, NoPrivateValues
│   ├── OverAllocated, BelowDisbursed, InsufficientFunds, ReturnExceedsDisbursement  amounts
│   ├── ScoreAboveMaximum, ScoresMissing
│   ├── IdempotencyKeyReused
│   └── Denied                     OutsideUnits, ApproverNeeded: whoever asks may not (403)
└── Unavailable                    not decided now; a retry with the same key settles it (503)
    └── QueueFull, ServiceStopping, ClockBehind, ClockAhead, OutcomeUnknown, DatabaseUnavailable, StorageFull,
        AccessLogUnavailable, LogDamaged, CheckpointBehind, ProjectionBehind, ProjectionStalled

A refusal's `figures` explain it; amounts in them are yuan text. Refusals never carry input that was not understood.
Where `position` would be that of an event which the same submission makes and which is not written (a dry run, or a
batch that is refused as a whole), `other_index` stands in its place: the index of the item that makes it, from 0.
"""

from typing import ClassVar

from domain.money import format_hundredths

Figure = str | int | None


class FundtrailError(Exception):
    """Root of everything this service says no with."""


class Refusal(FundtrailError):
    """A command that is not accepted. `pointer` is the JSON pointer of the field it concerns, "" for the whole."""

    code: ClassVar[str]

    def __init__(self, pointer: str = "", **figures: Figure) -> None:
        super().__init__(self.code)
        self.pointer = pointer
        self.figures = figures


class AmountRefusal(Refusal):
    """A refusal whose figures are all amounts or points, given in fen or hundredths."""

    def __init__(self, pointer: str = "/amount", **amounts: int) -> None:
        super().__init__(pointer, **{name: format_hundredths(value) for name, value in amounts.items()})


class ValueRefusal(Refusal):
    """The value itself cannot be right, whatever the ledger holds."""


class DateOutOfRange(ValueRefusal):
    """Effective date before 1980-01-01 or after today in the ledger's zone. Figures: earliest, latest."""

    code = "date-out-of-range"


class TooLarge(ValueRefusal):
    """The stored data of the event would be over its limit. Figures: size_bytes, limit_bytes."""

    code = "too-large"


class AmountOutOfRange(AmountRefusal, ValueRefusal):
    """A sum would leave 2^53 - 1 fen. Figures: sum, limit."""

    code = "amount-out-of-range"


class EvidenceTooLarge(ValueRefusal):
    """A bundle would hold more entries than one may; the export of the log holds them all. Figures: entries, limit."""

    code = "evidence-too-large"


class MaximumSum(AmountRefusal, ValueRefusal):
    """All indicators have a maximum and they do not sum to 100. Figures: sum."""

    code = "maximum-sum"


class OverrunNotNeeded(AmountRefusal, ValueRefusal):
    """The disbursement is covered, so it must not claim an overrun. Figures: available, requested."""

    code = "overrun-not-needed"


class AlreadyExists(Refusal):
    """The id is used, also when its registration was reversed."""

    code = "already-exists"


class Unknown(Refusal):
    """The command names something the ledger does not hold (or whose registration was reversed)."""


class UnknownLedger(Unknown):
    """No such ledger."""

    code = "unknown-ledger"


class UnknownUnit(Unknown):
    """No such unit."""

    code = "unknown-unit"


class UnknownAppropriation(Unknown):
    """No such appropriation."""

    code = "unknown-appropriation"


class UnknownProject(Unknown):
    """No such project."""

    code = "unknown-project"


class UnknownLine(Unknown):
    """No such budget line."""

    code = "unknown-line"


class UnknownEvaluation(Unknown):
    """No such evaluation."""

    code = "unknown-evaluation"


class UnknownIndicator(Unknown):
    """The evaluation has no such indicator."""

    code = "unknown-indicator"


class UnknownEvent(Unknown):
    """No such event."""

    code = "unknown-event"


class UnknownCheckpoint(Unknown):
    """The log has signed no such checkpoint (yet)."""

    code = "unknown-checkpoint"


class UnknownTile(Unknown):
    """The path names no tile of the log's tree, or one that the log does not reach yet."""

    code = "unknown-tile"


class UnknownDisbursement(Unknown):
    """The event named is no disbursement of this ledger."""

    code = "unknown-disbursement"


class DuplicateVoucher(Refusal):
    """An unreversed disbursement of this line and year bears the voucher number. Figures: position."""

    code = "duplicate-voucher"


class ScoreExists(Refusal):
    """The indicator (or an evaluation without indicators) is scored already: adjust it instead."""

    code = "score-exists"


class HasIndicators(Refusal):
    """The evaluation has indicators, so its total follows from their scores."""

    code = "has-indicators"


class OpeningNotFirst(Refusal):
    """An opening balance is only the first money fact of its line."""

    code = "opening-not-first"


class StatusNotAllowed(Refusal):
    """The project was cancelled or demolished on or before that date. Figures: ended_on."""

    code = "status-not-allowed"


class Finalised(Refusal):
    """The evaluation is final; only its finalisation can be reversed."""

    code = "finalised"


class DateBeforeRegistration(Refusal):
    """The fact is dated before something it names. Figures: registered_on."""

    code = "date-before-registration"


class DateBeforeOriginal(Refusal):
    """The fact is dated before the one it corrects. Figures: original_date."""

    code = "date-before-original"


class AlreadyReversed(Refusal):
    """The event was reversed before. Figures: position of that reversal."""

    code = "already-reversed"


class NotReversible(Refusal):
    """Reversals, the opening of a ledger and facts about the log itself cannot be reversed."""

    code = "not-reversible"


class InUse(Refusal):
    """Later facts rest on the event; reverse those first. Figures, where known: count, position, last_on."""

    code = "in-use"


class HasReturns(AmountRefusal):
    """Returns of the disbursement stand; reverse those first. Figures: returned."""

    code = "has-returns"


class NoPrivateValues(Refusal):
    """The event was recorded without private fields, so there is nothing to erase. Figures: position."""

    code = "no-private-values"


class OverAllocated(AmountRefusal):
    """More than the appropriation has left. Figures: unallocated, requested."""

    code = "over-allocated"


class BelowDisbursed(AmountRefusal):
    """More than the line has left to take away. Figures: available, requested."""

    code = "below-disbursed"


class InsufficientFunds(AmountRefusal):
    """More than the line has available. Figures: available, requested."""

    code = "insufficient-funds"


class ReturnExceedsDisbursement(AmountRefusal):
    """More than is left of the disbursement. Figures: disbursed, returned, requested."""

    code = "return-exceeds-disbursement"


class ScoreAboveMaximum(AmountRefusal):
    """The score is above the indicator's maximum. Figures: maximum, requested."""

    code = "score-above-maximum"


class ScoresMissing(Refusal):
    """Not every indicator has a score (or there is no result). Figures: missing, a count."""

    code = "scores-missing"


class IdempotencyKeyReused(ValueRefusal):
    """The key stands for another command of the same caller."""

    code = "idempotency-key-reused"


class Denied(Refusal):
    """The caller may not, whatever the ledger holds."""


class OutsideUnits(Denied):
    """The grant is limited to units, and the command or read is about something else, or about nothing there is."""

    code = "outside-units"


class ApproverNeeded(Denied):
    """Spending above what is available, also on a line taken over, and erasing private values, take an approver."""

    code = "approver-needed"


class Unavailable(FundtrailError):
    """Not decided or not readable now."""

    code: ClassVar[str]


class QueueFull(Unavailable):
    """Too many commands wait for this ledger."""

    code = "queue-full"


class ClockBehind(Unavailable):
    """The machine's clock is more than 5 s behind what the log last recorded."""

    code = "clock-behind"


class ClockAhead(Unavailable):
    """The machine's clock is more than 60 s ahead of the database's: nothing is recorded under a time to come."""

    code = "clock-ahead"


class ServiceStopping(Unavailable):
    """The service is about to end: what is under way is finished, nothing new is begun."""

    code = "service-stopping"


class DatabaseUnavailable(Unavailable):
    """The database does not answer, or ended the work before its commit: nothing was recorded."""

    code = "database-unavailable"


class StorageFull(Unavailable):
    """The database has no room: nothing was recorded. Reads go on, and so do writes once there is room again."""

    code = "storage-full"


class OutcomeUnknown(Unavailable):
    """The commit may or may not have happened; the same key tells."""

    code = "outcome-unknown"


class AccessLogUnavailable(Unavailable):
    """The access log cannot be written or read; a refusal that is not written down is not answered."""

    code = "access-log-unavailable"


class LogDamaged(Unavailable):
    """Tiles of the log's tree are missing, or rows stand where the next ones belong: `fundtrail verify` says which."""

    code = "log-damaged"


class LogKeysUnusable(Unavailable):
    """A file of the log's keys is damaged, or others could read it: the service's log says which."""

    code = "log-keys-unusable"


class CheckpointBehind(Unavailable):
    """No checkpoint covers the position (yet): none is signed here, or the log was refused its signature."""

    code = "checkpoint-behind"


class ProjectionBehind(Unavailable):
    """The views did not reach the position of the request in time."""

    code = "projection-behind"


class ProjectionStalled(Unavailable):
    """A view halted at an event that it cannot take in, before the position of the request: `/readyz` says where."""

    code = "projection-stalled"
