"""One level of a verification: what was compared, what came of it, and how long that took."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from time import perf_counter
from typing import NamedTuple

from api.console.asked import Asked
from api.console.inside import Refused


class Verdict(StrEnum):
    """What came of a check."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"
    """There is nothing to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One check: what it holds against what, what came of it, and the figures that were compared."""

    title: str
    compared: str
    verdict: Verdict
    said: str
    figures: Sequence[tuple[str, str]] = field(default=())


class Timed(NamedTuple):
    """A level, and the milliseconds that it took."""

    level: Level
    taken_ms: float


async def timed(asked: Asked, check: Awaitable[Level]) -> Timed:
    """The level once it is checked; what the interface refused meanwhile is said in its place."""
    begin = perf_counter()
    try:
        level = await check
    except Refused as refused:
        title, said = asked.say("这一级未能核对"), str(refused.problem.get("title") or refused.status)
        level = Level(title=title, compared="", verdict=Verdict.UNKNOWN, said=said)
    return Timed(level, (perf_counter() - begin) * 1e3)
