"""What a sheet that comes back says of a row that was recorded: a check value of what the row said then.

It is worked out when the ledger says that the row is recorded as it stands. A row that says something else later, or
was recorded in another ledger, does not have it.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

_OF_FILE: Final = frozenset({"key", "source"})
"""What is another in every file."""
_LENGTH: Final = 16
_LETTER: Final = "r"
"""Begins each of them, so that no spreadsheet takes one for a number."""


def check_of(ledger_id: str, item: Mapping[str, Any]) -> str:
    """The check value of a command as the row says it, whatever its file."""
    said = {name: value for name, value in item.items() if name not in _OF_FILE}
    encoded = msgspec.json.encode([ledger_id, said], order="deterministic")
    return f"{_LETTER}{hashlib.sha256(encoded).hexdigest()[:_LENGTH]}"
