"""Opening a ledger."""

from domain.event import LedgerOpened, ProposedEvent
from domain.ledger import CURRENCIES, OpenLedger, decide_ledger
from tests.support.scenario import given


def test_a_ledger_is_opened_with_its_defaults_filled_in() -> None:
    proposed = decide_ledger(OpenLedger(ledger_id="qingshi", name="青石县财政局"), log_id="ab" * 16, demo=False)
    opened = LedgerOpened(
        name="青石县财政局",
        currency="CNY",
        time_zone="Asia/Shanghai",
        region_code=None,
        demo=False,
        log_id="ab" * 16,
    )
    assert proposed == ProposedEvent(data=opened, tags=("ledger:qingshi",), corrects=None)


def test_its_opening_is_the_first_event_of_a_ledger() -> None:
    first = given().ledger.events[0]
    assert (first.position, first.type, first.tags) == (1, "ledger-opened.v1", {"ledger:qingshi": 1})


def test_there_is_one_currency() -> None:
    assert CURRENCIES == ("CNY",)
