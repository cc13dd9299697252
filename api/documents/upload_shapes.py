"""JSON Schema of uploaded files and column mappings as they are shown."""

from api.documents.shapes import Schema, object_of, schema_of_class
from api.schemas.column_mapping import ColumnMapping


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
    mapping = object_of(
        {
            **schema_of_class(ColumnMapping)["properties"],
            "mapping_id": text | {"pattern": "^[0-9a-f]{64}$"},
            "sha256": text | {"description": "Another where another one of the name took its place."},
            "saved_by": text | {"description": "The subject of its author."},
            "saved_at": instant,
            "is_own": {"type": "boolean", "description": "Whether the caller saved it."},
            "is_own_only": {
                "type": "boolean",
                "description": "Whether it is offered to its author alone: one who is limited to units saved it.",
            },
        }
    )
    return {"Upload": upload, "KeptColumnMapping": mapping}
