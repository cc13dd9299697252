"""Where a page stands: what its address leaves open or says in the words of a reader becomes coordinates."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from api.console.inside import Inside
from api.console.recorded_time import RecordedTime, in_zone, is_local, local_minute
from api.console.view import View
from domain.dates import parse_day


async def place_of(inside: Inside, view: View) -> tuple[View, Mapping[str, Any]]:
    """The view with its recorded times as instants or days, and its coordinates as the interface echoes them.

    Raises:
        Refused: the interface refused them.
    """
    ledger = f"/v1/ledgers/{view.ledger_id}"
    if is_local(view.known_at) or is_local(view.known_as):
        time_zone = (await inside.get(ledger))["time_zone"]
        view = replace(view, known_at=in_zone(view.known_at, time_zone), known_as=in_zone(view.known_as, time_zone))
    here = (await inside.get(f"{ledger}/units", {**view.coordinates(), "limit": 1}))["coordinates"]
    if view.known_as is not None and not await _means(inside, view.ledger_id, view.known_as, here["position"]):
        view = replace(view, known_as=None)
    return view, here


async def _means(inside: Inside, ledger_id: str, known_as: RecordedTime, position: int) -> bool:
    """Whether the position is what had been recorded by then, and that is not yet to come."""
    ledger = f"/v1/ledgers/{ledger_id}"
    text = View.text_of(known_as)
    identity, found = await asyncio.gather(
        inside.get(ledger), inside.get(f"{ledger}/units", {"known_at": text, "limit": 1})
    )
    then = found["coordinates"]
    day = known_as
    if isinstance(known_as, datetime):
        day = local_minute(known_as, identity["time_zone"]).date()
    return bool(then["position"] == position and day <= parse_day(then["as_of"]))
