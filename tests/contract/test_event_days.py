"""How many events took effect on each day, on each kind of database: of all of them, and of the lines of some units."""

from api.event_days import EventDays
from tests.support.commands import DAY, disburse, ready_line
from tests.support.ledger import LEDGER, Ledger

OF_THE_LINE = 2
"""Opening it, and money for it."""


def test_the_events_of_a_units_lines_are_counted_apart(ledger: Ledger) -> None:
    ledger.submit(*ready_line())
    days = EventDays(ledger.feed)
    head = ledger.feed.head(LEDGER)
    assert sum(days.until(LEDGER, head).values()) == head
    assert days.until(LEDGER, head, frozenset({"U1", "U9"})) == {DAY: OF_THE_LINE}
    assert days.until(LEDGER, head, frozenset({"U9"})) == {}
    ledger.submit(disburse(100, "1"))
    assert days.until(LEDGER, head + 1, frozenset({"U1", "U9"})) == {DAY: OF_THE_LINE + 1}
    assert days.until(LEDGER, head, frozenset({"U1", "U9"})) == {DAY: OF_THE_LINE}


def test_the_events_of_more_lines_than_one_question_names_are_counted(ledger: Ledger) -> None:
    ledger.submit(*ready_line())
    tags = ["line:L1", *(f"line:X{number}" for number in range(1_000))]
    head = ledger.feed.head(LEDGER)
    assert ledger.feed.count_by_day(LEDGER, after=0, until=head, tags=tags) == {DAY: OF_THE_LINE}
    assert ledger.feed.count_by_day(LEDGER, after=0, until=head, tags=tags[::-1]) == {DAY: OF_THE_LINE}
