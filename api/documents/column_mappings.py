"""OpenAPI of column mappings."""

from typing import Any, Final

from api.documents.shapes import list_of, object_of, reference
from api.documents.writes import LEDGER, json_answer, problems
from api.parameters import ParameterSet

MAPPING_ID: Final[dict[str, Any]] = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
}

_UNKNOWN: Final = {"404": "There is no such ledger, or no such mapping for this caller."}
_WRONG: Final = {"422": "A field or parameter is unknown or wrong."}
_BODY: Final = {
    "400": "The body is malformed.",
    "409": "The caller or the ledger has as many as one may have.",
    "413": "The body is too large.",
    "415": "The body is not declared as what is expected.",
}
_OF_ANOTHER: Final = {"403": "Somebody else saved it, and the caller is no approver."}
_NOT_KEPT: Final = {"503": "It could not be kept, or what is done with it not be written down."}


def document_of_mappings(parameters: ParameterSet) -> dict[str, Any]:
    """The mappings of a ledger."""
    answer = json_answer("The latest first.", object_of({"items": list_of(reference("KeptColumnMapping"))}))
    return {
        "tags": ["read"],
        "summary": "how the columns of other systems' exports are read: what was saved for all, and by the caller",
        "parameters": [LEDGER, *parameters.document()],
        "responses": {"200": answer, **problems(_UNKNOWN | _WRONG)},
    }


def document_of_mapping_request(parameters: ParameterSet) -> dict[str, Any]:
    """Keeping a mapping."""
    content = {"application/json": {"schema": reference("ColumnMapping")}}
    return {
        "tags": ["write"],
        "summary": "keep a column mapping under its name; one of that name by the same author, or to an approver by "
        "any, gives way. What a caller limited to units saves is offered to that caller alone",
        "parameters": [LEDGER, *parameters.document()],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "201": json_answer("Kept.", reference("KeptColumnMapping")),
            **problems(_BODY | _OF_ANOTHER | _UNKNOWN | _WRONG | _NOT_KEPT),
        },
    }


def document_of_mapping_deletion(parameters: ParameterSet) -> dict[str, Any]:
    """Deleting a mapping."""
    return {
        "tags": ["write"],
        "summary": "delete a column mapping: its author or an approver may",
        "parameters": [LEDGER, MAPPING_ID, *parameters.document()],
        "responses": {
            "200": json_answer("It is gone; this is what it was.", reference("KeptColumnMapping")),
            **problems(_OF_ANOTHER | _UNKNOWN | _WRONG | _NOT_KEPT),
        },
    }
