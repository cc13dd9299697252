"""What a service does now and then beside its requests."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

_logger = structlog.get_logger(__name__)


@contextmanager
def recurring(name: str, task: Callable[[], None], interval_s: float, *, at_once: bool = False) -> Iterator[None]:
    """Does the task in a thread of its own, every so many seconds, while the block runs; ends after the one under way.

    A task that fails is logged and done again the next time.
    """
    stop = threading.Event()

    def run() -> None:
        if not at_once and stop.wait(interval_s):
            return
        while True:
            try:
                task()
            except Exception:
                _logger.exception("recurring-task-failed", task=name)
            if stop.wait(interval_s):
                return

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
