"""账套: one bureau's log, opened once, with one currency and one time zone."""

from dataclasses import dataclass
from typing import Final

from domain.boundary import Kind, key_of
from domain.event import LedgerOpened, ProposedEvent
from domain.shape import Identifier, Name

CURRENCIES: Final = ("CNY",)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLedger:
    """Request: a new ledger. Its fact is dated today in its own zone."""

    ledger_id: Identifier
    name: Name
    currency: str = "CNY"
    time_zone: str = "Asia/Shanghai"
    region_code: Identifier | None = None


def ledger_key(ledger_id: str) -> str:
    """Boundary key and tag of a ledger."""
    return key_of(Kind.LEDGER, ledger_id)


def decide_ledger(request: OpenLedger, *, log_id: str, demo: bool) -> ProposedEvent:
    """Opens a ledger; that its id is free is decided by the log itself, which holds one head for each."""
    fact = LedgerOpened(
        name=request.name,
        currency=request.currency,
        time_zone=request.time_zone,
        region_code=request.region_code,
        demo=demo,
        log_id=log_id,
    )
    return ProposedEvent(data=fact, tags=(ledger_key(request.ledger_id),))
