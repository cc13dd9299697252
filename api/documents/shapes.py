"""JSON Schema of what is answered, from the same types that `rendering` writes."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from api.rendering.values import FLATTENED, HUNDREDTHS, hints_of
from domain.project import ProjectAmended, ProjectRegistered
from domain.shape import PATTERN, RANGE, Shape

Schema = dict[str, Any]

HUNDREDTHS_TEXT: Final[Schema] = {"type": "string", "pattern": r"^-?(0|[1-9]\d*)\.\d{2}$"}
NULL: Final[Schema] = {"type": "null"}

_SIMPLE: Final[dict[Any, Schema]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    str: {"type": "string"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    dict[str, int]: {"type": "object", "additionalProperties": {"type": "integer"}},
}


def schema_of(hint: Any) -> Schema:
    """The schema of a value of that type."""
    if hint in _SIMPLE:
        return dict(_SIMPLE[hint])
    if get_origin(hint) is Annotated:
        return _schema_of_shape(get_args(hint)[1])
    if get_origin(hint) in {Union, UnionType}:
        return {"anyOf": [NULL if member is NoneType else schema_of(member) for member in get_args(hint)]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": schema_of(get_args(hint)[0])}
    if is_dataclass(hint) and isinstance(hint, type):
        return schema_of_class(hint)
    assert issubclass(hint, Enum)
    return {"type": "string", "enum": [member.value for member in hint]}


def schema_of_class(dataclass: type[Any]) -> Schema:
    """The schema of an object of the class: every field is always there."""
    if dataclass is ProjectAmended:
        return _schema_of_amendment()
    return object_of(_properties(dataclass))


def object_of(properties: dict[str, Schema]) -> Schema:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def list_of(schema: Schema) -> Schema:
    """An array of these."""
    return {"type": "array", "items": schema}


def or_null(schema: Schema) -> Schema:
    """It, or null."""
    return {"anyOf": [schema, NULL]}


def reference(name: str) -> Schema:
    """Reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def _properties(dataclass: type[Any]) -> dict[str, Schema]:
    hints = hints_of(dataclass)
    properties: dict[str, Schema] = {}
    for each in fields(dataclass):
        properties |= (
            _properties(hints[each.name]) if each.name == FLATTENED else {each.name: schema_of(hints[each.name])}
        )
    return properties


def _schema_of_shape(shape: object) -> Schema:
    if shape in HUNDREDTHS or not isinstance(shape, Shape):
        # The one marker that is no shape is that of a rate in percent, which is written alike.
        return dict(HUNDREDTHS_TEXT)
    if shape in RANGE:
        return {"type": "integer"}
    return {"type": "string", "pattern": PATTERN[shape]} if shape in PATTERN else {"type": "string"}


def _schema_of_amendment() -> Schema:
    properties = _properties(ProjectRegistered)
    del properties["project_id"]
    changes = {"type": "object", "properties": properties, "additionalProperties": False}
    return object_of({"project_id": {"type": "string"}, "changes": changes, "reason": {"type": "string"}})
