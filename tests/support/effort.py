"""How much a test of faults does: a little with every change, and all of it with `make test-faults`."""

import os
from typing import Final

IS_FULL: Final = os.environ.get("FUNDTRAIL_TEST_FAULTS") == "full"


def effort(quick: int, full: int) -> int:
    """How often, or how many: by what the run is for."""
    return full if IS_FULL else quick
