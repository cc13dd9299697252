"""Idempotency keys: the names callers give their commands."""

import re
from typing import Annotated, Any, Final

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_ITEMS: Final = 10_000
"""Most commands of one batch."""

MAX_KEY_LENGTH: Final = 128
MAX_DERIVED_KEY_LENGTH: Final = MAX_KEY_LENGTH + len(f"/{MAX_ITEMS - 1}")
"""A key, or the key of a batch with the index of an item."""

KEY_PATTERN: Final = rf"^[\x21-\x7e]{{1,{MAX_KEY_LENGTH}}}$"

_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY_LENGTH}}}\Z")
_DERIVED_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{MAX_DERIVED_KEY_LENGTH}}}\Z")


def is_key(text: object) -> bool:
    """Whether it is 1 to 128 visible ASCII characters."""
    return type(text) is str and _KEY.match(text) is not None


def derived_key(batch_key: str, index: int) -> str:
    """The key of the item at that index (from 0) when it has none of its own."""
    return f"{batch_key}/{index}"


def _read_event_key(value: object) -> str:
    if type(value) is not str:
        raise PydanticCustomError("text-expected", "text expected")
    if not _DERIVED_KEY.match(value):
        raise PydanticCustomError("key", "visible ASCII expected")
    return value


_EVENT_KEY_SCHEMA: Final[dict[str, Any]] = {
    "type": "string",
    "pattern": rf"^[\x21-\x7e]{{1,{MAX_DERIVED_KEY_LENGTH}}}$",
    "description": "Idempotency key of the command that made the event (same caller).",
}
EventKey = Annotated[str, PlainValidator(_read_event_key), WithJsonSchema(_EVENT_KEY_SCHEMA)]
