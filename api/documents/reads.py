"""OpenAPI of the addresses that answer questions."""

from typing import Any, Final

from api.documents.components import answer_name
from api.documents.shapes import Schema, list_of, object_of, or_null, reference
from api.documents.writes import LEDGER, json_answer, path_parameter, problems
from api.parameters import ParameterSet
from api.readiness import CHECKS
from api.readiness_wording import READINESS
from domain.boundary import Kind

NEXT: Final[Schema] = or_null({"type": "string", "description": "Absolute path of the following page."})
COORDINATES: Final = reference("Coordinates")

_NOT_FOUND: Final = {"404": "The path names something that is not there."}
_WRONG: Final = {"422": "A parameter is unknown or wrong."}
_BEHIND: Final = {"503": "The views have not reached the position yet, or the database does not answer."}
_UNCHANGED: Final[dict[str, Any]] = {"304": {"description": "Unchanged: If-None-Match names this closed answer."}}


def document_of_list(
    row: str, parameters: ParameterSet, totals: str | None, *, summary: str, path: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A page of rows."""
    properties = {"items": list_of(reference(row)), "next": NEXT, "coordinates": COORDINATES}
    properties |= {} if totals is None else {"totals": reference(totals)}
    return document_of(summary, object_of(properties), parameters, path=path)


def document_of_row(row: str, parameters: ParameterSet) -> dict[str, Any]:
    """One thing."""
    return document_of(row, reference(answer_name(row)), parameters, path=("id",))


def document_of_execution(parameters: ParameterSet) -> dict[str, Any]:
    """Execution by group."""
    groups = list_of(reference("ExecutionGroup"))
    schema = object_of({"items": groups, "total": reference("ExecutionTotal"), "coordinates": COORDINATES})
    return document_of("budget execution by group", schema, parameters)


def document_of_diff(parameters: ParameterSet) -> dict[str, Any]:
    """What differs between two coordinates."""
    both = object_of({"from": COORDINATES, "to": COORDINATES})
    schema = object_of({"coordinates": both, "items": list_of(reference("DiffItem"))})
    return document_of("what differs between two coordinates", schema, parameters)


def document_of_calendar(parameters: ParameterSet) -> dict[str, Any]:
    """Days with events."""
    day: Schema = {"type": "string", "format": "date"}
    item = object_of({"effective_date": day, "event_count": {"type": "integer", "minimum": 1}})
    schema = object_of({"items": list_of(item), "coordinates": COORDINATES})
    return document_of("how many events took effect on each day", schema, parameters)


def document_of_snapshot(parameters: ParameterSet) -> dict[str, Any]:
    """The whole ledger."""
    lists = {
        "units": "UnitRow",
        "appropriations": "AppropriationRow",
        "projects": "ProjectRow",
        "lines": "LineRow",
        "evaluations": "EvaluationRow",
    }
    properties = {name: list_of(reference(row)) for name, row in lists.items()}
    schema = object_of({"coordinates": COORDINATES, **properties, "totals": reference("SnapshotTotals")})
    return document_of("the whole ledger", schema, parameters)


def document_of_events(parameters: ParameterSet) -> dict[str, Any]:
    """A page of events."""
    return document_of_list("Event", parameters, None, summary="recorded events, by position")


def document_of_search(parameters: ParameterSet) -> dict[str, Any]:
    """What was found."""
    text: Schema = {"type": "string"}
    things = (Kind.PROJECT, Kind.PROGRAMME, Kind.APPROPRIATION, Kind.UNIT, Kind.LINE, Kind.EVALUATION)
    kinds = [each.value for each in things]
    thing = object_of({"kind": {"type": "string", "enum": kinds}, "id": text, "name": or_null(text)})
    item = object_of({"event": reference("Event"), "fields": list_of(text)})
    properties: dict[str, Schema] = {
        "things": list_of(thing),
        "items": list_of(item),
        "searched_from": {"type": "integer", "minimum": 0, "description": "Every position from here on was looked at."},
        "next": NEXT,
        "coordinates": COORDINATES,
    }
    document = document_of(
        "what bears a text: things, and events from the newest back", object_of(properties), parameters
    )
    del document["responses"]["304"]
    return document


def document_of_event(parameters: ParameterSet) -> dict[str, Any]:
    """One event."""
    document = document_of("one recorded event", reference("Event"), parameters, path=("position",))
    stored: Schema = {"type": "string", "format": "binary"}
    document["responses"]["200"]["content"]["application/octet-stream"] = {"schema": stored}
    return document


def document_of_event_openings(parameters: ParameterSet) -> dict[str, Any]:
    """What opens the commitments of one event."""
    in_path = path_parameter("position")
    answer = json_answer("What is still stored, and the fields that were erased.", reference("EventOpenings"))
    return {
        "tags": ["read"],
        "summary": "what opens the commitments of one event",
        "parameters": [LEDGER, in_path, *parameters.document()],
        "responses": {"200": answer, **problems(_NOT_FOUND | _WRONG)},
    }


def document_of_stream(parameters: ParameterSet) -> dict[str, Any]:
    """Events as they come in."""
    document = document_of("events as they come in", {}, parameters)
    last = {"name": "Last-Event-ID", "in": "header", "required": False, "schema": {"type": "string"}}
    document["parameters"].append(last)
    content = {"text/event-stream": {"schema": {"type": "string"}}}
    document["responses"]["200"] = {"description": "id: position, data: Event.", "content": content}
    return document


def document_of_ledgers() -> dict[str, Any]:
    """Every ledger."""
    answer = json_answer("By id.", object_of({"items": list_of(reference("Ledger"))}))
    return {"tags": ["read"], "summary": "ledgers", "responses": {"200": answer, **problems(_WRONG)}}


def document_of_ledger() -> dict[str, Any]:
    """One ledger."""
    answer = json_answer("As opened, and its head.", reference("Ledger"))
    return {
        "tags": ["read"],
        "summary": "one ledger",
        "parameters": [LEDGER],
        "responses": {"200": answer, **problems(_NOT_FOUND | _WRONG)},
    }


def document_of_health() -> dict[str, Any]:
    """Liveness."""
    return _operation("the process is up", json_answer("Up.", object_of({"status": {"const": "up"}})))


def document_of_readiness() -> dict[str, Any]:
    """Readiness."""
    boolean: Schema = {"type": "boolean"}
    text: Schema = {"type": "string"}
    problem: Schema = {
        "type": "object",
        "description": "What is wrong. Further members are the figures that the detail names.",
        "properties": {
            "check": {"enum": list(CHECKS)},
            "code": {"enum": sorted(READINESS)},
            "since": {"type": "string", "format": "date-time", "description": "When it was first seen here."},
            "detail": text,
        },
        "required": ["check", "code", "since", "detail"],
    }
    lag = {"type": "integer", "minimum": 0, "description": "Of the view that is furthest behind; absent when unknown."}
    properties = {"ready": boolean, **dict.fromkeys(CHECKS, boolean), "projection_lag_events": lag}
    schema: Schema = {
        "type": "object",
        "properties": {**properties, "problems": list_of(problem)},
        "required": ["ready", *CHECKS, "problems"],
    }
    document = _operation("it can serve, or what is wrong", json_answer("Ready.", schema))
    document["responses"]["503"] = json_answer("Not ready.", schema)
    return document


def document_of_metrics() -> dict[str, Any]:
    """Counters."""
    content = {"text/plain": {"schema": {"type": "string"}}}
    return _operation("counters for Prometheus", {"description": "Text format.", "content": content})


def document_of(
    summary: str, schema: Schema, parameters: ParameterSet, *, path: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A read of one ledger."""
    in_path = [path_parameter(name) for name in path]
    return {
        "tags": ["read"],
        "summary": summary,
        "parameters": [LEDGER, *in_path, *parameters.document()],
        "responses": {
            "200": json_answer("At the coordinates.", schema),
            **_UNCHANGED,
            **problems(_NOT_FOUND | _WRONG | _BEHIND),
        },
    }


def _operation(summary: str, answer: dict[str, Any]) -> dict[str, Any]:
    return {"tags": ["operations"], "summary": summary, "responses": {"200": answer}}
