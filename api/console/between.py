"""What lies between the two sides of a comparison: how many entries, and where all of them are listed."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from api.console.asked import Asked
from domain.dates import parse_day

Coordinates = Mapping[str, Any]
"""As the interface echoes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """`count` entries count on one side alone, and `of_no_project` of them concern no project.

    `beyond` were recorded between the sides and count on neither: their business date is later than that of both.
    `address` lists those that count; None where there are none.
    """

    count: int
    of_no_project: int
    beyond: int
    address: str | None


async def between_of(asked: Asked, before: Coordinates, after: Coordinates, of_projects: Collection[int]) -> Between:
    """The sides differ in one of their coordinates at most; `of_projects` are positions of the entries on projects."""
    counts = await asyncio.gather(*(_counted(asked, side) for side in (before, after)))
    count = abs(counts[1] - counts[0])
    first, last = sorted(int(side["position"]) for side in (before, after))
    return Between(
        count=count,
        of_no_project=count - len(of_projects),
        beyond=max(last - first - count, 0),
        address=_address(asked, before, after) if count else None,
    )


async def _counted(asked: Asked, side: Coordinates) -> int:
    """How many entries count there, whatever they are about."""
    found = await asked.inside.get(asked.address("calendar"), {"at_position": side["position"]})
    return sum(day["event_count"] for day in found["items"] if day["effective_date"] <= side["as_of"])


def _address(asked: Asked, before: Coordinates, after: Coordinates) -> str:
    """The list of the entries between, at the later of the two places where they were recorded."""
    first, last = sorted(int(side["position"]) for side in (before, after))
    earliest, latest = sorted(str(side["as_of"]) for side in (before, after))
    place = {} if last == after["position"] else {"known_at": None, "at_position": last}
    if first < last:
        return asked.view.url("events", **place, from_position=first + 1, until=latest)
    day_after = parse_day(earliest) + timedelta(days=1)
    return asked.view.url("events", **{"from": day_after.isoformat()}, until=latest)
