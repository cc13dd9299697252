"""How a field of each shape is read from JSON: the one way from a domain type to a validated value.

Our own readers are single Python calls in strict mode; what pydantic's core can check itself is left to it. None of
them puts the value into an error.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import MISSING, fields
from datetime import date
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError

from domain.dates import parse_day
from domain.money import (
    AMOUNT_PATTERN,
    GRANTED_POINTS_PATTERN,
    POINTS_PATTERN,
    NotAnAmountError,
    parse_granted_points,
    parse_points,
    parse_wan,
    parse_yuan,
)
from domain.registry import Body
from domain.shape import MAX_TEXT_LENGTH, PATTERN, RANGE, Shape, text_check

MAX_ITEMS: Final = {
    "indicators": 100,
    "implementing_unit_ids": 20,
    "event_ids": 100,
    "ledgers": 100,
    "units": 100,
    "headings": 200,
    "columns": 100,
    "constants": 100,
}
"""Most elements of each list field."""
MIN_ITEMS: Final = {"event_ids": 1, "ledgers": 1, "units": 1}
"""Fewest elements of the list fields that may not be empty."""

WAN_PATTERN: Final = r"^(0|[1-9]\d{0,8})(\.\d{1,6})?$"

CLOSED: Final = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

_HUNDREDTHS: Final[dict[Shape, tuple[Callable[[str], int], str, str]]] = {
    Shape.AMOUNT: (parse_yuan, AMOUNT_PATTERN, "amount"),
    Shape.AMOUNT_OR_ZERO: (parse_yuan, AMOUNT_PATTERN, "amount"),
    Shape.POINTS: (parse_points, POINTS_PATTERN, "points"),
    Shape.GRANTED_POINTS: (parse_granted_points, GRANTED_POINTS_PATTERN, "granted-points"),
}


@cache
def field_type(hint: Hashable, *, wan: bool, name: str = "") -> Any:
    """The pydantic type that reads a field of that domain type. `wan`: its amounts are texts in 万元."""
    if get_origin(hint) in {Union, UnionType}:
        return _optional(hint, wan=wan, name=name)
    if get_origin(hint) is Annotated:
        return _shaped(get_args(hint)[1], wan=wan)
    if get_origin(hint) is tuple:
        elements: Any = list.__class_getitem__(field_type(get_args(hint)[0], wan=wan))
        length = Field(min_length=MIN_ITEMS.get(name), max_length=MAX_ITEMS[name])
        return Annotated[elements, length, AfterValidator(tuple)]
    return _plain(hint, wan=wan)


def _optional(hint: Any, *, wan: bool, name: str) -> Any:
    (inner,) = (each for each in get_args(hint) if each is not NoneType)
    return field_type(inner, wan=wan, name=name) | None


def _plain(hint: Any, *, wan: bool) -> Any:
    if hint is date:
        return Annotated[date, PlainValidator(read_day), WithJsonSchema({"type": "string", "format": "date"})]
    if hint is bool:
        return StrictBool
    if issubclass(hint, Enum):
        return choice(hint)
    return nested(hint, wan=wan)


def _shaped(shape: Shape, *, wan: bool) -> Any:
    if shape in _HUNDREDTHS:
        return _hundredths(shape, wan=wan)
    if shape in RANGE:
        lowest, highest = RANGE[shape]
        return Annotated[int, Field(strict=True, ge=lowest, le=highest)]
    return text(shape)


def _hundredths(shape: Shape, *, wan: bool) -> Any:
    parse, pattern, code = _HUNDREDTHS[shape]
    if wan and code == "amount":
        parse, pattern, code = parse_wan, WAN_PATTERN, "amount-in-wan"
    above_zero = shape is Shape.AMOUNT

    def read(value: object) -> int:
        if type(value) is not str:
            raise PydanticCustomError("text-expected", "text expected")
        try:
            number = parse(value)
        except NotAnAmountError:
            raise _custom(code) from None
        if above_zero and number == 0:
            raise PydanticCustomError("zero", "above zero")
        return number

    return Annotated[int, PlainValidator(read), WithJsonSchema({"type": "string", "pattern": pattern})]


def text(shape: Shape) -> Any:
    """Text by the rules of its shape."""
    limit = MAX_TEXT_LENGTH.get(shape)
    schema: dict[str, Any] = {"type": "string"}
    schema |= {"pattern": PATTERN[shape]} if limit is None else {"minLength": 1, "maxLength": limit}
    limits = {} if limit is None else {"maximum": limit}
    check = text_check(shape)

    def read(value: object) -> str:
        if type(value) is not str:
            raise PydanticCustomError("text-expected", "text expected")
        problem = check(value)
        if problem is not None:
            raise _custom(problem, limits if problem == "length" else {})
        return value

    return Annotated[str, PlainValidator(read), WithJsonSchema(schema)]


def choice(words: type[Enum]) -> Any:
    """One of the words of a closed list."""
    members = {member.value: member for member in words}

    def read(value: object) -> Enum:
        if type(value) is not str:
            raise PydanticCustomError("text-expected", "text expected")
        member = members.get(value)
        if member is None:
            raise _custom("choice", {"choices": ", ".join(members)})
        return member

    return Annotated[words, PlainValidator(read), WithJsonSchema({"type": "string", "enum": list(members)})]


def nested(dataclass: Any, *, wan: bool) -> Any:
    """An object with the fields of a domain dataclass, and no other."""
    model = model_of(dataclass, wan=wan)
    return Annotated[model, AfterValidator(lambda read: dataclass(**vars(read)))]


@cache
def model_of(dataclass: type[Any], *, wan: bool) -> type[BaseModel]:
    """The model that reads an object with exactly the fields of a domain dataclass."""
    return closed_model(dataclass.__name__, fields_of(dataclass, wan=wan))


def fields_of(dataclass: type[Any], *, wan: bool, but: Collection[str] = ()) -> dict[str, tuple[Any, Any]]:
    """(type, default or `...`) of each field of a domain dataclass, by name; but for some."""
    hints = get_type_hints(dataclass, localns={"Body": Body}, include_extras=True)
    return {
        each.name: (
            field_type(hints[each.name], wan=wan, name=each.name),
            ... if each.default is MISSING else each.default,
        )
        for each in fields(dataclass)
        if each.name not in but
    }


def closed_model(name: str, definitions: Mapping[str, tuple[Any, Any]]) -> type[BaseModel]:
    """A model that takes these fields and no others."""
    model: type[BaseModel] = create_model(name, __config__=CLOSED, **dict[str, Any](definitions))
    return model


def read_day(value: object) -> date:
    """The day of a text `YYYY-MM-DD`."""
    if type(value) is not str:
        raise PydanticCustomError("text-expected", "text expected")
    try:
        return parse_day(value)
    except ValueError:
        raise PydanticCustomError("date", "a day") from None


def _custom(code: str, limits: dict[str, Any] | None = None) -> PydanticCustomError:
    # The code is one of our own words, not input; pydantic only asks that its type be a literal string.
    return PydanticCustomError(code, "not acceptable", limits or None)
