"""What is said of how far a piece of work is."""

import pytest

from api.progress import BYTES, ROWS, Figures, duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (3_599, "59 min 59 s"),
        (3_600, "1 h 00 min"),
        (90_059, "25 h 00 min"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_figures_name_rate_and_remaining_time() -> None:
    assert Figures(12_000, 108_000, 8_000.4).text(ROWS) == "12,000 of 108,000 rows, 8,000 rows/s, 12 s left"
    assert Figures(1_500_000, 3_000_000, 500_000).text(BYTES) == "1.5 of 3.0 MB, 0.5 MB/s, 3 s left"


def test_what_is_not_known_is_not_said() -> None:
    assert Figures(12_000, None, 800).text(ROWS) == "12,000 rows, 800 rows/s"
    assert Figures(0, 100, None).text(ROWS) == "0 of 100 rows"


def test_more_than_was_expected_leaves_no_time() -> None:
    assert Figures(110, 100, 10).text(ROWS) == "110 of 100 rows, 10 rows/s, 0 s left"
