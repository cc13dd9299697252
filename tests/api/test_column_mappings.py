"""How columns are read decides what is recorded of somebody else's file: whose a mapping is, and who may change it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.column_mappings import MAX_MAPPINGS, MAX_OF_AUTHOR, ColumnMappings, KeptMapping
from api.invalid import CallerQuotaReached, LedgerQuotaReached
from api.uploads_folder import UploadsFolder
from domain.access import Role
from tests.api.console.test_import import csv_of, upload
from tests.support.caller import Caller, new_caller, problem
from tests.support.console import Console
from tests.support.effort import full_only
from tests.support.identified import identifying_server, made_key, open_founded
from tests.support.server import RunningServer
from tests.support.tls import NO_TLS

MAPPING: dict[str, Any] = {
    "name": "国库支付系统",
    "command": "record-disbursement",
    "headings": ["凭证", "金额"],
    "columns": [{"field": "voucher_no", "heading": "凭证"}, {"field": "amount", "heading": "金额", "unit": "wan"}],
    "constants": [{"field": "kind", "value": "payment"}],
}


@pytest.fixture
def caller(sqlite_server: RunningServer) -> Caller:
    return new_caller(sqlite_server.client)


def test_a_mapping_is_kept_under_its_name_with_its_author_and_instant(caller: Caller) -> None:
    assert caller.post("/column-mappings", MAPPING).status_code == 201
    caller.post("/column-mappings", MAPPING | {"name": "预算系统"})
    saved = caller.post("/column-mappings", MAPPING | {"command": "allocate-funds"}).json()
    kept = caller.read("/column-mappings")["items"]
    assert {(each["name"], each["command"]) for each in kept} == {
        ("国库支付系统", "allocate-funds"),
        ("预算系统", "record-disbursement"),
    }
    assert saved in kept
    assert (saved["saved_by"], saved["is_own"], saved["is_own_only"]) == ("local", True, False)
    assert saved["saved_at"].endswith("Z")
    address = f"{caller.base}/column-mappings/{saved['mapping_id']}"
    assert caller.client.delete(address).json() == saved
    problem(caller.client.delete(address), 404, "not-found")
    assert [each["name"] for each in caller.read("/column-mappings")["items"]] == ["预算系统"]


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"command": "colour"}, "/command", "choice"),
        ({"columns": [{"field": "a"}]}, "/columns/0/heading", "missing"),
        ({"constants": [{"field": "nope", "value": "a"}]}, "/constants/0/field", "unknown-field"),
        ({"constants": [{"field": "amount", "value": "1"}]}, "/constants/0/field", "constant-beside-column"),
        ({"constants": [{"field": "payee", "value": "a"}] * 2}, "/constants/1/field", "repeated"),
        ({"columns": [{"field": "payee", "heading": each} for each in "ab"]}, "/columns/1/field", "repeated"),
        ({"constants": [{"field": "overrun_reason", "value": "急"}]}, "/constants/0/field", "overrun-constant"),
        ({"constants": [{"field": "overrun_authority", "value": "县长"}]}, "/constants/0/field", "overrun-constant"),
        ({"constants": [{"field": "overrun", "value": "a"}]}, "/constants/0/field", "overrun-constant"),
        *(
            ({"columns": [{"field": "amount", "heading": heading, "unit": unit}]}, "/columns/0/unit", "unit-of-heading")
            for heading, unit in (("Paid (CNY 10k)", "yuan"), ("付款额(千元)", "wan"), ("Paid (CNY)", "wan"))
        ),
    ],
)
def test_a_mapping_to_no_command_or_field_or_that_approves_overruns_is_refused(
    caller: Caller, wrong: dict[str, Any], pointer: str, code: str
) -> None:
    refused = problem(caller.post("/column-mappings", MAPPING | wrong), 422, "invalid-body")
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [(pointer, code)]
    assert caller.read("/column-mappings")["items"] == []


@pytest.fixture
def clients(sqlite_url: str) -> Iterator[dict[str, httpx.Client]]:
    """A caller of each kind of one ledger, `l`; `of-unit` is limited to a unit of it."""
    with identifying_server(sqlite_url) as server:
        keys = {each: made_key(server, Role(each)).text for each in ("approver", "clerk", "auditor")}
        keys |= {"second-clerk": made_key(server, Role.CLERK).text}
        keys |= {"of-unit": made_key(server, Role.CLERK, "l", units=("U1",)).text}
        opened = {
            name: httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, verify=NO_TLS)
            for name, key in keys.items()
        }
        open_founded(opened["approver"], "l")
        yield opened
        for client in opened.values():
            client.close()


def saved_on_page(console: Console) -> str:
    """What the page of columns says to a form that is saved under the name of the mapping."""
    report = upload(console, csv_of(["日", "指", "数", "证"], ["2023-05-01", "L1", "1", "V1"]))
    page = console.follow(f"{report.link('指定每一列')}&command=record-disbursement")
    columns = {"column_effective_date": "日", "column_line_id": "指", "column_amount": "数", "column_voucher_no": "证"}
    again = console.send(str(page.url), columns | {"unit_amount": "yuan", "name": MAPPING["name"]})
    assert again.one("[name=column_line_id] [selected]").exact == "指"
    return again.text("[role=alert]")


def test_only_its_author_or_an_approver_replaces_or_deletes_a_mapping_and_that_is_written_down(
    clients: dict[str, httpx.Client],
) -> None:
    path = "/v1/ledgers/l/column-mappings"
    saved = clients["clerk"].post(path, json=MAPPING).json()
    address = f"{path}/{saved['mapping_id']}"
    problem(clients["second-clerk"].post(path, json=MAPPING | {"constants": []}), 403, "of-another-author")
    problem(clients["second-clerk"].delete(address), 403, "of-another-author")
    assert clients["second-clerk"].get(path).json()["items"] == [saved | {"is_own": False}]
    assert "请换一个名称" in saved_on_page(Console(clients["second-clerk"], "l"))
    assert clients["clerk"].post(path, json=MAPPING | {"command": "allocate-funds"}).status_code == 201
    replaced = clients["approver"].post(path, json=MAPPING).json()
    assert (replaced["mapping_id"], replaced["sha256"]) == (saved["mapping_id"], saved["sha256"])
    problem(clients["clerk"].delete(address), 403, "of-another-author")
    assert clients["approver"].delete(address).status_code == 200
    records = clients["auditor"].get("/v1/ledgers/l/access-log").json()["items"]
    clerk, approver = saved["saved_by"], replaced["saved_by"]
    assert [(each["action"], each["code"], each["concerns"]) for each in records] == [
        ("save-column-mapping", "of-another-author", []),
        ("delete-column-mapping", "of-another-author", []),
        ("save-column-mapping", "of-another-author", []),
        ("save-column-mapping", "mapping-replaced", [clerk]),
        ("save-column-mapping", "mapping-replaced", [clerk]),
        ("delete-column-mapping", "of-another-author", []),
        ("delete-column-mapping", "mapping-deleted", [approver]),
    ]
    assert records[4]["subject"] == approver
    assert records[4]["figures"]["sha256"] == saved["sha256"] != records[4]["figures"]["sha256_before"]


def test_what_somebody_limited_to_units_saves_is_offered_to_that_caller_alone(clients: dict[str, httpx.Client]) -> None:
    path = "/v1/ledgers/l/column-mappings"
    for_all = clients["approver"].post(path, json=MAPPING).json()
    own = clients["of-unit"].post(path, json=MAPPING | {"constants": [{"field": "line_id", "value": "L1"}]}).json()
    assert own["is_own_only"] is True
    assert {each["mapping_id"] for each in clients["of-unit"].get(path).json()["items"]} == {
        own["mapping_id"],
        for_all["mapping_id"],
    }
    assert clients["approver"].get(path).json()["items"] == [for_all]
    problem(clients["of-unit"].delete(f"{path}/{for_all['mapping_id']}"), 403, "of-another-author")
    problem(clients["approver"].delete(f"{path}/{own['mapping_id']}"), 404, "not-found")
    assert clients["of-unit"].delete(f"{path}/{own['mapping_id']}").status_code == 200


def kept_by(author: str, name: str, *, is_own_only: bool = False) -> KeptMapping:
    return KeptMapping(mapping={"name": name}, saved_by=author, saved_at=1, is_own_only=is_own_only)


@full_only
def test_no_caller_and_no_ledger_keeps_mappings_without_end(tmp_path: Path) -> None:
    mappings = ColumnMappings(UploadsFolder(tmp_path))
    with mappings.turn("l"):
        for number in range(MAX_MAPPINGS):
            author, name = str(number // MAX_OF_AUTHOR), str(number)
            mappings.refuse_too_many("l", kept_by(author, name))
            mappings.keep("l", kept_by(author, name))
        mappings.refuse_too_many("l", kept_by("0", "0"))
        with pytest.raises(CallerQuotaReached):
            mappings.refuse_too_many("l", kept_by("0", "one more"))
        with pytest.raises(LedgerQuotaReached):
            mappings.refuse_too_many("l", kept_by("somebody", "one more"))
        # What is somebody's alone takes no room from others.
        mappings.refuse_too_many("l", kept_by("somebody", "one more", is_own_only=True))
        mappings.refuse_too_many("m", kept_by("0", "in another ledger"))


DAMAGED = (
    "{",
    "",
    "5",
    '["saved_by"]',
    '{"saved_by": "a"}',
    '{"mapping": 5, "saved_by": "a", "saved_at": 1, "is_own_only": false}',
    '{"mapping": {"name": "a"}, "saved_by": "a", "saved_at": "x", "is_own_only": false}',
)


@pytest.mark.parametrize("content", ['{"name": "a"}', *DAMAGED])
def test_a_mapping_without_an_author_or_that_is_damaged_is_offered_to_nobody(tmp_path: Path, content: str) -> None:
    mappings = ColumnMappings(UploadsFolder(tmp_path))
    kept = kept_by("somebody", "a")
    with mappings.turn("l"):
        mappings.keep("l", kept)
    assert mappings.of("l", "somebody else") == [kept]
    (tmp_path / "l" / "mappings" / f"{kept.mapping_id}.json").write_text(content)
    assert mappings.of("l", "somebody else") == []
    assert mappings.find("l", kept.mapping_id, "somebody else") is None
    with mappings.turn("l"):
        mappings.refuse_too_many("l", kept)
        mappings.keep("l", kept)
    assert mappings.of("l", "somebody else") == [kept], "it is saved again in its place"
