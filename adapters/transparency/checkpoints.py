"""Stored checkpoints: the notes a log signed, and what witnesses signed of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Engine, Insert, Row, ScalarSelect, Select, func, insert, or_, select
from sqlalchemy.dialects import postgresql

from adapters.event_log.bulk import as_stored
from adapters.event_log.encoding import instant_of, microseconds
from adapters.event_log.tables import ledger_head, log_checkpoint, log_cosignature
from adapters.stored_types import is_of_type
from adapters.transparency.ed25519 import verify
from domain.checkpoint import MalformedCheckpointError, parse_checkpoint
from domain.note import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    MalformedNoteError,
    Note,
    Signature,
    UntrustedNoteError,
    VerifierKey,
    format_note,
    format_signature,
    parse_note,
    verify_note,
)
from domain.ports import StoredCheckpoint

KeysOf = Callable[[str], Sequence[VerifierKey]]
"""The keys that a ledger's log signs with, as far as they are known here."""

_KEY_ID_BYTES: Final = 4
_AT_ONCE: Final = 1_000
_ROW: Final = tuple(
    as_stored(column).label(column.name)
    for column in (log_checkpoint.c.size, log_checkpoint.c.note, log_checkpoint.c.signed_at_us)
)


class SqlCheckpoints:
    """See ports.CheckpointStore.

    What is stored and cannot be used counts as not there: whoever has the service's role can put in such rows, and
    nobody can take them out.
    """

    def __init__(
        self,
        reader: Engine,
        writer: Engine,
        keys_of: KeysOf = lambda _ledger_id: (),
        witnesses: Sequence[VerifierKey] = (),
    ) -> None:
        """`keys_of` gives those that a ledger's log signs with; where it gives none, nothing is verified.

        `witnesses` are keys whose cosignatures are verified, and stand in a note before any others.
        """
        self._reader = reader
        self._writer = writer
        self._keys_of = keys_of
        self._witnesses = witnesses

    def latest(self, ledger_id: str) -> StoredCheckpoint | None:
        """See CheckpointStore.latest."""
        found = self.latest_ones(ledger_id, at_least=0, limit=1)
        return found[0] if found else None

    def at(self, ledger_id: str, size: int) -> StoredCheckpoint | None:
        """See CheckpointStore.at."""
        found = self._usable(ledger_id, _of(ledger_id).where(log_checkpoint.c.size == size), limit=1)
        return found[0] if found else None

    def page(self, ledger_id: str, *, after: int, limit: int) -> list[StoredCheckpoint]:
        """See CheckpointStore.page."""
        statement = _of(ledger_id).where(log_checkpoint.c.size > after).order_by(log_checkpoint.c.size)
        return self._usable(ledger_id, statement, limit)

    def latest_ones(self, ledger_id: str, *, at_least: int, limit: int) -> list[StoredCheckpoint]:
        """See CheckpointStore.latest_ones."""
        statement = _of(ledger_id).where(log_checkpoint.c.size >= at_least).order_by(log_checkpoint.c.size.desc())
        return self._usable(ledger_id, statement, limit)

    def unusable(self, ledger_id: str, *, first: int, last: int) -> list[int]:
        """See CheckpointStore.unusable."""
        size, head, known = log_checkpoint.c.size, _head_of(ledger_id), self._keys_of(ledger_id)
        statement: Select[Any] = select(*_ROW, (size > head).label("is_beyond")).where(
            log_checkpoint.c.ledger_id == ledger_id
        )
        statement = statement.where(is_of_type(size), or_(size.between(first, last), size > head)).order_by(size)
        with self._reader.begin() as connection:
            rows = connection.execute(statement.limit(_AT_ONCE)).all()
            return [row.size for row in rows if row.is_beyond or _signed(row, known) is None]

    def may_add(self) -> bool:
        """Whether this process may do what `add` does: on PostgreSQL by the rights of its role."""
        with self._reader.begin() as connection:
            if connection.dialect.name != "postgresql":
                return True
            right = func.has_table_privilege(f"{log_checkpoint.schema}.{log_checkpoint.name}", "INSERT")
            return bool(connection.scalar(select(right)))

    def add(self, ledger_id: str, checkpoint: StoredCheckpoint) -> None:
        """See CheckpointStore.add."""
        with self._writer.begin() as connection:
            known = select(*_ROW).where(log_checkpoint.c.ledger_id == ledger_id)
            if connection.execute(known.where(log_checkpoint.c.size == checkpoint.size)).first() is None:
                connection.execute(_insertion(connection).values(_row(ledger_id, checkpoint)))

    def add_cosignatures(self, ledger_id: str, size: int, signatures: Sequence[Signature]) -> None:
        """See CheckpointStore.add_cosignatures."""
        with self._writer.begin() as connection:
            known = {each.name for each in cosignatures(connection, ledger_id, size)}
            rows = [
                {"ledger_id": ledger_id, "size": size, "witness": each.name, "value": each.key_id + each.value}
                for each in signatures
                if each.name not in known
            ]
            if rows:
                connection.execute(insert(log_cosignature), rows)

    def _usable(self, ledger_id: str, statement: Select[Any], limit: int) -> list[StoredCheckpoint]:
        """The first of those that can be used, at most `limit`."""
        found: list[StoredCheckpoint] = []
        known, seen, wanted = self._keys_of(ledger_id), 0, limit
        with self._reader.begin() as connection:
            while len(found) < limit:
                rows = connection.execute(statement.limit(wanted).offset(seen)).all()
                usable = [each for each in (_signed(row, known) for row in rows) if each is not None]
                found += [self._cosigned(connection, ledger_id, each) for each in usable]
                if len(rows) < wanted:
                    break
                seen, wanted = seen + wanted, _AT_ONCE
        return found[:limit]

    def _cosigned(self, connection: Connection, ledger_id: str, checkpoint: StoredCheckpoint) -> StoredCheckpoint:
        """The same with what witnesses signed of it, as far as a note has room; what is seen to be false is not."""
        note = parse_note(checkpoint.note)
        known = {(each.name, each.key_id): each for each in self._witnesses}
        verified: list[Signature] = []
        others: list[Signature] = []
        for each in cosignatures(connection, ledger_id, checkpoint.size):
            key = known.get((each.name, each.key_id))
            if key is None:
                others.append(each)
            elif _is_verified(note.text, each, key):
                verified.append(each)
        signatures = [*note.signatures, *verified][:MAX_SIGNATURES]
        room = MAX_NOTE_BYTES - len(format_note(Note(note.text, tuple(signatures))))
        for each in others:
            line_bytes = len(format_signature(each).encode(errors="replace"))
            if len(signatures) < MAX_SIGNATURES and line_bytes <= room and _can_stand(note.text, each):
                signatures.append(each)
                room -= line_bytes
        whole = Note(note.text, tuple(signatures))
        return replace(checkpoint, note=format_note(whole))


