"""Chance that can be had again: the seed is printed, and FUNDTRAIL_TEST_SEED sets it."""

import os
import random
import secrets

SEED_VARIABLE = "FUNDTRAIL_TEST_SEED"


def seeded(what: str) -> random.Random:
    """A source of chance for the named purpose; pytest shows the seed of a test that failed."""
    seed = int(os.environ.get(SEED_VARIABLE) or secrets.randbelow(1_000_000))
    print(f"{what}: {SEED_VARIABLE}={seed}")  # noqa: T201 (it is how a failing run is had again)
    return random.Random(seed)  # noqa: S311 (chance, not a secret)
