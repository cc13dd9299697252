"""What is wrong with one field of a request, without a word of what was sent."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

_NAMEABLE: Final = re.compile(r"[a-z_]{1,40}\Z")

_CODE_OF_TYPE: Final = {
    "missing": "missing",
    "greater_than_equal": "range",
    "less_than_equal": "range",
    "too_long": "too-many",
    "too_short": "empty",
    "literal_error": "choice",
    # Only the name of a field can be no Unicode here: every text is read by a reader of ours.
    "string_unicode": "unknown-field",
}
"""Our code of pydantic's own error types; those not listed say that the JSON type is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """`pointer` is a JSON pointer into the request, `code` the kind of problem; `limits` are what would be right.

    `index` is the item of a batch, None outside of one.
    """

    pointer: str
    code: str
    limits: Mapping[str, str | int] = field(default_factory=dict)
    index: int | None = None


def problems_of(error: ValidationError) -> list[FieldProblem]:
    """The problems pydantic found, one for each field, in its order."""
    details = error.errors(include_url=False, include_input=False)
    return [_problem(each["type"], each["loc"], each.get("ctx", {})) for each in details]


def pointer_to(segments: Iterable[str | int]) -> str:
    """RFC 6901 pointer."""
    return "".join(f"/{str(segment).replace('~', '~0').replace('/', '~1')}" for segment in segments)


def pointer_to_unknown(parents: tuple[str | int, ...], name: str) -> str:
    """Pointer to an unknown field: its name is shown only when it looks like a field's name, else its parent's."""
    return pointer_to((*parents, name) if _NAMEABLE.match(name) else parents)


def _problem(error_type: str, location: tuple[str | int, ...], context: dict[str, Any]) -> FieldProblem:
    limits = {name: value for name, value in context.items() if isinstance(value, str | int)}
    if error_type == "extra_forbidden":
        return FieldProblem(pointer=pointer_to_unknown(location[:-1], str(location[-1])), code="unknown-field")
    code = _CODE_OF_TYPE.get(error_type, error_type if "_" not in error_type else "type")
    return FieldProblem(pointer=pointer_to(location), code=code, limits=_limits(code, limits))


def _limits(code: str, context: dict[str, str | int]) -> dict[str, str | int]:
    names = {"ge": "minimum", "le": "maximum", "max_length": "maximum"}
    if code in {"range", "too-many"}:
        return {names[name]: value for name, value in context.items() if name in names}
    if code == "choice":
        return {"choices": str(context.get("choices") or context["expected"]).replace("'", "")}
    return {} if code in {"type", "missing", "empty", "unknown-field"} else context
