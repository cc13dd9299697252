"""How a caller is shown to itself."""

from typing import Any

from domain.access import OF_UNITS, RIGHTS, Grant, Principal


def principal_json(principal: Principal) -> dict[str, Any]:
    """The caller as JSON. `ledgers` and `units` of a grant are null for all of them; `local` has every right."""
    return {
        "subject": principal.subject,
        "issuer": principal.issuer,
        "local": principal.local,
        "grants": [_grant_json(grant) for grant in principal.grants],
    }


def _grant_json(grant: Grant) -> dict[str, Any]:
    rights = RIGHTS[grant.role] if grant.units is None else RIGHTS[grant.role] & OF_UNITS
    return {
        "role": grant.role.value,
        "ledgers": None if grant.ledgers is None else sorted(grant.ledgers),
        "units": None if grant.units is None else sorted(grant.units),
        "rights": sorted(right.value for right in rights),
    }
