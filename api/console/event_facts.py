"""Every field of an event with its name, as a reader of Chinese or English has it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.console.asked import Asked
from api.console.field_names import FIELD_NAMES
from api.console.figures import rate
from api.console.forms.fields import Field, Input, fields_of_class, walk
from api.console.movements import REVERSALS
from domain.project import ProjectAmended, ProjectRegistered
from domain.registry import FACT_TYPES

PAGES: Final = {
    "project_id": "projects",
    "parent_project_id": "projects",
    "line_id": "lines",
    "appropriation_id": "appropriations",
    "evaluation_id": "evaluations",
}
"""Which page an id leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One field. `path` is the page that the value leads to, or None; `is_amount`: yuan, shown in the unit."""

    name: str
    value: str | None
    is_amount: bool = False
    path: str | None = None


def facts_of(asked: Asked, event_type: str, data: Mapping[str, Any]) -> Iterator[Fact]:
    """The fields of an event's data in their order, those of a part under the name of the part; absent ones too."""
    return _facts(asked, _fields_of(event_type, data), data, "", "")


def _fields_of(event_type: str, data: Mapping[str, Any]) -> Mapping[str, Field]:
    """What forms know of the fields, by their path in the data; nothing of those of a type that no form is about."""
    if event_type in REVERSALS:
        taken_back = _fields_of(data["reverses"]["type"], data["fact"])
        return {f"fact/{path}": field for path, field in taken_back.items()}
    of: Any = FACT_TYPES.get(event_type)
    if of is ProjectAmended:
        return {f"changes/{field.path}": field for field in fields_of_class(ProjectRegistered, "")}
    return {} if of is None else {field.path: field for field in walk(fields_of_class(of, ""))}


def _facts(
    asked: Asked, fields: Mapping[str, Field], data: Mapping[str, Any], parent: str, before: str
) -> Iterator[Fact]:
    for name, value in data.items():
        title, path = before + asked.say(FIELD_NAMES.get(name, name)), parent + name
        if isinstance(value, Mapping):
            yield from _facts(asked, fields, value, f"{path}/", f"{title} · ")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, each in enumerate(value, start=1):
                yield from _facts(asked, fields, each, f"{path}/", f"{title} {number} · ")
        else:
            yield _fact(asked, fields.get(path), name, title, value)


def _fact(asked: Asked, field: Field | None, name: str, title: str, value: Any) -> Fact:
    if value is None or isinstance(value, bool):
        shown = None if value is None else asked.say("是") if value else asked.say("否")
        return Fact(name=title, value=shown)
    if field is not None and field.input is Input.AMOUNT:
        return Fact(name=title, value=str(value), is_amount=True)
    if name in PAGES:
        return Fact(name=title, value=str(value), path=f"{PAGES[name]}/{value}")
    if name == "position":
        return Fact(name=title, value=f"#{value}", path=f"events/{value}")
    if isinstance(value, list):
        return Fact(name=title, value=asked.say("、").join(map(str, value)) or None)
    return Fact(name=title, value=_text(asked, field, name, str(value)))


def _text(asked: Asked, field: Field | None, name: str, value: str) -> str:
    if field is not None and field.input is Input.POINTS:
        return rate(value)
    if field is not None and field.words is not None:
        return asked.word(field.words, value)
    return asked.event_type(value) if name == "type" else value
