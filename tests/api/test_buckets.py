"""How often something may happen for each of many callers."""

from api import buckets
from api.buckets import Buckets


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_name_takes_so_many_at_once_and_then_one_each_while() -> None:
    seconds = Seconds()
    limited = Buckets(3, 6.0, seconds)
    assert [limited.take("a") for _ in range(5)] == [True, True, True, False, False]
    assert limited.is_empty("a")
    assert limited.wait_s("a") == 6
    seconds.now_s = 5.0
    assert limited.wait_s("a") == 1
    assert not limited.take("a")
    seconds.now_s = 6.0
    assert limited.take("a")
    assert not limited.take("a")


def test_a_name_that_rests_has_no_more_than_at_first() -> None:
    seconds = Seconds()
    limited = Buckets(2, 1.0, seconds)
    limited.take("a")
    seconds.now_s = 1_000.0
    assert [limited.take("a") for _ in range(3)] == [True, True, False]


def test_names_do_not_take_from_each_other_and_are_not_all_remembered() -> None:
    limited = Buckets(1, 1.0, Seconds())
    for number in range(buckets.MOST_REMEMBERED + 5):
        assert limited.take(str(number))
    assert len(limited._buckets) == buckets.MOST_REMEMBERED
    assert not limited.take(str(buckets.MOST_REMEMBERED))
