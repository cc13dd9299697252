"""How a value of each domain type is written: worked out once for each class, from the shapes of its fields.

What needs no change is left as it is: the encoder writes dates, words of closed lists and plain dataclasses itself.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from domain.dates import format_instant
from domain.money import format_hundredths
from domain.project import ProjectAmended, ProjectRegistered
from domain.registry import EventData, Fact
from domain.shape import Shape

Render = Callable[[Any], Any]

HUNDREDTHS: Final = frozenset(
    {Shape.AMOUNT, Shape.AMOUNT_OR_ZERO, Shape.POINTS, Shape.GRANTED_POINTS, Shape.TOTAL_POINTS}
)
FLATTENED: Final = "amounts"
"""A field of this name is shown as its own fields, in its place."""

_FORWARD: Final = {"EventData": EventData, "Fact": Fact}


def render(value: Any) -> Any:
    """What the encoder writes for an object of ours."""
    change = renderer_of_class(value.__class__)
    return value if change is None else change(value)


@cache
def renderer_of_class(dataclass: type[Any]) -> Render | None:
    """How an object of the class is written; None when it can be left as it is."""
    if dataclass is ProjectAmended:
        return _amendment
    paths = _paths(dataclass)
    changes = [(name, change) for name, hint in paths.values() if (change := renderer_of(hint)) is not None]
    if not changes and all("." not in path for path in paths):
        return None
    return _writer([name for name, _ in paths.values()], attrgetter(*paths), changes)


@cache
def renderer_of(hint: Any) -> Render | None:
    """How a value of that type is written when it is not None; None when it can be left as it is."""
    if get_origin(hint) is Annotated:
        return format_hundredths if get_args(hint)[1] in HUNDREDTHS else None
    if get_origin(hint) in {Union, UnionType}:
        members = [member for member in get_args(hint) if member is not NoneType]
        return renderer_of(members[0]) if len(members) == 1 else _render_any(members)
    if get_origin(hint) is tuple:
        return _each(renderer_of(get_args(hint)[0]))
    if hint is datetime:
        return format_instant
    return renderer_of_class(hint) if is_dataclass(hint) and isinstance(hint, type) else None


def hints_of(dataclass: type[Any]) -> dict[str, Any]:
    """The type of each field, forward references resolved."""
    return get_type_hints(dataclass, localns=_FORWARD, include_extras=True)


def _paths(dataclass: type[Any]) -> dict[str, tuple[str, Any]]:
    """(name shown, type) by the path of the attribute, in the order shown."""
    hints = hints_of(dataclass)
    paths: dict[str, tuple[str, Any]] = {}
    for each in fields(dataclass):
        if each.name == FLATTENED:
            inner = _paths(hints[each.name])
            paths |= {f"{FLATTENED}.{path}": shown for path, shown in inner.items()}
        else:
            paths[each.name] = (each.name, hints[each.name])
    return paths


def _writer(names: list[str], values: Callable[[Any], Any], changes: list[tuple[str, Render]]) -> Render:
    single = len(names) == 1

    def write(value: Any) -> dict[str, Any]:
        written = dict(zip(names, (values(value),) if single else values(value), strict=True))
        for name, change in changes:
            if written[name] is not None:
                written[name] = change(written[name])
        return written

    return write


def _each(change: Render | None) -> Render | None:
    if change is None:
        return None
    known = change
    return lambda values: [known(value) for value in values]


def _render_any(members: list[Any]) -> Render | None:
    return render if any(is_dataclass(member) for member in members) else None


def _amendment(fact: ProjectAmended) -> dict[str, Any]:
    hints = hints_of(ProjectRegistered)
    changes = {
        name: value if value is None or (change := renderer_of(hints[name])) is None else change(value)
        for name, value in fact.changes.items()
    }
    return {"project_id": fact.project_id, "changes": changes, "reason": fact.reason}
