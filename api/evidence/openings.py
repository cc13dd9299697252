"""Private values that a bundle discloses."""

from collections.abc import Mapping
from typing import Any

from adapters.database import Database
from adapters.event_log.encoding import decode_entry
from adapters.event_log.store import read_openings


def openings_of(database: Database, entries: Mapping[int, bytes]) -> list[dict[str, Any]]:
    """What opens the commitments of the entries, given by position, as far as it was not erased."""
    private = [event for event in map(decode_entry, entries.values()) if event.private]
    with database.log_reader.begin() as connection:
        return [
            {"position": event.position, "field": each.field, "salt": each.salt.hex(), "value": each.value}
            for event in private
            for each in read_openings(connection, event)
        ]
