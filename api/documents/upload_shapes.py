"""JSON Schema of uploaded files as they are shown."""

from api.documents.shapes import Schema, object_of


def schemas() -> dict[str, Schema]:
    """The named schemas."""
    text: Schema = {"type": "string"}
    instant: Schema = {"type": "string", "format": "date-time"}
    upload = object_of(
        {
            "upload_id": text | {"pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the bytes."},
            "name": text,
            "size": {"type": "integer"},
            "uploaded_by": text | {"description": "The subject of whoever sent it first."},
            "uploaded_at": instant,
            "expires_at": instant,
            "is_own": {
                "type": "boolean",
                "description": "Whether the caller sent it first. Keys are of one caller: what another recorded of the "
                "file is not known by them.",
            },
        }
    )
    return {"Upload": upload}
