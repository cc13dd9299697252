"""The named schemas of /openapi.json."""

from typing import Any, Final

from pydantic.json_schema import models_json_schema

from api.documents.key_shapes import schemas as schemas_of_keys
from api.documents.shapes import Schema, list_of, object_of, reference, schema_of_class
from api.documents.upload_shapes import schemas as schemas_of_uploads
from api.schemas.access_keys import key_request_model, setup_model
from api.schemas.column_mapping import mapping_model
from api.schemas.commands import WAN, reader_of
from api.schemas.digest import digest_request_model
from api.schemas.keys import KEY_PATTERN, MAX_ITEMS
from api.schemas.opening import opening_model
from domain.ports import LedgerInfo
from domain.registry import COMMANDS, CommandType
from projections import rows

ROWS: Final = (
    rows.UnitRow,
    rows.AppropriationRow,
    rows.AppropriationTotals,
    rows.LineRow,
    rows.ProjectRow,
    rows.ProjectDetail,
    rows.EvaluationRow,
    rows.EvaluationDetail,
    rows.AmountBlock,
    rows.ExecutionGroup,
    rows.ExecutionTotal,
    rows.DiffItem,
    rows.SnapshotTotals,
)

ANSWERED: Final = (rows.ProjectDetail, rows.AppropriationRow, rows.LineRow, rows.EvaluationDetail)
"""Rows that are an answer of their own, with their coordinates."""

HASH: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TEMPLATE: Final = "#/components/schemas/{model}"


def components() -> dict[str, Schema]:
    """Every schema that a path refers to, by name."""
    return {
        **{row.__name__: schema_of_class(row) for row in ROWS},
        **{answer_name(row.__name__): _with_coordinates(schema_of_class(row)) for row in ANSWERED},
        "Ledger": schema_of_class(LedgerInfo),
        "Event": _event(),
        "EventOpenings": _event_openings(),
        "Coordinates": _coordinates(),
        "Problem": _problem(),
        "Result": _result(),
        "DryRunResult": _result_of_dry_run(),
        **_requests(),
        "Batch": _batch(),
        **schemas_of_keys(),
        **schemas_of_uploads(),
    }


def input_name(command_type: CommandType) -> str:
    """Name of the schema of a command's body."""
    return reader_of(command_type.name).model.__name__


def answer_name(row: str) -> str:
    """Name of the schema of a row with its coordinates."""
    return f"{row}Answer"


def _with_coordinates(schema: Schema) -> Schema:
    return object_of({**schema["properties"], "coordinates": reference("Coordinates")})


def _requests() -> dict[str, Schema]:
    models = [*(reader_of(each.name).model for each in COMMANDS), opening_model(), digest_request_model()]
    models += [key_request_model(), setup_model(), mapping_model()]
    _, document = models_json_schema([(model, "validation") for model in models], ref_template=_TEMPLATE)
    definitions: dict[str, Schema] = document["$defs"]
    items = {f"{input_name(each)}Item": _item(each, definitions[input_name(each)]) for each in COMMANDS}
    return definitions | items


def _item(command_type: CommandType, body: Schema) -> Schema:
    """A command as an item of a batch: its body, its name, and perhaps a key and a unit."""
    properties = {
        "command": {"const": command_type.name},
        "key": {"type": "string", "pattern": KEY_PATTERN},
        "unit": {"const": WAN, "description": "Amounts of this item are in 万元, with up to six decimals."},
    }
    required = ["command", *body.get("required", [])]
    return body | {"properties": properties | body["properties"], "required": required}


def _batch() -> Schema:
    items = {
        "anyOf": [reference(f"{input_name(each)}Item") for each in COMMANDS],
        "discriminator": {
            "propertyName": "command",
            "mapping": {each.name: reference(f"{input_name(each)}Item")["$ref"] for each in COMMANDS},
        },
    }
    return object_of({"commands": list_of(items) | {"minItems": 1, "maxItems": MAX_ITEMS}})


def _event() -> Schema:
    return schema_of_class(rows.EventRow)


def _event_openings() -> Schema:
    texts: dict[str, Schema] = {name: {"type": "string"} for name in ("field", "value")}
    hashes: dict[str, Schema] = {
        name: {"type": "string", "pattern": "^[0-9a-f]{64}$"} for name in ("salt", "commitment")
    }
    erased = list_of({"type": "string"}) | {"description": "Fields whose opening is erased."}
    properties = {"position": {"type": "integer"}, "openings": list_of(object_of(texts | hashes)), "erased": erased}
    return object_of(properties)


def _coordinates() -> Schema:
    properties: dict[str, Any] = {
        "as_of": {"type": "string", "format": "date", "description": "Absent from answers that have no date."},
        "known_at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        "position": {"type": "integer"},
        "closed": {"type": "boolean", "description": "No later event can change the answer."},
        "root": {**HASH, "description": "Root of the log's tree up to the position, hex."},
    }
    required = ["known_at", "position", "closed", "root"]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _problem() -> Schema:
    error = {
        "type": "object",
        "properties": {
            "pointer": {"type": "string"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "index": {"type": "integer"},
        },
        "required": ["pointer", "code", "detail"],
    }
    texts = {name: {"type": "string"} for name in ("type", "title", "code", "detail")}
    properties = {**texts, "status": {"type": "integer"}, "errors": list_of(error)}
    instance = {"type": "string", "description": "Of a failure of the service: its log names it, too."}
    return {
        "type": "object",
        "description": "RFC 9457. Beside these members stand the figures that explain the refusal.",
        "properties": properties | {"instance": instance},
        "required": list(properties),
    }


def _result_of_dry_run() -> Schema:
    replayed = {"const": True, "description": "It was accepted before, under the same key."}
    result = _result()
    return result | {"properties": {**result["properties"], "replayed": replayed}}


def _result() -> Schema:
    properties = {
        "index": {"type": "integer"},
        "status": {"type": "integer"},
        "events": list_of(reference("Event")),
        "problem": reference("Problem"),
    }
    return {"type": "object", "properties": properties, "required": ["index", "status"]}
