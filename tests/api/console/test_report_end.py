"""The rows of a report that stand on the sheet that is signed."""

from api.console.report import first_of_end


def test_the_rows_that_are_signed_do_not_begin_behind_a_heading_or_an_opening() -> None:
    names = ["heading", "opening", "detail", "heading", "opening", "subtotal", "subtotal", "total"]
    rows = [{"role": name} for name in names]
    assert first_of_end(rows) == 3
    assert first_of_end(rows[:4]) == 0
    assert first_of_end([]) == 0
