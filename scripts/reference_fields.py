"""What a field of a fact holds, in words taken from its type and shape."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from api.schemas.fields import MAX_ITEMS
from domain import shape
from domain.registry import Fact
from domain.shape import Shape

PLAIN_WORDS: Final[dict[Any, str]] = {
    str: "text",
    int: "whole number",
    bool: "true or false",
    date: "day, `YYYY-MM-DD`",
}


@dataclass(frozen=True)
class FieldRow:
    """One row of a table of fields. `left_out` is what stands when the caller gives nothing; "" when it must."""

    path: str
    holds: str
    left_out: str


def field_rows(data_type: type[Any], prefix: str = "") -> Iterator[FieldRow]:
    """The fields of a fact, those of its parts included, in the order of the class."""
    hints = get_type_hints(data_type, localns={"Fact": Fact}, include_extras=True)
    for each in fields(data_type):
        hint = hints[each.name]
        path = prefix + each.name
        yield FieldRow(path, holds(hint, each.name), _left_out(each))
        part, is_list = _part_of(hint)
        if part is not None:
            yield from field_rows(part, f"{path}[]." if is_list else f"{path}.")


def shape_words() -> dict[Shape, str]:
    """The sentence under each member of Shape."""
    [definition] = ast.parse(inspect.getsource(shape.Shape)).body
    assert isinstance(definition, ast.ClassDef)
    words: dict[Shape, str] = {}
    member = ""
    for statement in definition.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]):
                member = name
            case ast.Expr(value=ast.Constant(value=str() as text)) if member:
                words[Shape[member]] = text.rstrip(".")
    return words


def holds(hint: Any, name: str = "") -> str:
    """What a value of the type is."""
    if get_origin(hint) is Annotated:
        return shape_words()[get_args(hint)[1]]
    if get_origin(hint) in {Union, UnionType}:
        members = [member for member in get_args(hint) if member is not NoneType]
        return f"{holds(members[0], name)}; may be null" if len(members) == 1 else "the data of the event taken back"
    if get_origin(hint) is tuple:
        return f"list of at most {MAX_ITEMS[name]}: {holds(get_args(hint)[0])}"
    if get_origin(hint) is dict:
        return "object: the changed fields of project-registered and their new values; null clears an optional one"
    return PLAIN_WORDS.get(hint) or _words_of_class(hint)


def _words_of_class(hint: Any) -> str:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "one of " + " ".join(f"`{member.value}`" for member in hint)
    assert is_dataclass(hint), hint
    return "object"


def _part_of(hint: Any) -> tuple[type[Any] | None, bool]:
    """The dataclass inside a type and whether it stands in a list; None when there is none."""
    if is_dataclass(hint) and isinstance(hint, type):
        return hint, False
    if get_origin(hint) is tuple:
        part, _ = _part_of(get_args(hint)[0])
        return part, True
    if get_origin(hint) in {Union, UnionType}:
        members = [member for member in get_args(hint) if member is not NoneType]
        return _part_of(members[0]) if len(members) == 1 else (None, False)
    return None, False


def _left_out(each: Field[Any]) -> str:
    if each.default is MISSING:
        return ""
    match each.default:
        case None:
            return "null"
        case bool():
            return str(each.default).lower()
        case ():
            return "empty list"
        case Enum():
            return f"`{each.default.value}`"
        case _:
            return str(each.default)
