"""OpenAPI of the addresses that record."""

from typing import Any, Final

from api.documents.components import input_name
from api.documents.shapes import Schema, list_of, object_of, or_null, reference
from api.parameters import ParameterSet
from api.schemas.keys import KEY_PATTERN
from domain.registry import CommandType
from domain.shape import PATTERN, Shape

INTEGER: Final[Schema] = {"type": "integer"}

KEY_HEADER: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes a retry safe. Required, but on a dry run.",
    "schema": {"type": "string", "pattern": KEY_PATTERN},
}
POSITION_PATTERN: Final = "^[1-9][0-9]{0,15}$"


def path_parameter(name: str) -> dict[str, Any]:
    """A part of the address: a position, or the id of something."""
    pattern = POSITION_PATTERN if name == "position" else PATTERN[Shape.IDENTIFIER]
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}


LEDGER: Final = path_parameter("ledger")

_REFUSALS: Final = {
    "400": "The body is malformed, or the idempotency key is missing.",
    "409": "Refused by a rule, with the figures that explain it (`other_index`: another item of this request).",
    "413": "The body is too large.",
    "415": "The body is not declared as JSON.",
    "422": "Fields, dates or parameters are wrong.",
    "503": "Not decided now; a retry with the same key settles it.",
}
_UNKNOWN: Final = {"404": "There is no such ledger."}


def document_of_command(command_type: CommandType, parameters: ParameterSet) -> dict[str, Any]:
    """The address of one command."""
    return {
        "tags": ["write"],
        "summary": command_type.name,
        "parameters": [LEDGER, KEY_HEADER, *parameters.document()],
        "requestBody": _body(input_name(command_type)),
        "responses": {**_accepted(), "200": _dry_run(), **problems(_REFUSALS | _UNKNOWN)},
    }


def document_of_batch(parameters: ParameterSet) -> dict[str, Any]:
    """The address of many commands."""
    return {
        "tags": ["write"],
        "summary": "many commands, in order",
        "parameters": [LEDGER, KEY_HEADER, *parameters.document()],
        "requestBody": _body("Batch"),
        "responses": {
            **_accepted(),
            "200": _dry_run(),
            "207": json_answer("What became of each command.", _results()),
            **problems(_REFUSALS | _UNKNOWN),
        },
    }


def document_of_digest(parameters: ParameterSet) -> dict[str, Any]:
    """The address that records digests."""
    return {
        "tags": ["write"],
        "summary": "record-digest",
        "description": "The service works out the digest of all that is recorded so far: no caller chooses it.",
        "parameters": [LEDGER, KEY_HEADER, *parameters.document()],
        "requestBody": _body("RecordDigest"),
        "responses": {**_accepted(), "200": _dry_run(), **problems(_REFUSALS | _UNKNOWN)},
    }


def document_of_opening(parameters: ParameterSet) -> dict[str, Any]:
    """The address that opens ledgers."""
    return {
        "tags": ["write"],
        "summary": "open-ledger",
        "parameters": [KEY_HEADER, *parameters.document()],
        "requestBody": _body("OpenLedger"),
        "responses": {**_accepted(), "200": _dry_run(), **problems(_REFUSALS)},
    }


def json_answer(description: str, schema: Schema) -> dict[str, Any]:
    """A JSON answer."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def problems(descriptions: dict[str, str]) -> dict[str, Any]:
    """Problem answers, by status."""
    content = {"application/problem+json": {"schema": reference("Problem")}}
    return {status: {"description": text, "content": content} for status, text in descriptions.items()}


def _body(name: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": reference(name)}}}


def _accepted() -> dict[str, Any]:
    events = object_of({"position": INTEGER, "events": list_of(reference("Event"))})
    headers = {
        "Location": {"description": "The last event.", "schema": {"type": "string"}},
        "Idempotency-Replayed": {"description": "true: it had been accepted before.", "schema": {"const": "true"}},
    }
    return {"201": json_answer("Recorded, durably.", events) | {"headers": headers}}


def _dry_run() -> dict[str, Any]:
    return json_answer("Dry run: what the write would answer. Nothing was written.", _results("DryRunResult"))


def _results(result: str = "Result") -> Schema:
    return object_of({"position": or_null(INTEGER), "results": list_of(reference(result))})
