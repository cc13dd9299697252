"""How API keys are shown: never their secrets."""

from datetime import datetime
from typing import Any

from adapters.access.api_keys import ApiKey
from domain.dates import format_instant


def key_json(key: ApiKey, now: datetime) -> dict[str, Any]:
    """The key as JSON. `ledgers` and `units` are null for all of them."""
    return {
        "key_id": key.key_id,
        "subject": key.subject,
        "label": key.label,
        "role": key.grant.role.value,
        "ledgers": None if key.grant.ledgers is None else sorted(key.grant.ledgers),
        "units": None if key.grant.units is None else sorted(key.grant.units),
        "created_at": format_instant(key.created_at),
        "created_by": key.created_by,
        "expires_at": _instant(key.expires_at),
        "revoked_at": _instant(key.revoked_at),
        "revoked_by": key.revoked_by,
        "as_recorded": key.is_as_recorded,
        "usable": key.is_usable(now),
    }


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else format_instant(instant)
