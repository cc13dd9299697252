"""The columns of a list, made from the fields that its rows have."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from enum import Enum
from functools import partial
from typing import Any, Final

from api.console.asked import Asked
from api.console.fields import CHOSEN_BY_NAME, TITLES
from api.console.names import Names
from api.console.table import Column, Kind, Row
from domain.shape import Shape
from projections.listing import Collection
from projections.listing import Column as Field
from projections.rows import PERCENT, Flag

_KINDS: Final = {
    Shape.AMOUNT: Kind.AMOUNT,
    Shape.AMOUNT_OR_ZERO: Kind.AMOUNT,
    Shape.POINTS: Kind.POINTS,
    Shape.TOTAL_POINTS: Kind.POINTS,
    Shape.COUNT: Kind.COUNT,
    PERCENT: Kind.RATE,
}
_PAGES: Final = {"projects": "projects/{}", "appropriations": "appropriations/{}"}
"""Where a thing on a list has a page of its own."""


def columns_of(asked: Asked, collection: Collection[Any], names: Names) -> dict[str, Column]:
    """A column for each scalar field, by the field's name.

    The name of what an id stands for comes after the id, as `lead_unit` after `lead_unit_id`.
    """
    return dict(_columns(asked, collection, names))


def title_of(asked: Asked, field: str) -> str:
    """What a field is called, in the reader's language."""
    return asked.say(TITLES[field])


def name_column(asked: Asked, id_name: str, names: Names) -> Column:
    """The name of what a row has the id of, the id below it; where no name is known the id itself."""
    on_list, title = CHOSEN_BY_NAME[id_name]
    known, page = names.get(on_list, {}), _PAGES.get(on_list)

    def address(row: Row) -> str | None:
        return asked.link(page.format(row[id_name])) if page and row[id_name] is not None else None

    return Column(
        title=asked.say(title),
        value=lambda row: known.get(row[id_name], row[id_name]),
        link=address,
        field=id_name,
        note=lambda row: row[id_name] if row[id_name] in known else None,
    )


def flags_column(asked: Asked) -> Column:
    """The flags of a row."""

    def chips(row: Row) -> Sequence[tuple[str, str]]:
        return [(flag, asked.word(Flag, flag)) for flag in row["flags"] or ()]

    return Column(
        title=title_of(asked, "flags"), value=lambda row: joined(asked, (text for _, text in chips(row))), chips=chips
    )


def joined(asked: Asked, texts: Iterator[str] | Sequence[str]) -> str:
    """Several words in one cell."""
    return asked.say("、").join(texts)


def _columns(asked: Asked, collection: Collection[Any], names: Names) -> Iterator[tuple[str, Column]]:
    for name, field in collection.columns.items():
        if name in TITLES:
            yield name, _column(asked, field)
        if name in CHOSEN_BY_NAME and field is not collection.id:
            yield name.removesuffix("_id"), name_column(asked, name, names)


def _column(asked: Asked, field: Field) -> Column:
    title, name = title_of(asked, field.name), field.name
    if field.type is bool:
        return Column(title=title, value=partial(_yes_or_no, asked, name), field=name)
    if issubclass(field.type, Enum):
        return Column(title=title, value=_word(asked, field), field=name)
    kind = Kind.DAY if field.type is date else _KINDS.get(field.meaning, Kind.TEXT)
    return Column(title=title, value=lambda row: row[name], kind=kind, field=name)


def _word(asked: Asked, field: Field) -> Callable[[Row], str]:
    return lambda row: asked.word(field.type, row[field.name])


def _yes_or_no(asked: Asked, name: str, row: Row) -> str | None:
    return None if row[name] is None else asked.say("是") if row[name] else asked.say("否")
