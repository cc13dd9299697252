"""How often the interpreter of a long-running process looks for garbage."""

import gc
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
