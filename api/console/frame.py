"""What stands around every page of a ledger: the menu, the two clocks over the density of events, and the evidence."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from api.console.asked import Asked
from api.console.evidence import Standing, standing_of
from api.console.figures import local_day
from api.console.form_parameters import recorded
from api.console.menu import Entry, menu_for
from api.console.recorded_time import shown_time
from domain.dates import parse_day

BAR_COUNT: Final = 60
OF_THE_LOG: Final = frozenset({"events", "search"})
"""Parts of the menu whose pages list entries of any business date, as far as they were recorded."""
OF_NOW: Final = frozenset({"refusals", "import"})
"""Those whose pages follow neither clock."""

Coordinates = Mapping[str, Any]
"""As the interface echoes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The days that the slider runs over, both inclusive, and how many events took effect around evenly spaced ones.

    `event_days` are the days with events, counted from `first`, ascending: the keys [ and ] go from one to the next.
    `heights` are parts of the largest, 0 to 1; `through` is how many of the parts begin at or before the business date.
    """

    first: date
    last: date
    heights: tuple[float, ...]
    through: int
    event_days: tuple[int, ...]

    @property
    def length(self) -> int:
        """The number of the last day; the first is 0."""
        return (self.last - self.first).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A place that figures of the page are of, and how well the log up to there is held."""

    here: Coordinates
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of one page. `here` is where the page stands, `now` today and the head.

    `later` is how many of the events known there, and seen by the caller, took effect after the business date.
    `known` is the recorded time that the reader named; where none was named, the day of the position.
    `sides` are the places of its figures: the one where it stands, behind the earlier one where it compares two.
    """

    ledger: Mapping[str, Any]
    section: str
    menu: Sequence[Entry]
    here: Coordinates
    now: Coordinates
    known: str
    is_known_named: bool
    later: int
    strip: Strip
    sides: Sequence[Side]

    @property
    def is_past(self) -> bool:
        """Whether either clock, of either side, stands before now."""
        return any(
            side.here["as_of"] < self.now["as_of"] or side.here["position"] < self.now["position"]
            for side in self.sides
        )

    @property
    def known_by(self) -> str:
        """Up to where the log is known, as people say it: the time that was named, else the position."""
        return self.known if self.is_known_named else f"#{self.here['position']}"

    @property
    def is_past_date(self) -> bool:
        """Whether the business date is before today."""
        as_of: str = self.here["as_of"]
        return as_of < str(self.now["as_of"])

    @property
    def is_of_the_log(self) -> bool:
        """Whether the page shows entries of any business date."""
        return self.section in OF_THE_LOG

    @property
    def is_of_now(self) -> bool:
        """Whether the page follows neither clock."""
        return self.section in OF_NOW

    @property
    def unseen(self) -> int:
        """How many events were recorded after what the page knows."""
        return int(self.now["position"]) - int(self.here["position"])


async def frame_of(asked: Asked, section: str, earlier: Coordinates | None) -> Frame:
    """The frame of a page in a part of the menu. `earlier`: see Content.

    Raises:
        Refused: the interface refused what the frame needs.
    """
    here = asked.here
    places = [here] if earlier is None else [earlier, here]
    ledger, latest, days, *standings = await asyncio.gather(
        asked.inside.get(asked.address("")),
        asked.inside.get(asked.address("units"), {"limit": 1}),
        _days(asked),
        *(standing_of(asked, place) for place in places),
    )
    now = latest["coordinates"]
    as_of, named = parse_day(str(here["as_of"])), asked.view.known_at or asked.view.known_as
    recorded_on = local_day(here["known_at"], ledger["time_zone"]) if here["known_at"] else str(now["as_of"])
    return Frame(
        ledger=ledger,
        section=section,
        menu=menu_for(asked.caller, asked.view.ledger_id),
        here=here,
        now=now,
        known=shown_time(named, ledger["time_zone"]) if named else recorded_on,
        is_known_named=named is not None,
        later=sum(count for day, count in days.items() if day > as_of),
        strip=strip_of(days, as_of, parse_day(str(now["as_of"]))),
        sides=[Side(here=place, standing=standing) for place, standing in zip(places, standings, strict=True)],
    )


async def _days(asked: Asked) -> Mapping[date, int]:
    """Events by day as known at the page; for who sees the lines of some units alone, those of these."""
    found = await asked.inside.get(asked.address("calendar"), recorded(asked))
    return {parse_day(each["effective_date"]): each["event_count"] for each in found["items"]}


def strip_of(days: Mapping[date, int], as_of: date, today: date) -> Strip:
    """The strip from the first day with an event to today, or to the business date where that lies outside of it."""
    first = min([*days, as_of, today - timedelta(days=1)])
    last = max(as_of, today)

    def part_of(day: date) -> int:
        # The first day stands at one end of the slider and the last at the other; so do their parts.
        return round(min(day - first, last - first) / (last - first) * (BAR_COUNT - 1))

    counts = [0] * BAR_COUNT
    for day, count in days.items():
        counts[part_of(day)] += count
    largest = max(counts) or 1
    return Strip(
        first=first,
        last=last,
        heights=tuple(count / largest for count in counts),
        through=part_of(as_of) + 1,
        event_days=tuple(sorted((day - first).days for day in days)),
    )
