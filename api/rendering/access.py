"""The access log as it is shown."""

from typing import Any

import msgspec

from adapters.access.reading import StoredRecord
from adapters.event_log.encoding import instant_of
from domain.access_log import AccessMark, AccessRecord
from domain.dates import format_instant


def record_json(record: AccessRecord) -> dict[str, Any]:
    """A record: its place, who, what, and its hash."""
    entry = record.entry
    return {
        "sequence": record.sequence,
        "recorded_at": format_instant(record.recorded_at),
        "kind": entry.kind,
        "action": entry.action,
        "code": entry.code,
        "ledger_id": entry.ledger_id,
        "subject": entry.subject,
        "issuer": entry.issuer,
        "role": entry.role,
        "address": entry.address,
        "concerns": entry.concerns,
        "figures": entry.figures,
        "count": entry.count,
        "hash": record.hash.hex(),
    }


def mark_json(mark: AccessMark) -> dict[str, Any]:
    """A place of the chain."""
    return {"sequence": mark.sequence, "hash": mark.hash.hex()}


def stored_json(stored: StoredRecord) -> bytes:
    """A line of an export; what stands under `entry` are the very bytes that the hash covers."""
    return msgspec.json.encode(
        {
            "sequence": stored.sequence,
            "recorded_at": format_instant(instant_of(stored.recorded_at_us)),
            "hash": stored.hash.hex(),
            "entry": msgspec.Raw(stored.entry),
        }
    )