def cosignatures(connection: Connection, ledger_id: str, size: int) -> tuple[Signature, ...]:
    """What witnesses signed of the checkpoint of that size, by name."""
    statement = (
        select(log_cosignature.c.witness, log_cosignature.c.value)
        .where(log_cosignature.c.ledger_id == ledger_id, log_cosignature.c.size == size)
        .where(is_of_type(*log_cosignature.c))
        .order_by(log_cosignature.c.witness)
    )
    rows = connection.execute(statement).all()
    return tuple([Signature(witness, value[:_KEY_ID_BYTES], value[_KEY_ID_BYTES:]) for witness, value in rows])


def _of(ledger_id: str) -> Select[Any]:
    """Not those of more entries than the log has: nothing of it follows from them."""
    of_log = select(*_ROW).where(log_checkpoint.c.ledger_id == ledger_id)
    return of_log.where(is_of_type(log_checkpoint.c.size), log_checkpoint.c.size <= _head_of(ledger_id))


def _head_of(ledger_id: str) -> ScalarSelect[int]:
    return select(ledger_head.c.position).where(ledger_head.c.ledger_id == ledger_id).scalar_subquery()


def _insertion(connection: Connection) -> Insert:
    """On PostgreSQL another process may store the same checkpoint, with the same note, after it was looked for."""
    if connection.dialect.name == "sqlite":
        return insert(log_checkpoint)
    return postgresql.insert(log_checkpoint).on_conflict_do_nothing()


def _row(ledger_id: str, checkpoint: StoredCheckpoint) -> dict[str, object]:
    return {
        "ledger_id": ledger_id,
        "size": checkpoint.size,
        "note": checkpoint.note,
        "signed_at_us": microseconds(checkpoint.signed_at),
    }


def _signed(row: Row[Any], known: Sequence[VerifierKey]) -> StoredCheckpoint | None:
    """What the row says; None where that is no checkpoint of that size, or none that the keys have signed."""
    try:
        note = parse_note(row.note)
        checkpoint = parse_checkpoint(note.text)
        if known:
            verify_note(note, known, verify)
        signed_at = instant_of(row.signed_at_us)
    except (TypeError, OverflowError, MalformedNoteError, MalformedCheckpointError, UntrustedNoteError):
        return None
    if checkpoint.size != row.size or row.size < 1:
        return None
    return StoredCheckpoint(size=row.size, note=row.note, signed_at=signed_at)


def _is_verified(text: str, signature: Signature, key: VerifierKey) -> bool:
    try:
        verify_note(Note(text, (signature,)), [key], verify)
    except UntrustedNoteError:
        return False
    return True


def _can_stand(text: str, signature: Signature) -> bool:
    try:
        format_note(Note(text, (signature,)))
    except MalformedNoteError:
        return False
    return True
