"""How often something may happen for each of many callers: token buckets, in bounded memory."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

MOST_REMEMBERED: Final = 10_000


class _Bucket(NamedTuple):
    tokens: float
    at_s: float


class Buckets:
    """Each name may take `capacity` tokens at once, and one more every `refill_s` seconds.

    Of more than ten thousand names those that took nothing for longest are forgotten. For one thread alone.
    """

    def __init__(self, capacity: int, refill_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._capacity = capacity
        self._refill_s = refill_s
        self._now = now
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, name: str) -> bool:
        """Whether the name had a token; it has one less now."""
        tokens, now = self._tokens(name), self._now()
        has_one = tokens >= 1
        self._buckets[name] = _Bucket(tokens - 1 if has_one else tokens, now)
        self._buckets.move_to_end(name)
        if len(self._buckets) > MOST_REMEMBERED:
            self._buckets.popitem(last=False)
        return has_one

    def is_empty(self, name: str) -> bool:
        """Whether the name has no token now."""
        return self._tokens(name) < 1

    def wait_s(self, name: str) -> int:
        """In how many seconds, rounded up, the name has a token again; at least 1."""
        return max(1, math.ceil((1 - self._tokens(name)) * self._refill_s))

    def _tokens(self, name: str) -> float:
        bucket = self._buckets.get(name)
        if bucket is None:
            return self._capacity
        return min(self._capacity, bucket.tokens + (self._now() - bucket.at_s) / self._refill_s)
