"""OpenAPI of uploaded files and of column mappings."""

from typing import Any, Final

from api.documents.shapes import Schema, list_of, object_of, reference
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
    "413": "The body is too large.",
    "415": "The body is not declared as what is expected.",
    "503": "There is no room for it.",
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


def document_of_mappings(parameters: ParameterSet) -> dict[str, Any]:
    """The mappings of a ledger."""
    answer = json_answer("The latest first.", object_of({"items": list_of(reference("ColumnMapping"))}))
    return {
        "tags": ["read"],
        "summary": "how the columns of other systems' exports are read",
        "parameters": [LEDGER, *parameters.document()],
        "responses": {"200": answer, **problems(_UNKNOWN | _WRONG)},
    }


def document_of_mapping_request(parameters: ParameterSet) -> dict[str, Any]:
    """Keeping a mapping."""
    content = {"application/json": {"schema": reference("ColumnMapping")}}
    return {
        "tags": ["write"],
        "summary": "keep a column mapping under its name; another of that name gives way",
        "parameters": [LEDGER, *parameters.document()],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "201": json_answer("Kept.", reference("ColumnMapping")),
            **problems(_BODY | _UNKNOWN | _WRONG),
        },
    }
