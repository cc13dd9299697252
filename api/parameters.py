"""Parameters of the query: each declared once, read strictly, and documented from the same declaration."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from starlette.requests import Request

from api.invalid import InvalidParameter
from api.schemas.problem import FieldProblem, pointer_to_unknown
from domain.dates import parse_day, parse_instant
from domain.shape import PATTERN, Shape, characters_problem, text_problem

MAX_POSITION: Final = 2**53 - 1
MAX_TEXT_LENGTH: Final = 1_000
MAX_REPEATS: Final = 10
"""How often a parameter that may repeat may do so: each is a join or a condition of the query."""

_NUMBER: Final = re.compile(r"(0|[1-9][0-9]{0,15})\Z")


class WrongValueError(ValueError):
    """The text is no value of the parameter; `limits` say what would be."""

    def __init__(self, code: str, **limits: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.limits = limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """`read` turns its text into a value or raises WrongValueError; a repeatable one gives a tuple of values."""

    name: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    description: str
    default: Any = None
    repeatable: bool = field(default=False)

    def document(self) -> dict[str, Any]:
        """Its OpenAPI object."""
        single = dict(self.schema)
        schema = {"type": "array", "items": single, "maxItems": MAX_REPEATS} if self.repeatable else single
        return {
            "name": self.name,
            "in": "query",
            "required": False,
            "description": self.description,
            "schema": schema,
        }


class ParameterSet:
    """The parameters one address takes; any other is refused."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self.parameters = tuple(parameters)
        self._by_name = {parameter.name: parameter for parameter in self.parameters}
        self._defaults = {each.name: () if each.repeatable else each.default for each in self.parameters}

    def read(self, request: Request) -> dict[str, Any]:
        """The value of every parameter, by name.

        Raises:
            InvalidParameter: with each that is unknown, repeated or wrong.
        """
        return self.read_pairs(request.query_params.multi_items() if request.scope["query_string"] else ())

    def read_pairs(self, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """The same of names and texts, wherever they come from.

        Raises:
            InvalidParameter: see `read`.
        """
        values = dict(self._defaults)
        problems: list[FieldProblem] = []
        given: set[str] = set()
        for name, text in pairs:
            problem = self._take(name, text, values, given)
            if problem is not None:
                problems.append(problem)
        if problems:
            raise InvalidParameter(_different(problems))
        return values

    def document(self) -> list[dict[str, Any]]:
        """Their OpenAPI objects."""
        return [parameter.document() for parameter in self.parameters]

    def _take(self, name: str, text: str, values: dict[str, Any], given: set[str]) -> FieldProblem | None:
        parameter = self._by_name.get(name)
        if parameter is None:
            return FieldProblem(pointer=pointer_to_unknown((), name), code="unknown-parameter")
        if name in given and not parameter.repeatable:
            return FieldProblem(pointer=f"/{name}", code="repeated")
        given.add(name)
        try:
            value = parameter.read(text)
        except WrongValueError as error:
            return FieldProblem(pointer=f"/{name}", code=error.code, limits=error.limits)
        if parameter.repeatable and len(values[name]) == MAX_REPEATS:
            return FieldProblem(pointer=f"/{name}", code="too-many", limits={"maximum": MAX_REPEATS})
        values[name] = (*values[name], value) if parameter.repeatable else value
        return None


def number(name: str, description: str, *, lowest: int, highest: int, default: int | None = None) -> Parameter:
    """A whole number in ASCII digits."""

    def read(text: str) -> int:
        if not _NUMBER.match(text) or not lowest <= int(text) <= highest:
            raise WrongValueError("number", minimum=lowest, maximum=highest)
        return int(text)

    schema: dict[str, Any] = {"type": "integer", "minimum": lowest, "maximum": highest}
    schema |= {} if default is None else {"default": default}
    return Parameter(name=name, read=read, schema=schema, description=description, default=default)


def position(name: str, description: str) -> Parameter:
    """A position of the log, or 0."""
    return number(name, description, lowest=0, highest=MAX_POSITION)


def day(name: str, description: str) -> Parameter:
    """A day `YYYY-MM-DD`."""
    return Parameter(name=name, read=read_day, schema={"type": "string", "format": "date"}, description=description)


def instant_or_day(name: str, description: str) -> Parameter:
    """An instant in UTC, or a day."""
    return Parameter(name=name, read=read_instant_or_day, schema={"type": "string"}, description=description)


def choice(name: str, description: str, choices: Sequence[str], default: str | None = None) -> Parameter:
    """One of some words."""

    def read(text: str) -> str:
        if text not in choices:
            raise WrongValueError("choice", choices=", ".join(choices))
        return text

    schema: dict[str, Any] = {"type": "string", "enum": list(choices)}
    schema |= {} if default is None else {"default": default}
    return Parameter(name=name, read=read, schema=schema, description=description, default=default)


def flag(name: str, description: str, *, default: bool | None = False) -> Parameter:
    """`true` or `false`."""
    words = {"true": True, "false": False}

    def read(text: str) -> bool:
        if text not in words:
            raise WrongValueError("choice", choices="true, false")
        return words[text]

    schema = {"type": "boolean"} | ({} if default is None else {"default": default})
    return Parameter(name=name, read=read, schema=schema, description=description, default=default)


def plain_text(
    name: str, description: str, *, max_length: int = MAX_TEXT_LENGTH, repeatable: bool = False
) -> Parameter:
    """Text without control characters."""

    def read(text: str) -> str:
        if not 1 <= len(text) <= max_length:
            raise WrongValueError("length", maximum=max_length)
        if characters_problem(text):
            raise WrongValueError("characters")
        return text

    schema = {"type": "string", "minLength": 1, "maxLength": max_length}
    return Parameter(name=name, read=read, schema=schema, description=description, repeatable=repeatable)


def shaped(name: str, description: str, shape: Shape) -> Parameter:
    """A text by the pattern of its shape."""

    def read(text: str) -> str:
        if text_problem(shape, text):
            raise WrongValueError("pattern")
        return text

    return Parameter(
        name=name, read=read, schema={"type": "string", "pattern": PATTERN[shape]}, description=description
    )


def read_day(text: str) -> date:
    """The day of a text."""
    try:
        return parse_day(text)
    except ValueError:
        raise WrongValueError("date") from None


def read_instant_or_day(text: str) -> datetime | date:
    """The instant or day of a text."""
    try:
        return parse_instant(text) if "T" in text else parse_day(text)
    except ValueError:
        raise WrongValueError("instant-or-date") from None


def _different(problems: Iterable[FieldProblem]) -> list[FieldProblem]:
    """Each problem once: a parameter may be wrong many times over."""
    return list({(problem.pointer, problem.code): problem for problem in problems}.values())
