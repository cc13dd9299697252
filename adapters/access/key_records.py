"""What the access log says of each key, and whether the table of keys says the same.

The table alone proves nothing: whoever may write to it can add a key. The log is chained, so a key counts only as it
is said there.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select

from adapters.access.encoding import UnreadableRecordError, decode_entry
from adapters.access.tables import access_record
from adapters.event_log.encoding import instant_of
from adapters.stored_types import is_of_type
from domain.access_log import (
    KEY_CREATED,
    KEY_CREATION_RESTATED,
    KEY_REVOCATION_RESTATED,
    KEY_REVOKED,
    AccessEntry,
    AccessKind,
)
from domain.dates import format_instant
from domain.errors import Figure

SUBJECT_BEGIN: Final = "key:"
"""What the subject of a key begins with; its id follows."""
DIGEST: Final = "secret_hash_sha256"
"""Figure of the record of a key's making: SHA-256 of what is stored of its secret."""
FIRST_RECORDED: Final = "first_recorded_at"
"""Figure of a restated record: when the record was made whose place it takes."""
RESTATED: Final = {
    KEY_CREATED: KEY_CREATION_RESTATED,
    KEY_REVOKED: KEY_REVOCATION_RESTATED,
    KEY_CREATION_RESTATED: KEY_CREATION_RESTATED,
    KEY_REVOCATION_RESTATED: KEY_REVOCATION_RESTATED,
}
"""By the code of a record: that of the one which says the same again when the first is taken away."""

_RECORD: Final = access_record.c
_ADMINISTERED: Final = (
    select(_RECORD.sequence, _RECORD.recorded_at_us, _RECORD.hash, _RECORD.entry)
    .where(_RECORD.kind == AccessKind.ADMINISTERED.value, is_of_type(*access_record.c))
    .order_by(_RECORD.sequence)
)


class _Said(NamedTuple):
    """One record of a key: by whom, and what it may do."""

    subject: str | None
    figures: Mapping[str, Figure]


class KeyRecords:
    """What the records that were added say of keys."""

    def __init__(self) -> None:
        self._made: dict[str, list[_Said]] = defaultdict(list)
        self._revoked: dict[str, list[_Said]] = defaultdict(list)
        self._last: tuple[int, bytes] | None = None

    def add(self, entry: AccessEntry) -> None:
        """Remembers what an entry says; one that is about no key says nothing."""
        kind = RESTATED.get(entry.code)
        if kind is None or entry.kind is not AccessKind.ADMINISTERED:
            return
        of_kind = self._made if kind == KEY_CREATION_RESTATED else self._revoked
        figures = {name: value for name, value in entry.figures.items() if name != FIRST_RECORDED}
        said = _Said(entry.subject, figures)
        for subject in entry.concerns:
            of_key = of_kind[subject.removeprefix(SUBJECT_BEGIN)]
            # Who had read the first record reads the one that takes its place, too.
            if entry.code != kind or said not in of_key:
                of_key.append(said)

    def read_on(self, connection: Connection) -> None:
        """Adds the records that came since the last call; what cannot be read says nothing.

        Begins anew where the record it came to is another now, or gone: a failover can lose what was read before.
        """
        first = 0 if self._last is None else self._last[0]
        rows = connection.execute(_ADMINISTERED.where(_RECORD.sequence >= first)).all()
        if self._last is not None and [(row.sequence, row.hash) for row in rows[:1]] != [self._last]:
            self._made.clear()
            self._revoked.clear()
            self._last = None
            rows = connection.execute(_ADMINISTERED).all()
        for row in rows if self._last is None else rows[1:]:
            entry = _entry_of(row.entry)
            if entry is not None:
                self.add(entry)
            self._last = row.sequence, row.hash

    def differences(self, row: Mapping[str, Any]) -> Iterator[str]:
        """What a row of the table of keys says otherwise than the log; its label and its instants are not compared.

        Nor is its secret where the row's is None.
        """
        made, revoked = self._made.get(row["key_id"], []), self._revoked.get(row["key_id"], [])
        if len(made) != 1:
            yield "no record says that it was made" if not made else f"{len(made)} records say that it was made"
        else:
            yield from _of_making(row, made[0])
        if row["revoked_at_us"] is None:
            if revoked:
                yield "a record says that it was revoked, and it is not"
        elif not revoked:
            yield "it is revoked, and no record says so"
        elif row["revoked_by"] != revoked[0].subject:
            yield "it was revoked by somebody else than its record says"

    def lacks_secret(self, key_id: str) -> bool:
        """Whether a record tells of the key without the hash of its secret, as those of an older version do."""
        return any(DIGEST not in each.figures for each in self._made.get(key_id, []))

    def key_ids(self) -> set[str]:
        """Of which keys anything is said."""
        return self._made.keys() | self._revoked.keys()


def rights_of(row: Mapping[str, Any]) -> dict[str, str]:
    """What an auditor has to know of a new key, who may not list keys; what is not limited is left out.

    Raises:
        OverflowError, ValueError: its end is no instant.
    """
    until_us = row["expires_at_us"]
    limits = {
        "ledgers": row["ledgers"],
        "units": row["units"],
        "expires_at": None if until_us is None else format_instant(instant_of(until_us)),
    }
    return {"granted_role": row["role"]} | {name: text for name, text in limits.items() if text is not None}


def secret_figure(secret_hash: bytes) -> dict[str, str]:
    """What ties the record to the key's secret. A secret is random and long: nobody finds it from this."""
    return {DIGEST: hashlib.sha256(secret_hash).hexdigest()}


def restated(connection: Connection, last_sequence: int) -> list[AccessEntry]:
    """What has to be said again when all records up to a sequence are taken away, so that keys can be proven still.

    The address of whoever made or revoked the key is not kept longer than the first record.
    """
    entries = []
    for row in connection.execute(_ADMINISTERED.where(_RECORD.sequence <= last_sequence)):
        entry = _entry_of(row.entry)
        if entry is not None and entry.code in RESTATED:
            first = {FIRST_RECORDED: format_instant(instant_of(row.recorded_at_us))}
            figures = first | dict(entry.figures)
            entries.append(replace(entry, code=RESTATED[entry.code], address=None, figures=figures))
    return entries


def _of_making(row: Mapping[str, Any], said: _Said) -> Iterator[str]:
    if row["created_by"] != said.subject:
        yield "it was made by somebody else than its record says"
    secret_hash, digest = row["secret_hash"], said.figures.get(DIGEST)
    if None not in {secret_hash, digest} and digest != secret_figure(secret_hash)[DIGEST]:
        yield "its secret is not the one of its record"
    told = {name: value for name, value in said.figures.items() if name != DIGEST}
    try:
        rights = rights_of(row)
    except (OverflowError, ValueError):
        yield "its end is no instant"
        return
    names = {"granted_role": "role", "ledgers": "ledgers", "units": "units", "expires_at": "end"}
    wrong = [said_of for name, said_of in names.items() if rights.get(name) != told.get(name)]
    if wrong:
        yield f"{', '.join(wrong)}: not as its record says"


def _entry_of(stored: bytes) -> AccessEntry | None:
    try:
        return decode_entry(stored)
    except UnreadableRecordError:
        return None
