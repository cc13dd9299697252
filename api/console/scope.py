"""Whose lines a caller sees whose grant is limited to units: said wherever it sees lists or sums.

The same address shows others more of it, at the same position and under the same root.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from api.console.inside import Inside
from api.console.texts import mark as _
from domain.access import Principal, Right

_SAID: Final = _("仅含{units}的项目指标与流水")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The units, at least one: their names by their ids."""

    names: Mapping[str, str]

    def listed(self, gettext: Callable[[str], str]) -> str:
        """The names, in the language that `gettext` gives."""
        return gettext("、").join(self.names.values())

    def said(self, gettext: Callable[[str], str]) -> str:
        """That nothing of other units is in what is shown."""
        return gettext(_SAID).format(units=self.listed(gettext))

    @property
    def in_file_name(self) -> str:
        """The first id, and how many others there are."""
        first, *others = self.names
        return f"{first}+{len(others)}" if others else first


async def scope_of(inside: Inside, caller: Principal, ledger_id: str) -> Scope | None:
    """What the caller sees of the ledger; None where that is all of it."""
    units = caller.units(Right.READ_LINES, ledger_id)
    if not units:
        return None
    address = f"/v1/ledgers/{ledger_id}/units"
    ids = sorted(units)
    # The grant is of today, so the names are, whatever day the page shows.
    found = await asyncio.gather(*(inside.get(address, {"unit_id": each}) for each in ids))
    named = {row["unit_id"]: row["name"] for each in found for row in each["items"]}
    return Scope(names={each: named.get(each, each) for each in ids})
