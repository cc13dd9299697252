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
    yield export_header(ledger_id, log_id, checkpoint.note)
    for first in range(1, checkpoint.size + 1, ENTRIES_PER_PIECE):
        last = min(first + ENTRIES_PER_PIECE - 1, checkpoint.size)
        yield b"".join(entry + b"\n" for entry in tree.entries(ledger_id, first, last))


def export_header(ledger_id: str, log_id: str, note: bytes) -> bytes:
    """The first line, with the checkpoint up to which entries follow."""
    checkpoint = parse_checkpoint(parse_note(note).text)
    header = {
        "checkpoint": note.decode(),
        "format": FORMAT,
        "ledger": ledger_id,
        "log_id": log_id,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
    }
    return json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
