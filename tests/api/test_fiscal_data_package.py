"""The Open Fiscal Data Package of a ledger, held against the rules of the specification that it follows.

Source: Fiscal Data Package 1.0-rc.1, its budget and spending taxonomies, Tabular Data Package, Table Schema.
"""

import csv
import hashlib
import json
import zipfile
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, Final

import pytest

from tests.support.caller import ALLOCATION, DISBURSEMENT, LATER, SPRING, Caller

TYPES_OF_CONCEPTS: Final = {
    "budget-line-id": "string",
    "date:fiscal-year": "integer",
    "date:generic": "date",
    "value": "number",
    "value-currency:code": "string",
    "phase:id": "string",
    "direction": "string",
    "administrative-classification:generic:code": "string",
    "administrative-classification:generic:label": "string",
    "activity:generic:project:code": "string",
    "activity:generic:project:label": "string",
    "activity:generic:program:code": "string",
    "fin-source:generic:code": "string",
    "fin-source:generic:label": "string",
    "functional-classification:generic:code": "string",
    "economic-classification:generic:code": "string",
    "expenditure-type:code": "string",
    "transaction-id:code": "string",
    "transaction-id:transaction-kind": "string",
    "transaction-id:budget-code": "string",
}
"""`dataType` of the column types of the taxonomies that are used here."""


@pytest.fixture
def spent(founded: Caller) -> Caller:
    """A ledger in which money was paid, came back, and a payment was reversed."""
    founded.record("/allocations", ALLOCATION | {"amount": "50.00", "stage": "additional"})
    paid = founded.record("/disbursements", DISBURSEMENT | {"kind": "transfer"})
    founded.record(
        "/disbursement-returns",
        {"effective_date": LATER, "event_id": paid["event_id"], "amount": "25.01", "reason": "退回"},
    )
    wrong = founded.record("/disbursements", DISBURSEMENT | {"voucher_no": "V2", "amount": "9.99"})
    founded.record("/reversals", {"effective_date": LATER, "event_id": wrong["event_id"], "reason": "误录"})
    return founded


def package(caller: Caller, **place: Any) -> dict[str, bytes]:
    answer = caller.ask("/fiscal-data-package", **place)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(data.decode())))


def test_the_tables_are_what_the_descriptor_says(spent: Caller) -> None:
    files = package(spent)
    descriptor = json.loads(files["datapackage.json"])
    assert descriptor["profile"] == "tabular-data-package"
    assert {f"{each['name']}.csv" for each in descriptor["resources"]} | {"datapackage.json"} == set(files)
    for resource in descriptor["resources"]:
        data = files[resource["path"]]
        assert resource["bytes"] == len(data)
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        fields = resource["schema"]["fields"]
        table = rows(data)
        assert table
        assert list(table[0]) == [field["name"] for field in fields]
        assert len({row[resource["schema"]["primaryKey"]] for row in table}) == len(table)
        for field in fields:
            hold_to_type(field, [row[field["name"]] for row in table])


def hold_to_type(field: dict[str, Any], values: list[str]) -> None:
    given = [value for value in values if value]
    if field.get("constraints", {}).get("required"):
        assert len(given) == len(values)
    if field["type"] in {"number", "integer"}:
        assert all(Decimal(value).is_finite() for value in given)
    if field["type"] == "integer":
        assert all(value.isdigit() for value in given)


def test_every_column_type_is_of_the_taxonomies_and_has_their_data_type(spent: Caller) -> None:
    descriptor = json.loads(package(spent)["datapackage.json"])
    assert descriptor["columnTypes"] == [
        f"https://specs.frictionlessdata.io/taxonomies/fiscal/{name}.json" for name in ("budgets", "spending")
    ]
    for resource in descriptor["resources"]:
        schema = resource["schema"]
        typed = [each for each in [*schema["fields"], *schema["extraFields"]] if "columnType" in each]
        concepts = [each["columnType"] for each in typed]
        assert {each["columnType"]: each["type"] for each in typed}.items() <= TYPES_OF_CONCEPTS.items()
        assert len(set(concepts)) == len(concepts), "a concept has one column"
        codes = {each.removesuffix(":label") for each in concepts if each.endswith(":label")}
        assert {f"{each}:code" for each in codes} <= set(concepts), "a label stands beside its code"


def test_every_measure_names_the_extra_fields_that_it_becomes(spent: Caller) -> None:
    for resource in json.loads(package(spent)["datapackage.json"])["resources"]:
        schema = resource["schema"]
        extra = {each["name"]: each for each in schema["extraFields"]}
        measures = [each for each in schema["fields"] if "normalize" in each]
        assert len(measures) == 3
        assert all(set(each["normalize"]) <= set(extra) for each in measures)
        (target,) = (each for each in extra.values() if each.get("normalizationTarget"))
        assert target["columnType"] == "value"
        constants = {each["columnType"]: each["constant"] for each in extra.values() if "constant" in each}
        assert constants == {"value-currency:code": "CNY", "direction": "expenditure"}


def test_the_model_speaks_of_columns_that_there_are(spent: Caller) -> None:
    descriptor = json.loads(package(spent)["datapackage.json"])
    columns = {each["name"]: {field["name"] for field in each["schema"]["fields"]} for each in descriptor["resources"]}
    measures, dimensions = descriptor["model"]["measures"], descriptor["model"]["dimensions"]
    assert {each["phase"] for each in measures.values()} == {"approved", "adjusted", "executed"}
    sources = [*measures.values(), *(source for each in dimensions.values() for source in each["attributes"].values())]
    assert all(each["source"] in columns[each["resource"]] for each in sources)
    assert all(each["primaryKey"] in each["attributes"] for each in dimensions.values())


def test_the_events_sum_up_to_the_lines_at_every_coordinate(spent: Caller) -> None:
    for place in ({}, {"as_of": SPRING}, {"at_position": 8}, {"as_of": "2022-01-01"}):
        files = package(spent, **place)
        lines = spent.read("/lines", **place)["items"]
        assert [row["line_id"] for row in rows(files["lines.csv"])] == [line["line_id"] for line in lines]
        events = rows(files["events.csv"])
        for line in lines:
            for measure, change in (("adjusted_budget", "adjusted"), ("disbursed", "disbursed")):
                changes = [Decimal(row[f"{change}_change"]) for row in events if row["line_id"] == line["line_id"]]
                assert sum(changes) == Decimal(line[measure])


def test_an_event_of_the_package_is_the_one_of_the_log(spent: Caller) -> None:
    for row in rows(package(spent)["events.csv"]):
        event = spent.read(f"/events/{row['position']}")
        assert (row["event_id"], row["leaf_hash"]) == (event["event_id"], event["leaf_hash"])


def test_the_package_of_a_place_is_always_the_same(spent: Caller) -> None:
    first = spent.ask("/fiscal-data-package", at_position=7)
    spent.record("/disbursements", DISBURSEMENT | {"voucher_no": "V3"})
    again = spent.ask("/fiscal-data-package", at_position=7)
    assert first.content == again.content
    assert first.headers["etag"] == again.headers["etag"]
