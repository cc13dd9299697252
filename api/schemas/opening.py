"""Reading the request for a new ledger."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Final, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.schemas.fields import closed_model, fields_of
from api.schemas.problem import FieldProblem, problems_of
from domain.ledger import CURRENCIES, OpenLedger

_TIME_ZONE_SCHEMA: Final[dict[str, Any]] = {"type": "string", "description": "Name of the IANA time zone database."}


_OF_NO_PLACE: Final = frozenset({"localtime", "Factory", "posixrules"})
"""Files beside the zones: the first is whatever the host is set to, the others mean no place."""
_OTHER_CLOCKS: Final = ("posix/", "right/")
"""Copies of all zones by other rules for leap seconds, which not every host has."""


@cache
def time_zones() -> frozenset[str]:
    """The names that mean the same on every host."""
    zones = available_timezones() - _OF_NO_PLACE
    return frozenset(zone for zone in zones if not zone.startswith(_OTHER_CLOCKS))


def _read_time_zone(value: object) -> str:
    if type(value) is not str:
        raise PydanticCustomError("text-expected", "text expected")
    if value not in time_zones():
        raise PydanticCustomError("time-zone", "unknown zone")
    return value


@cache
def opening_model() -> type[BaseModel]:
    """The model that reads the request."""
    definitions = fields_of(OpenLedger, wan=False, but=("currency", "time_zone"))
    definitions["currency"] = (Literal[CURRENCIES], CURRENCIES[0])
    zone = Annotated[str, PlainValidator(_read_time_zone), WithJsonSchema(_TIME_ZONE_SCHEMA)]
    definitions["time_zone"] = (zone, OpenLedger.__dataclass_fields__["time_zone"].default)
    return closed_model("OpenLedger", definitions)


def to_opening(mapping: Mapping[str, Any]) -> OpenLedger | list[FieldProblem]:
    """The request that an object of fields says, or everything that is wrong with it."""
    try:
        read = opening_model().__pydantic_validator__.validate_python(mapping)
    except ValidationError as error:
        return problems_of(error)
    return OpenLedger(**read.__dict__)
