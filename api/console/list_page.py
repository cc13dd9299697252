"""A page that lists rows of one kind: chosen by their fields, in any order, one screen at a time.

As a file the list has every row that is chosen, in every column.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from starlette.responses import RedirectResponse, Response

from api.console.asked import Asked, Content
from api.console.columns import columns_of
from api.console.filters import Filter, filters_of
from api.console.form_parameters import optional
from api.console.names import Names, names_on
from api.console.page import Page
from api.console.posted import refused
from api.console.signing_in import SEE_OTHER
from api.console.table import IN_AMOUNT_UNIT, Column, Row, Table
from api.console.texts import mark as _
from api.console.view import VIEW_PARAMETERS
from api.console.worded_choice import worded_choice
from api.invalid import InvalidParameter
from api.listing import LIMIT, parameters_of
from api.parameters import Parameter
from api.rendering.values import FLATTENED
from projections.listing import Collection

ROWS_SHOWN: Final = 50
CURSOR: Final = "cursor"
SORT: Final = "sort"
COLUMNS: Final = "columns"
EVERY_COLUMN: Final = "all"

_COLUMNS: Final = worded_choice(COLUMNS, "Which columns.", {EVERY_COLUMN: _("全部列")})

Columns = dict[str, Column]
Extend = Callable[[Asked, Sequence[Row]], Awaitable[Sequence[Row]]]


async def _as_found(_asked: Asked, rows: Sequence[Row]) -> Sequence[Row]:
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A list, as the interface has it at `path`.

    `first` are the columns that are shown unless all are asked for, in their order; the first of them stays in sight.
    `columns` adds to those of the fields, or changes them. `named` are the lists that have the names of what the rows
    hold ids of. `filters` stand open, the others behind them. `grouped` are fields whose words are found by grouping
    the lines, `extend` adds to the rows what the interface has elsewhere, and `note` is said below the table.
    """

    path: str
    title: str
    collection: Collection[Any]
    first: tuple[str, ...]
    filters: tuple[str, ...]
    columns: Callable[[Asked, Columns, Names], Columns]
    named: tuple[str, ...]
    note: str | None = None
    field_titles: Mapping[str, str] = field(default_factory=dict)
    grouped: tuple[str, ...] = ()
    extend: Extend = _as_found
    section: str | None = None

    def page(self) -> Page:
        """The page at the list's address."""
        return Page(
            name=self.path,
            path=self.path,
            make=self._make,
            template="list.html",
            section=self.section or self.path,
            parameters=_own_parameters(self.collection),
        )

    async def part_of(self, asked: Asked, **chosen: str) -> tuple[Table, bool]:
        """The rows with these values, in the columns that are shown first, on the page of something else.

        The second says whether these are all; in a file they are.
        """
        if asked.is_for_file:
            found = await asked.get_all(self.path, **chosen)
        else:
            found = await asked.get(self.path, limit=ROWS_SHOWN, **chosen)
        names = await self._names(asked)
        rows = await self.extend(asked, found["items"])
        columns = self.columns(asked, columns_of(asked, self.collection, names), names)
        return self._table(asked, [columns[name] for name in self.first], rows, found), found["next"] is None

    async def _make(self, asked: Asked) -> Content | Response:
        empty = [name for name, value in asked.view.own.items() if not value]
        if empty and not asked.is_for_file:
            # A form sends what was left blank too; the address that stays says only what was chosen.
            return RedirectResponse(asked.view.here(**dict.fromkeys(empty)), SEE_OTHER)
        # One after the other: what rows are made of is kept, and would be made several times by all at once.
        found, names, words = await self._found(asked), await self._names(asked), await self._words(asked)
        rows = await self.extend(asked, found["items"])
        columns = self.columns(asked, columns_of(asked, self.collection, names), names)
        every = asked.is_for_file or asked.view.own.get(COLUMNS) == EVERY_COLUMN
        shown = _all(self.first, columns) if every else [columns[name] for name in self.first]
        table = self._table(asked, shown, rows, found)
        filters = list(filters_of(asked, self.collection, names, self.field_titles, words))
        values = self._values(asked, found["next"], filters, every=every)
        values["has_amounts"] = any(column.kind in IN_AMOUNT_UNIT for column in shown)
        return Content(title=table.title, values=values, tables=(table,))

    def _table(self, asked: Asked, columns: Sequence[Column], rows: Sequence[Row], found: Mapping[str, Any]) -> Table:
        total = self._total(asked, found)
        return Table(name=self.path, title=asked.say(self.title), columns=columns, rows=rows, total=total)

    def _values(self, asked: Asked, following: str | None, filters: Sequence[Filter], *, every: bool) -> dict[str, Any]:
        own = asked.view.own
        shown = [each for name in self.filters for each in filters if each.name == name]
        return {
            "table_name": self.path,
            "note": self.note,
            "sort": own.get(SORT, self.collection.id.name),
            "shown_filters": shown,
            "more_filters": [each for each in filters if each not in shown],
            "active_filters": [each for each in filters if each.value],
            "kept": {name: own[name] for name in (SORT, COLUMNS) if own.get(name)},
            "every_column": every,
            "next_cursor": None if following is None else parse_qs(urlsplit(following).query)[CURSOR][0],
            "is_first": CURSOR not in own,
        }

    async def _found(self, asked: Asked) -> Any:
        own = asked.view.own
        chosen = {name: own[name] for name in (*self.collection.filters, SORT) if own.get(name)}
        if asked.is_for_file:
            if CURSOR in own:
                raise refused(InvalidParameter.of(CURSOR, "unknown-parameter"), asked.view.language)
            return await asked.get_all(self.path, **chosen)
        return await asked.get(self.path, limit=ROWS_SHOWN, cursor=own.get(CURSOR), **chosen)

    async def _names(self, asked: Asked) -> Names:
        return {path: await names_on(asked, path) for path in self.named}

    async def _words(self, asked: Asked) -> dict[str, list[str]]:
        found = {name: await _words_of(asked, name) for name in self.grouped}
        return {name: words for name, words in found.items() if words is not None}

    def _total(self, asked: Asked, found: Mapping[str, Any]) -> Row | None:
        if "totals" not in found:
            return None
        nothing = dict.fromkeys(name for name in self.collection.row_type.__dataclass_fields__ if name != FLATTENED)
        return {**nothing, **found["totals"], self.first[0]: asked.say("合计")}


async def _words_of(asked: Asked, name: str) -> list[str] | None:
    """What the lines have in a field; None for who may not see the groups."""
    if not asked.may_ask("execution"):
        return None
    found = await asked.get("execution", group_by=name)
    return [str(group["key"]) for group in found["items"] if group["key"] is not None]


def _all(first: Sequence[str], columns: Columns) -> list[Column]:
    """Every column, that which stays in sight in front; what stands small below it has a column of its own here."""
    in_order = [columns[first[0]], *(column for name, column in columns.items() if name != first[0])]
    return [replace(column, note=None) for column in in_order]


def _own_parameters(collection: Collection[Any]) -> tuple[Parameter, ...]:
    """What the interface takes but the coordinates and the size of a page; a field left blank chooses nothing."""
    others = {each.name for each in (*VIEW_PARAMETERS, LIMIT)}
    taken = (each for each in parameters_of(collection).parameters if each.name not in others)
    return tuple(optional(each) for each in (*taken, _COLUMNS))
