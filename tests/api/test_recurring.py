"""What is done again and again beside the requests."""

import threading

from api.recurring import recurring

DEADLINE_S = 30.0
HOUR_S = 3_600.0


def test_a_task_is_done_again_and_again_until_the_block_is_left() -> None:
    done = threading.Semaphore(0)
    with recurring("task", done.release, 0.001):
        for _ in range(3):
            assert done.acquire(timeout=DEADLINE_S)
    names = {thread.name for thread in threading.enumerate()}
    assert "task" not in names


def test_the_first_time_is_after_one_interval_or_at_once() -> None:
    times: list[str] = []
    first = threading.Event()

    def task() -> None:
        times.append("now")
        first.set()

    with recurring("later", lambda: times.append("later"), HOUR_S), recurring("now", task, HOUR_S, at_once=True):
        assert first.wait(DEADLINE_S)
    assert times == ["now"]


def test_a_task_that_fails_is_done_again() -> None:
    done = threading.Semaphore(0)

    def task() -> None:
        done.release()
        raise ValueError

    with recurring("failing", task, 0.001):
        for _ in range(2):
            assert done.acquire(timeout=DEADLINE_S)
