"""Of the ids that a record would hold, those of something that is there.

Whoever is turned away can write anything where an id belongs, and what the access log holds nobody can take out again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, literal_column, select

from adapters.access.encoding import ledger_named
from adapters.database import Database
from adapters.event_log.keyed import KeyedSelect
from adapters.event_log.tables import boundary_state, ledger_head, log_entry, log_tag
from domain.access_log import AccessEntry, AccessKind
from domain.boundary import Kind, event_key, kind_of
from domain.identifiers import event_id_bytes

_MOST_REMEMBERED: Final = 10_000
_STATES: Final = KeyedSelect(select(boundary_state.c.key), boundary_state.c.ledger_id, boundary_state.c.key)
_IS_FIRST: Final = log_tag.c.n == literal_column("1")
_TAGS: Final = KeyedSelect(select(log_tag.c.tag).where(_IS_FIRST), log_tag.c.ledger_id, log_tag.c.tag)
_EVENTS: Final = KeyedSelect(select(log_entry.c.event_id), log_entry.c.ledger_id, log_entry.c.event_id)
_EVENT_BEGIN: Final = event_key("")

_Name = tuple[str, str]
"""A ledger and a boundary key in it; that of the ledger itself is empty."""


class KnownNames:
    """For one thread. What was there is remembered: nothing that was recorded goes away."""

    def __init__(self, database: Database) -> None:
        self._reader = database.log_reader
        self._remembered: set[_Name] = set()

    def only_known(self, entries: Sequence[AccessEntry]) -> list[AccessEntry]:
        """The entries, of whose ids none is left that names nothing: of such a one its kind alone, as `line`.

        An entry that holds no such id is the same object. What was done, with a key, say, stays as it is.
        """
        named = {name for entry in entries for name in _names_in(entry)}
        known = self._known(named)
        return [_within(entry, known) for entry in entries]

    def _known(self, named: set[_Name]) -> set[_Name]:
        known = named & self._remembered
        if unknown := named - known:
            with self._reader.begin() as connection:
                found = set(_found(connection, unknown))
            known |= found
            if len(self._remembered) + len(found) > _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered |= found
        return known


def _names_in(entry: AccessEntry) -> list[_Name]:
    ledger_id = ledger_named(entry.ledger_id)
    if ledger_id is None or entry.kind is AccessKind.ADMINISTERED:
        return []
    return [(ledger_id, ""), *((ledger_id, key) for key in entry.concerns)]


def _within(entry: AccessEntry, known: set[_Name]) -> AccessEntry:
    """The entry with the ids of what is known alone."""
    if entry.kind is AccessKind.ADMINISTERED or entry.ledger_id is None:
        return entry
    ledger_id = entry.ledger_id
    concerns = tuple(key if (ledger_id, key) in known else kind_of(key).value for key in entry.concerns)
    if (ledger_id, "") not in known:
        return replace(entry, ledger_id=None, concerns=(Kind.LEDGER.value, *concerns))
    return entry if concerns == entry.concerns else replace(entry, concerns=concerns)


def _found(connection: Connection, names: Iterable[_Name]) -> Iterable[_Name]:
    """Those that are there."""
    keys_of = defaultdict(set)
    for ledger_id, key in names:
        keys_of[ledger_id].add(key)
    there = select(ledger_head.c.ledger_id).where(ledger_head.c.ledger_id.in_(keys_of))
    for ledger_id in connection.scalars(there).all():
        yield ledger_id, ""
        wanted = keys_of[ledger_id] - {""}
        events = {key for key in wanted if key.startswith(_EVENT_BEGIN)}
        yield from ((ledger_id, key) for key in _found_events(connection, ledger_id, events))
        yield from ((ledger_id, key) for key in _found_tags(connection, ledger_id, wanted - events))


def _found_tags(connection: Connection, ledger_id: str, keys: set[str]) -> set[str]:
    # What many events bear has a stored state, which is found without reading over them.
    stated = {row[0] for row in _STATES.rows(connection, ledger_id, sorted(keys))}
    return stated | {row[0] for row in _TAGS.rows(connection, ledger_id, sorted(keys - stated))}


def _found_events(connection: Connection, ledger_id: str, keys: set[str]) -> set[str]:
    by_id = {event_id_bytes(key.removeprefix(_EVENT_BEGIN)): key for key in keys}
    return {by_id[bytes(row[0])] for row in _EVENTS.rows(connection, ledger_id, list(by_id))}
