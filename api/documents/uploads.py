"""OpenAPI of uploaded files."""

from typing import Any, Final

from api.documents.shapes import Schema, reference
from api.documents.writes import LEDGER, json_answer, problems
from api.parameters import ParameterSet

UPLOAD_ID: Final[dict[str, Any]] = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
}

_BINARY: Final[Schema] = {"type": "string", "format": "binary"}
_UNKNOWN: Final = {"404": "There is no such ledger, or the file is not kept (any more)."}
_WRONG: Final = {"422": "A field or parameter is unknown or wrong."}
_BODY: Final = {
    "400": "The body is malformed.",
    "409": "As much is kept for the caller or the ledger as for one may be.",
    "413": "The body is too large.",
    "415": "The body is not declared as what is expected.",
    "503": "There is no room for it, or where it is to be kept cannot be written.",
}


def document_of_upload_request(parameters: ParameterSet) -> dict[str, Any]:
    """Keeping a file."""
    return {
        "tags": ["write"],
        "summary": "keep a file that is to be looked at before it is recorded; nothing of it is recorded",
        "parameters": [LEDGER, *parameters.document()],
        "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": _BINARY}}},
        "responses": {
            "201": json_answer("Kept, or kept before.", reference("Upload")),
            **problems(_BODY | _UNKNOWN | _WRONG),
        },
    }


def document_of_upload(parameters: ParameterSet) -> dict[str, Any]:
    """A file that is kept."""
    answer = json_answer("What is known of it; as application/octet-stream its bytes.", reference("Upload"))
    answer["content"]["application/octet-stream"] = {"schema": _BINARY}
    return {
        "tags": ["read"],
        "summary": "an uploaded file",
        "parameters": [LEDGER, UPLOAD_ID, *parameters.document()],
        "responses": {"200": answer, **problems(_UNKNOWN | _WRONG)},
    }
