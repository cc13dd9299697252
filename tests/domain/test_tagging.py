"""The tags that an audit works out are those that the rules gave."""

from typing import Any

from domain.event import RecordedEvent, effect_of
from domain.registry import evolve
from domain.tagging import tags_of
from tests.support.builders import A_DIGEST, AN_EPOCH, disbursement, stated
from tests.support.evidence_log import opened_log, story_log
from tests.support.histories import FIRST_DAY, History
from tests.support.memory_feed import MemoryLog
from tests.support.scenario import Ledger
from tests.support.seeds import seeded


def states_before(events: list[RecordedEvent], position: int) -> dict[str, Any]:
    states: dict[str, Any] = {}
    for event in events[: position - 1]:
        effect = effect_of(event)
        for tag in event.tags:
            if not tag.startswith("x-"):
                states[tag] = evolve(tag, states.get(tag), effect)
    return states


def disagreeing(log: MemoryLog) -> list[RecordedEvent]:
    return [
        event for event in log.events if tags_of(event, states_before(log.events, event.position)) != event.tags.keys()
    ]


def test_every_event_of_random_histories_bears_what_follows_from_it() -> None:
    chance = seeded("histories of tags")
    for _ in range(20):
        log = opened_log()
        History(chance, log).live(60)
        assert disagreeing(log) == []


def test_so_does_the_story_with_digests_private_values_and_events_of_others() -> None:
    assert disagreeing(story_log()) == []


def test_what_the_service_states_bears_the_tag_of_its_ledger() -> None:
    ledger = Ledger.opened()
    for fact in (A_DIGEST, AN_EPOCH):
        assert tags_of(ledger.run(stated(fact)), {}) == {"ledger:qingshi"}


def test_a_payment_from_a_line_nobody_opened_names_the_line_all_the_same() -> None:
    log = opened_log()
    History(seeded("one history"), log).live(0)
    payment = log.record(disbursement("1.00", voucher="V9", at=FIRST_DAY))
    assert tags_of(payment, {}) == {"line:L1", "voucher:L1/2023/V9"}
