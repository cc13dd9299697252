"""The parameters of a list of rows, from the columns its rows have."""

from dataclasses import replace
from enum import Enum
from typing import Any, Final

from api.coordinates import BOTH_TIMES
from api.parameters import MAX_POSITION, Parameter, ParameterSet, WrongValueError, choice, flag, number, plain_text
from domain.money import NotAnAmountError, parse_points
from domain.shape import RANGE, Shape
from projections.listing import Collection, Column

LIMIT: Final = number("limit", "How many at most.", lowest=1, highest=1000, default=100)
CURSOR: Final = plain_text("cursor", "Where the page before this one ended; from its `next`.", max_length=512)

_POINTS: Final = frozenset({Shape.POINTS, Shape.TOTAL_POINTS, Shape.GRANTED_POINTS})


def parameters_of(collection: Collection[Any]) -> ParameterSet:
    """Coordinates, filters, order and page."""
    return ParameterSet([*BOTH_TIMES, *filters_of(collection), _sort(collection), LIMIT, CURSOR])


def filters_of(collection: Collection[Any]) -> list[Parameter]:
    """One parameter for each column that rows can be chosen by."""
    return [_filter(column) for column in collection.filters.values()]


def _sort(collection: Collection[Any]) -> Parameter:
    words = [word for name in collection.columns for word in (name, f"-{name}")]
    description = "Field to order by; `-` in front: from the largest. Ties by id, nulls last."
    return choice("sort", description, words, collection.id.name)


def _filter(column: Column) -> Parameter:
    description = f"Only rows with this {column.name}."
    if column.meaning in _POINTS:
        return Parameter(name=column.name, read=_read_points, schema={"type": "string"}, description=description)
    if column.type is bool:
        return flag(column.name, description, default=None)
    if column.type is int:
        lowest, highest = RANGE[column.meaning] if isinstance(column.meaning, Shape) else (0, MAX_POSITION)
        return number(column.name, description, lowest=lowest, highest=highest)
    if issubclass(column.type, Enum):
        return _choice(column.name, description, column.type)
    return plain_text(column.name, description)


def _choice(name: str, description: str, words: type[Enum]) -> Parameter:
    """One of the members of a closed list."""
    by_value = choice(name, description, [member.value for member in words])
    return replace(by_value, read=lambda text: words(by_value.read(text)))


def _read_points(text: str) -> int:
    try:
        return -parse_points(text[1:]) if text.startswith("-") else parse_points(text)
    except NotAnAmountError:
        raise WrongValueError("points") from None
