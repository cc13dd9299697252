"""Of which days a report is, and when it was drawn up."""

from typing import Any

from tests.support.console import Console


def head_of(console: Console, **place: Any) -> str:
    """What stands above the report."""
    return " ".join(console.open("reports/progress", **place).texts(".report-head div"))


def test_a_report_is_drawn_up_on_the_day_up_to_which_it_knows(console: Console) -> None:
    head = head_of(console, as_of="2023-06-30", known_at="2023-12-31")
    assert "截至2023-06-30" in head
    assert head.endswith("编制日期 2023-12-31")
    # At 18:30 in UTC the next day has begun in the ledger's zone.
    assert head_of(console, as_of="2023-06-30", known_at="2023-06-30T18:30:00.000000Z").endswith("编制日期 2023-07-01")


def test_a_position_is_known_from_when_it_was_recorded(console: Console) -> None:
    assert head_of(console, as_of="2023-12-31", at_position=3).endswith("编制日期 2024-01-02")
    assert head_of(console, as_of="2024-06-30", at_position=3).endswith("编制日期 2024-06-30")
