"""What the service says about itself: /openapi.json is true and complete, /docs needs nothing from elsewhere."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from api.documents.components import _requests, components
from api.documents.pages import ASSETS
from api.documents.shapes import schema_of_class
from api.etags import REPRESENTATION_VERSION
from domain.event import ForeignFact
from domain.registry import COMMANDS, EVENT_TYPES
from tests.support.caller import DISBURSEMENT, EVALUATION, LATER, SPRING, UNIT, Caller, new_caller
from tests.support.server import RunningServer

STATIC = Path(__file__).resolve().parents[2] / "api" / "static"

ANSWER_FORMS = json.loads((Path(__file__).parent / "answer_forms.json").read_text(encoding="utf-8"))
"""SHA-256 of the schema of each answer, by representation version: who holds a closed answer compares its tag."""


@pytest.fixture(scope="module")
def document(sqlite_server: RunningServer) -> dict[str, Any]:
    answer = sqlite_server.client.get("/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.fixture(scope="module")
def caller(sqlite_server: RunningServer) -> Caller:
    """A ledger with an event of most kinds."""
    caller = new_caller(sqlite_server.client)
    caller.found()
    paid = caller.record("/disbursements", DISBURSEMENT | {"overrun": None, "payee": "某某公司"})
    caller.record("/reversals", {"effective_date": LATER, "event_id": paid["event_id"], "reason": "误录"})
    changes = {"planned_amount": "5", "location": "柳林镇", "end_year": None}
    caller.record(
        "/project-amendments", {"effective_date": SPRING, "project_id": "P1", "changes": changes, "reason": "调整"}
    )
    caller.record("/project-status-changes", {"effective_date": SPRING, "project_id": "P1", "status": "started"})
    caller.record("/evaluations", EVALUATION)
    score = {"effective_date": SPRING, "evaluation_id": "E1", "indicator": "a", "score": "50"}
    caller.record("/scores", score)
    caller.record("/score-adjustments", score | {"effective_date": LATER, "score": "40", "reason": "复核"})
    caller.post("/units", UNIT)
    return caller


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_is_valid_openapi_in_its_references(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert names <= set(document["components"]["schemas"])
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_every_command_is_documented_with_its_body_and_its_answers(document: dict[str, Any]) -> None:
    for command_type in COMMANDS:
        operation = document["paths"]["/v1/ledgers/{ledger}" + command_type.path]["post"]
        assert operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        assert {"200", "201", "400", "404", "409", "413", "415", "422", "503"} <= set(operation["responses"])


def test_every_operation_has_a_name_of_its_own_and_says_what_it_answers(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for path, method, operation in operations(document):
        success = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        assert all(answer.get("content") for answer in success), f"{method} {path}"
        declared = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path)), path


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/v1/ledgers", "/v1/ledgers"),
        ("/v1/ledgers/{ledger}", ""),
        ("/v1/ledgers/{ledger}/units", "/units"),
        ("/v1/ledgers/{ledger}/appropriations", "/appropriations"),
        ("/v1/ledgers/{ledger}/projects", "/projects?limit=1"),
        ("/v1/ledgers/{ledger}/lines", "/lines"),
        ("/v1/ledgers/{ledger}/evaluations", "/evaluations"),
        ("/v1/ledgers/{ledger}/projects/{id}", "/projects/P1"),
        ("/v1/ledgers/{ledger}/appropriations/{id}", "/appropriations/A1"),
        ("/v1/ledgers/{ledger}/lines/{id}", "/lines/L1"),
        ("/v1/ledgers/{ledger}/evaluations/{id}", "/evaluations/E1"),
        ("/v1/ledgers/{ledger}/projects/{id}/history", "/projects/P1/history"),
        ("/v1/ledgers/{ledger}/execution", "/execution?group_by=source_level"),
        ("/v1/ledgers/{ledger}/diff", "/diff?from_position=3&to_position=12"),
        ("/v1/ledgers/{ledger}/snapshot", "/snapshot"),
        ("/v1/ledgers/{ledger}/events", "/events"),
        ("/v1/ledgers/{ledger}/events/{position}", "/events/8"),
        ("/v1/ledgers/{ledger}/checkpoints", "/checkpoints"),
        ("/v1/ledgers/{ledger}/proofs/inclusion", "/proofs/inclusion?position=3"),
        ("/v1/ledgers/{ledger}/proofs/consistency", "/proofs/consistency?from=3"),
        ("/v1/ledgers/{ledger}/events/{position}/opening", "/events/7/opening"),
        ("/v1/ledgers/{ledger}/refusals", "/refusals"),
        ("/v1/ledgers/{ledger}/access-log", "/access-log"),
        ("/v1/access-log", "/v1/access-log"),
        ("/healthz", "/healthz"),
        ("/readyz", "/readyz"),
    ],
)
def test_an_answer_is_as_documented(document: dict[str, Any], caller: Caller, template: str, path: str) -> None:
    answer = caller.client.get(path if template == path else caller.base + path)
    assert answer.status_code == 200
    validate(document, document["paths"][template]["get"]["responses"]["200"], answer.json())


def test_a_write_and_its_refusal_answer_as_documented(document: dict[str, Any], caller: Caller) -> None:
    responses = document["paths"]["/v1/ledgers/{ledger}/units"]["post"]["responses"]
    validate(document, responses["201"], caller.post("/units", UNIT | {"unit_id": "U7"}).json())
    validate(document, responses["200"], caller.post("/units", UNIT, dry_run=True).json())
    validate(document, responses["409"], caller.post("/units", UNIT).json(), "application/problem+json")
    responses = document["paths"]["/v1/ledgers/{ledger}/digests"]["post"]["responses"]
    validate(document, responses["201"], caller.post("/digests", {}).json())
    validate(document, responses["200"], caller.post("/digests", {}, dry_run=True).json())
    batch = {"commands": [{"command": "register-unit", **UNIT}, {"command": "register-unit", **UNIT, "unit_id": "U6"}]}
    answer = caller.post("/batch", batch, mode="partial")
    documented = document["paths"]["/v1/ledgers/{ledger}/batch"]["post"]["responses"]["207"]
    validate(document, documented, answer.json())


def test_a_body_that_is_accepted_is_as_documented(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name, body in (("RegisterUnit", UNIT), ("RecordDisbursement", DISBURSEMENT), ("OpenEvaluation", EVALUATION)):
        jsonschema_rs.validate({**schemas[name], "components": {"schemas": schemas}}, body)
    item = {"command": "register-unit", "key": "k", "unit": "wan", **UNIT}
    jsonschema_rs.validate({**schemas["Batch"], "components": {"schemas": schemas}}, {"commands": [item]})
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(
            {**schemas["RecordDisbursement"], "components": {"schemas": schemas}}, DISBURSEMENT | {"amount": 100}
        )


def answer_forms() -> dict[str, str]:
    """What is answered and may be kept, each form by itself: a further answer or type of event changes none of them.

    A problem has no tag: nobody keeps one.
    """
    others = {*_requests(), "Batch", "Problem"}
    forms: dict[str, Any] = {name: schema for name, schema in components().items() if name not in others}
    forms["Event"]["properties"]["data"] = "as below"
    for name, data_type in {**EVENT_TYPES, "of other applications": ForeignFact}.items():
        forms[f"Event {name}"] = schema_of_class(data_type)
    forms["Event event-reversed.v1"]["properties"]["fact"] = "as above"
    return {name: hashlib.sha256(json.dumps(form, sort_keys=True).encode()).hexdigest() for name, form in forms.items()}


def test_without_authentication_a_credential_may_be_left_out_everywhere(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        assert operation["security"] in ([], [{"bearer": []}, {}]), path


def test_the_form_of_an_answer_changes_only_with_the_representation_version() -> None:
    known, forms = ANSWER_FORMS[str(REPRESENTATION_VERSION)], answer_forms()
    changed = {name for name in known if known[name] != forms.get(name)}
    assert not changed, "raise REPRESENTATION_VERSION, and add its forms to answer_forms.json"
    assert forms == known, "add the new forms to those of this version in answer_forms.json"


def test_the_documentation_page_loads_nothing_from_elsewhere(sqlite_server: RunningServer) -> None:
    page = sqlite_server.client.get("/docs")
    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert all(each.startswith(("/docs/", "data:")) for each in loaded)
    for each in loaded:
        if each.startswith("/docs/"):
            asset = sqlite_server.client.get(each)
            assert asset.status_code == 200
            assert "http" not in page.headers["content-security-policy"]


def test_files_of_others_are_unchanged_and_named_with_version_and_licence() -> None:
    note = (STATIC / "VENDORED.md").read_text(encoding="utf-8")
    hashes = dict(re.findall(r"\| (\S+) \| ([0-9a-f]{64}) \|", note))
    assert set(hashes) == {path.name for path in STATIC.iterdir()} - {"VENDORED.md"}
    assert set(ASSETS) < set(hashes)
    for name, expected in hashes.items():
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == expected, name
    assert "swagger-ui-dist 5." in note
    assert "Apache License 2.0" in note


def validate(
    document: dict[str, Any], response: dict[str, Any], answer: object, media_type: str = "application/json"
) -> None:
    schema = response["content"][media_type]["schema"]
    jsonschema_rs.validate({**schema, "components": document["components"]}, answer)
