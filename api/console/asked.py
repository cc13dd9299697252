"""What the maker of a page is given: the reader's place, the page's own parameters, and the interface to ask."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request

from api.console.inside import Inside, Parameters
from api.console.reach import may_ask, may_open
from api.console.scope import Scope
from api.console.table import Table
from api.console.texts import translations_of
from api.console.view import UNIT_NAMES, View
from api.console.words import event_type, word
from domain.access import Principal

EVERY_ROW: Final = 1000
"""The largest page the interface gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request for a page of a ledger; its view is resolved. `values` are the page's own parameters, read.

    `here` are the coordinates of the page as the interface echoes them, with the root of the log up to there; `caller`
    is who looks at it. `scope` is what of the ledger the caller sees; None where that is all, or the page shows none.
    """

    request: Request
    inside: Inside
    view: View
    values: Mapping[str, Any]
    here: Mapping[str, Any]
    caller: Principal
    scope: Scope | None = None

    @property
    def is_for_file(self) -> bool:
        """Whether a table is asked for as a file: it holds every row, not those of one screen."""
        return "format" in self.request.path_params

    def path(self, name: str) -> str:
        """A part of the address that names a thing."""
        value: str = self.request.path_params[name]
        return value

    async def get(self, path: str, **parameters: Any) -> Any:
        """What the interface answers at the page's coordinates, below the ledger.

        Raises:
            Refused: it answered with a problem.
        """
        return await self.inside.get(self.address(path), {**self.view.coordinates(), **parameters})

    async def get_all(self, path: str, **parameters: Any) -> dict[str, Any]:
        """A list with the rows of all its pages, for a table that is shown or given away whole.

        Raises:
            Refused: as above.
        """
        first: dict[str, Any] = await self.get(path, limit=EVERY_ROW, **parameters)
        following = first["next"]
        while following is not None:
            page = await self.inside.get(*_split(following))
            first["items"] += page["items"]
            following = page["next"]
        return first

    async def together(self, *paths: str) -> list[Any]:
        """Several answers of `get`, in the order of the paths."""
        return list(await asyncio.gather(*(self.get(path) for path in paths)))

    def address(self, path: str) -> str:
        """The interface's address below the ledger."""
        return f"/v1/ledgers/{self.view.ledger_id}/{path}" if path else f"/v1/ledgers/{self.view.ledger_id}"

    def may(self, path: str) -> bool:
        """Whether the page at a path below the ledger would be shown to the caller."""
        return may_open(self.caller, self.view.ledger_id, path)

    def may_ask(self, route: str) -> bool:
        """Whether the interface lets the caller in to the route of that name; what it does not is not to be asked."""
        return may_ask(self.caller, self.view.ledger_id, route)

    def link(self, path: str, **parameters: str | int | None) -> str | None:
        """The address of a page below the ledger, seen from the same place; None where the caller may not follow it."""
        return self.view.url(path, **parameters) if self.may(path) else None

    def say(self, text: str, **figures: str | int) -> str:
        """The text in the reader's language, its names filled in."""
        translated = translations_of(self.view.language).gettext(text)
        return translated.format(**figures) if figures else translated

    def word(self, members: type[Enum], value: str | None) -> str:
        """What a word of a closed list is called."""
        return "" if value is None else self.say(word(members, value))

    def event_type(self, name: str) -> str:
        """What a type of event is called."""
        return self.say(event_type(name))

    @property
    def scope_said(self) -> str | None:
        """That the caller sees a part of the ledger, and which; None where it sees all."""
        return None if self.scope is None else self.scope.said(self.say)

    @property
    def unit_name(self) -> str:
        """What stands beside amounts."""
        return self.say(UNIT_NAMES[self.view.unit])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """Parts of a page that are sent one by one, as soon as each is there: what the template of one is given."""

    template: str
    each: AsyncIterator[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a page shows: its title, what its template is given, and the tables that can be taken away.

    `status` is that of the answer: a form with an error in it is not found to be in order. `earlier` are the
    coordinates, as the interface echoes them, of the other side of a page that compares; None: it shows one place.
    `pieces` come where the template says `<!-- pieces -->`.
    """

    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    status: int = 200
    earlier: Mapping[str, Any] | None = None
    pieces: Pieces | None = None


def _split(address: str) -> tuple[str, Parameters]:
    """A `next` of the interface, as path and parameters."""
    parts = urlsplit(address)
    return parts.path, parse_qs(parts.query)
