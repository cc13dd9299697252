"""The facts that move money on a budget line, and how each one moves its sums: the only place that knows.

At every coordinate adjusted = disbursed + recovered + carried_out + available (carried_out is 0 in the first set).
"""

from dataclasses import dataclass
from enum import StrEnum
from operator import add
from operator import sub as subtract
from typing import Final, NamedTuple

from domain.shape import Amount, AmountOrZero, EventId, Identifier, Prose, Reference


class AllocationStage(StrEnum):
    """Initial budget of the year, or an addition to it."""

    INITIAL = "initial"
    ADDITIONAL = "additional"


class DisbursementKind(StrEnum):
    """A payment reaches its supplier or payee; a transfer (拨付) reaches an implementing body first."""

    PAYMENT = "payment"
    TRANSFER = "transfer"


class PaymentMethod(StrEnum):
    """How the treasury pays."""

    DIRECT = "direct"
    AUTHORISED = "authorised"
    ENTITY_ACCOUNT = "entity_account"
    SPECIAL_ACCOUNT = "special_account"


class RecoveryDestination(StrEnum):
    """Where unspent money goes back to; only `appropriation` makes it allocatable again."""

    TREASURY = "treasury"
    HIGHER_LEVEL = "higher_level"
    APPROPRIATION = "appropriation"
    NOT_STATED = "not_stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningBalanceRecorded:
    """A line taken over in mid-life: its sums so far. `adjusted` includes `initial` (None: no initial budget known)."""

    line_id: Identifier
    initial: AmountOrZero | None = None
    adjusted: AmountOrZero
    disbursed: AmountOrZero
    recovered: AmountOrZero


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsAllocated:
    """分配/下达 to a line. An initial allocation may be zero, an additional one not."""

    line_id: Identifier
    amount: AmountOrZero
    stage: AllocationStage
    document_no: Reference
    reason: Prose | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationReduced:
    """调减: allocated money taken back from a line before it was spent."""

    line_id: Identifier
    amount: Amount
    document_no: Reference
    reason: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrun:
    """By whose authority, and why, a disbursement exceeds what its line has available."""

    authority: Prose
    reason: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsDisbursed:
    """支出（支付）or 拨付 from a line. An overrun covers the whole disbursement."""

    line_id: Identifier
    amount: Amount
    kind: DisbursementKind = DisbursementKind.PAYMENT
    method: PaymentMethod | None = None
    voucher_no: Reference
    purpose: Prose | None = None
    overrun: Overrun | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedDisbursement:
    """Which disbursement money came back from, and its kind."""

    id: EventId
    position: int
    kind: DisbursementKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DisbursementReturned:
    """退回: money of one disbursement that came back to its line."""

    disbursement: ReturnedDisbursement
    line_id: Identifier
    amount: Amount
    reason: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsRecovered:
    """收回 of unspent money from a line."""

    line_id: Identifier
    amount: Amount
    destination: RecoveryDestination
    document_no: Reference


MoneyFact = (
    OpeningBalanceRecorded | FundsAllocated | AllocationReduced | FundsDisbursed | DisbursementReturned | FundsRecovered
)
MONEY_FACTS: Final = (
    OpeningBalanceRecorded,
    FundsAllocated,
    AllocationReduced,
    FundsDisbursed,
    DisbursementReturned,
    FundsRecovered,
)


class Flow(NamedTuple):
    """Sums, or changes of sums, of one account in fen; the two counts are numbers of facts.

    `initial_count` is the number of initial allocations and opening initials: with none there is no initial budget.
    `recovered_to_appropriation` is part of `recovered`, `transferred` part of `disbursed`.
    """

    received: int = 0
    initial: int = 0
    initial_count: int = 0
    adjusted: int = 0
    disbursed: int = 0
    transferred: int = 0
    recovered: int = 0
    recovered_to_appropriation: int = 0
    overrun_count: int = 0

    def plus(self, other: "Flow", sign: int = 1) -> "Flow":
        """The sum with other, or with sign -1 the difference."""
        # What `_make` does, without looking whether the sums are nine.
        return tuple.__new__(Flow, map(add if sign > 0 else subtract, self, other))

    @property
    def available(self) -> int:
        """可用余额 of a line, in fen; negative after an overrun or at an early date."""
        return self.adjusted - self.disbursed - self.recovered

    @property
    def allocated(self) -> int:
        """What an appropriation has given out to its lines, in fen."""
        return self.adjusted - self.recovered_to_appropriation

    @property
    def unallocated(self) -> int:
        """What an appropriation has left to allocate, in fen."""
        return self.received - self.allocated

    @property
    def initial_budget(self) -> int | None:
        """年初预算 in fen; None while no initial allocation or opening initial stands."""
        return self.initial if self.initial_count > 0 else None


FLOW_FIELDS: Final = Flow._fields
NO_FLOW: Final = Flow()


def flow_of(fact: MoneyFact) -> Flow:
    """How one money fact changes the sums of its line, its project and its appropriation."""
    match fact:
        case FundsDisbursed():
            transferred = fact.amount if fact.kind is DisbursementKind.TRANSFER else 0
            return Flow(disbursed=fact.amount, transferred=transferred, overrun_count=int(fact.overrun is not None))
        case DisbursementReturned():
            transferred = fact.amount if fact.disbursement.kind is DisbursementKind.TRANSFER else 0
            return Flow(disbursed=-fact.amount, transferred=-transferred)
        case FundsAllocated(stage=AllocationStage.INITIAL):
            return Flow(initial=fact.amount, initial_count=1, adjusted=fact.amount)
        case FundsAllocated():
            return Flow(adjusted=fact.amount)
        case AllocationReduced():
            return Flow(adjusted=-fact.amount)
        case FundsRecovered():
            to_appropriation = fact.destination is RecoveryDestination.APPROPRIATION
            return Flow(recovered=fact.amount, recovered_to_appropriation=fact.amount if to_appropriation else 0)
        case OpeningBalanceRecorded():
            return Flow(
                initial=fact.initial or 0,
                initial_count=int(fact.initial is not None),
                adjusted=fact.adjusted,
                disbursed=fact.disbursed,
                recovered=fact.recovered,
            )
