"""Stored checkpoints: the notes a log signed, and what witnesses signed of them."""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, Insert, Row, Select, func, insert, select
from sqlalchemy.dialects import postgresql

from adapters.event_log.encoding import instant_of, microseconds
from adapters.event_log.tables import log_checkpoint, log_cosignature
from adapters.stored_types import is_of_type
from domain.note import Note, Signature, format_note, parse_note
from domain.ports import StoredCheckpoint

_KEY_ID_BYTES = 4


class SqlCheckpoints:
    """See ports.CheckpointStore."""

    def __init__(self, reader: Engine, writer: Engine) -> None:
        self._reader = reader
        self._writer = writer

    def latest(self, ledger_id: str) -> StoredCheckpoint | None:
        """See CheckpointStore.latest."""
        return self._first(ledger_id, _of(ledger_id).order_by(log_checkpoint.c.size.desc()))

    def at(self, ledger_id: str, size: int) -> StoredCheckpoint | None:
        """See CheckpointStore.at."""
        return self._first(ledger_id, _of(ledger_id).where(log_checkpoint.c.size == size))

    def page(self, ledger_id: str, *, after: int, limit: int) -> list[StoredCheckpoint]:
        """See CheckpointStore.page."""
        statement = _of(ledger_id).where(log_checkpoint.c.size > after).order_by(log_checkpoint.c.size).limit(limit)
        with self._reader.begin() as connection:
            return [_stored(connection, ledger_id, row) for row in connection.execute(statement).all()]

    def latest_ones(self, ledger_id: str, *, at_least: int, limit: int) -> list[StoredCheckpoint]:
        """See CheckpointStore.latest_ones."""
        wanted = _of(ledger_id).where(log_checkpoint.c.size >= at_least)
        statement = wanted.order_by(log_checkpoint.c.size.desc()).limit(limit)
        with self._reader.begin() as connection:
            return [_stored(connection, ledger_id, row) for row in connection.execute(statement).all()]

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
            known = _of(ledger_id).where(log_checkpoint.c.size == checkpoint.size)
            if connection.execute(known).first() is None:
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

    def _first(self, ledger_id: str, statement: Select[int, bytes, int]) -> StoredCheckpoint | None:
        with self._reader.begin() as connection:
            row = connection.execute(statement.limit(1)).first()
            return None if row is None else _stored(connection, ledger_id, row)


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


def _of(ledger_id: str) -> Select[int, bytes, int]:
    columns = log_checkpoint.c.size, log_checkpoint.c.note, log_checkpoint.c.signed_at_us
    return select(*columns).where(log_checkpoint.c.ledger_id == ledger_id)


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


def _stored(connection: Connection, ledger_id: str, row: Row[int, bytes, int]) -> StoredCheckpoint:
    size, data, signed_at_us = row
    note = parse_note(data)
    signed = Note(note.text, (*note.signatures, *cosignatures(connection, ledger_id, size)))
    return StoredCheckpoint(size=size, note=format_note(signed), signed_at=instant_of(signed_at_us))
