"""JSON Schema of API keys and callers as they are shown."""

from api.documents.shapes import Schema, list_of, object_of, or_null
from domain.access import Right, Role


def schemas() -> dict[str, Schema]:
    """The named schemas of keys and callers."""
    key = _key()
    return {"Key": object_of(key), "NewKey": object_of(key | {"key": {"type": "string"}}), "Caller": _caller()}


def _caller() -> Schema:
    ids = or_null(list_of({"type": "string"}))
    words: dict[str, Schema] = {
        "role": {"type": "string", "enum": [each.value for each in Role]},
        "right": {"type": "string", "enum": [each.value for each in Right]},
    }
    grant = object_of({"role": words["role"], "ledgers": ids, "units": ids, "rights": list_of(words["right"])})
    local: Schema = {"type": "boolean", "description": "Nobody is asked who they are: every right, and no grants."}
    return object_of(
        {"subject": {"type": "string"}, "issuer": or_null({"type": "string"}), "local": local, "grants": list_of(grant)}
    )


def _key() -> dict[str, Schema]:
    text: Schema = {"type": "string"}
    ids = or_null(list_of(text))
    instant: Schema = {"type": "string", "format": "date-time"}
    return {
        "key_id": text,
        "subject": text | {"description": "The actor of what is recorded with the key."},
        "label": or_null(text),
        "role": {"type": "string", "enum": [each.value for each in Role]},
        "ledgers": ids,
        "units": ids,
        "created_at": instant,
        "created_by": text,
        "expires_at": or_null(instant),
        "revoked_at": or_null(instant),
        "revoked_by": or_null(text),
        "as_recorded": {"type": "boolean", "description": "The access log says the same of it; else it opens nothing."},
        "usable": {"type": "boolean"},
    }
