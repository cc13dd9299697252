"""How often the interpreter of a long-running process looks for garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_THRESHOLDS: Final = (200_000, 5, 50)


def settle_collector() -> None:
    """Looks for garbage less often, and never among what start-up made: most of a request's objects make no cycles.

    Measured: a list of 2,000 projects at new coordinates takes a quarter less processor time. With eight batches of
    1,000 commands under way, all of it alive, a first threshold of 50,000 cost 5 us a command and found nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


@contextmanager
def settled_collector() -> Iterator[None]:
    """As seldom while the block runs, for one long piece of work of a process that may go on with others."""
    before = gc.get_threshold()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
