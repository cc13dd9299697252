"""The log export: every stored entry up to a checkpoint, for an audit of the whole log."""

import json
from collections.abc import Iterator
from typing import Final

from domain.checkpoint import parse_checkpoint
from domain.note import parse_note
from domain.ports import LogTree, StoredCheckpoint

FORMAT: Final = "fundtrail-log/1"
ENTRIES_PER_PIECE: Final = 1_000


def export_pieces(tree: LogTree, ledger_id: str, log_id: str, checkpoint: StoredCheckpoint) -> Iterator[bytes]:
    """The export in pieces: the header line, then some entries at a time."""
    note = parse_note(checkpoint.note)
    header = {
        "checkpoint": checkpoint.note.decode(),
        "format": FORMAT,
        "ledger": ledger_id,
        "log_id": log_id,
        "origin": parse_checkpoint(note.text).origin,
        "size": checkpoint.size,
    }
    yield json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    for first in range(1, checkpoint.size + 1, ENTRIES_PER_PIECE):
        last = min(first + ENTRIES_PER_PIECE - 1, checkpoint.size)
        yield b"".join(entry + b"\n" for entry in tree.entries(ledger_id, first, last))
