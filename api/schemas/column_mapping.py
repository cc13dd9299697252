"""Reading how the columns of another system's export are to be understood."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from api.schemas.commands import command_type_named, fields_in_files
from api.schemas.fields import closed_model, fields_of
from api.schemas.heading_unit import unit_of_heading
from api.schemas.problem import FieldProblem, problems_of
from domain.registry import COMMANDS
from domain.shape import Code, Name, Prose

_OVERRUN: Final = "overrun"


class ColumnUnit(StrEnum):
    """What the amounts of a column are in."""

    YUAN = "yuan"
    WAN = "wan"


UNIT_TEXTS: Final = {ColumnUnit.YUAN: "元", ColumnUnit.WAN: "万元"}
"""How a heading names each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedColumn:
    """The column with that heading holds that field; its unit where it holds amounts."""

    field: Code
    heading: Name
    unit: ColumnUnit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantField:
    """Every row has this text in that field, which no column is."""

    field: Code
    value: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """Which command a row is, and where its fields come from, in a sheet with these headings."""

    name: Name
    command: Code
    headings: tuple[Name, ...]
    columns: tuple[MappedColumn, ...]
    constants: tuple[ConstantField, ...] = ()


@cache
def mapping_model() -> type[BaseModel]:
    """The model that reads a mapping."""
    return closed_model("ColumnMapping", fields_of(ColumnMapping, wan=False))


def read_mapping(mapping: Mapping[str, Any]) -> ColumnMapping | list[FieldProblem]:
    """The mapping that an object says, or everything that is wrong with it."""
    try:
        read = mapping_model().__pydantic_validator__.validate_python(mapping)
    except ValidationError as error:
        return problems_of(error)
    found = ColumnMapping(**vars(read))
    command_type = command_type_named(found.command)
    if command_type is None or not command_type.in_files:
        choices = ", ".join(each.name for each in COMMANDS if each.in_files)
        return [FieldProblem(pointer="/command", code="choice", limits={"choices": choices})]
    return [*_repeated_columns(found), *_contradicted_units(found), *_wrong_constants(found)] or found


def _repeated_columns(found: ColumnMapping) -> list[FieldProblem]:
    """Those of a field that another column before them is."""
    fields = [each.field for each in found.columns]
    return [
        FieldProblem(pointer=f"/columns/{place}/field", code="repeated")
        for place, each in enumerate(fields)
        if each in fields[:place]
    ]


def _contradicted_units(found: ColumnMapping) -> list[FieldProblem]:
    """Those that are not what their own heading says."""
    return [
        FieldProblem(pointer=f"/columns/{place}/unit", code="unit-of-heading")
        for place, each in enumerate(found.columns)
        if is_contradicted(each.heading, each.unit)
    ]


def is_contradicted(heading: str, unit: str | None) -> bool:
    """Whether amounts below a heading that names another unit would be taken for amounts in this one."""
    named = unit_of_heading(heading)
    return unit is not None and named is not None and named != UNIT_TEXTS[ColumnUnit(unit)]


def _wrong_constants(found: ColumnMapping) -> list[FieldProblem]:
    """Those that would approve an overrun in rows that nobody has looked at, of no command's field, or told twice."""
    problems = []
    told = {each.field: "constant-beside-column" for each in found.columns}
    for place, each in enumerate(found.constants):
        code = _flaw_of_constant(each.field) or told.get(each.field)
        told.setdefault(each.field, "repeated")
        if code is not None:
            problems.append(FieldProblem(pointer=f"/constants/{place}/field", code=code))
    return problems


def _flaw_of_constant(field: str) -> str | None:
    if is_of_overrun(field):
        return "overrun-constant"
    return None if field in fields_in_files() else "unknown-field"


def is_of_overrun(field: str) -> bool:
    """Whether a field says that spending above what is available is approved."""
    return field.partition("_")[0] == _OVERRUN
