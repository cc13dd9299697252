"""Reading the request for an API key, and the one for the first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cache
from typing import Annotated, Any, Final

from pydantic import BaseModel, PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from adapters.access.api_keys import NewKey
from api.schemas.fields import closed_model, fields_of
from api.schemas.problem import FieldProblem, problems_of
from domain.access import Grant, Role, SenselessGrantError
from domain.dates import parse_day, parse_instant
from domain.shape import Identifier, Reference

_INSTANT_SCHEMA: Final[dict[str, Any]] = {
    "type": "string",
    "description": "An instant in UTC, or a day: then its end in UTC.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeyFields:
    role: Role
    ledgers: tuple[Identifier, ...] | None = None
    units: tuple[Identifier, ...] | None = None
    label: Identifier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _SetupFields:
    token: Reference


@cache
def key_request_model() -> type[BaseModel]:
    """The model that reads the request for a key."""
    expiry = Annotated[datetime, PlainValidator(_read_expiry), WithJsonSchema(_INSTANT_SCHEMA)]
    return closed_model("CreateKey", fields_of(_KeyFields, wan=False) | {"expires_at": (expiry | None, None)})


@cache
def setup_model() -> type[BaseModel]:
    """The model that reads the request for the first key."""
    return closed_model("Setup", fields_of(_SetupFields, wan=False))


def read_key_request(mapping: Mapping[str, Any], now: datetime) -> NewKey | list[FieldProblem]:
    """The key that an object of fields asks for, or everything that is wrong with it."""
    try:
        read = key_request_model().__pydantic_validator__.validate_python(mapping)
    except ValidationError as error:
        return problems_of(error)
    fields = read.__dict__
    if fields["expires_at"] is not None and fields["expires_at"] <= now:
        return [FieldProblem(pointer="/expires_at", code="past")]
    try:
        grant = Grant(role=fields["role"], ledgers=_set_of(fields["ledgers"]), units=_set_of(fields["units"]))
    except SenselessGrantError:
        return [FieldProblem(pointer="/role", code="grant")]
    return NewKey(grant=grant, label=fields["label"], expires_at=fields["expires_at"])


def read_setup(mapping: Mapping[str, Any]) -> str | list[FieldProblem]:
    """The token that an object names, or everything that is wrong with it."""
    try:
        read = setup_model().__pydantic_validator__.validate_python(mapping)
    except ValidationError as error:
        return problems_of(error)
    token: str = read.__dict__["token"]
    return token


def parse_expiry(text: str) -> datetime:
    """The instant of a text, or of the end of a day in UTC.

    Raises:
        ValueError: it is neither.
    """
    if "T" in text:
        return parse_instant(text)
    # Also of the last day that there is: no next one is reckoned with.
    return datetime.combine(parse_day(text), time.max, UTC)


def _read_expiry(value: object) -> datetime:
    if type(value) is not str:
        raise PydanticCustomError("text-expected", "text expected")
    try:
        return parse_expiry(value)
    except ValueError:
        raise PydanticCustomError("instant-or-date", "an instant or a day") from None


def _set_of(ids: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if ids is None else frozenset(ids)
