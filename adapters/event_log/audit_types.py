"""Values of another type than their column in the rows of a ledger: what cannot be read is named before the rest."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection, Table

from adapters.event_log.tables import (
    boundary_state,
    ledger_head,
    ledger_receipt,
    log_checkpoint,
    log_cosignature,
    log_entry,
    log_tag,
    log_tile,
    private_value,
)
from adapters.stored_types import in_words, mistyped

_PARTS: Final[Mapping[Table, tuple[str, str | None]]] = {
    log_entry: ("columns", "position"),
    ledger_head: ("head", "position"),
    log_tag: ("tags", "position"),
    boundary_state: ("states", "position"),
    private_value: ("private", None),
    ledger_receipt: ("receipts", None),
    log_tile: ("tiles", None),
    log_checkpoint: ("checkpoints", "size"),
    log_cosignature: ("cosignatures", "size"),
}
"""By table: the part that a difference is found in, and the column that says at which position."""


class MistypedRow(NamedTuple):
    """A row that holds something else than the log writes; `position` is None where none is known."""

    table: str
    position: int | None
    part: str
    columns: tuple[str, ...]
    detail: str


def audited_tables() -> Iterator[tuple[Table, str]]:
    """Every table with rows of a ledger, and the part that its differences are found in."""
    for table, (part, _) in _PARTS.items():
        yield table, part


def mistyped_rows(connection: Connection, table: Table, ledger_id: str) -> Iterator[MistypedRow]:
    """Every such row of the ledger in the table."""
    part, place = _PARTS[table]
    column = table.c.ledger_id
    # Only an id that is no text has a quotation mark: the others are found by the index.
    own = in_words(column) == ledger_id if "'" in ledger_id else column == ledger_id
    for row in mistyped(connection, table, table.c[place or "ledger_id"], own):
        position = row.place if isinstance(row.place, int) else None
        is_of_entry = table is log_entry and not {"entry", "leaf_hash"}.isdisjoint(row.columns)
        yield MistypedRow(table.name, position, "entry" if is_of_entry else part, row.columns, row.detail)
