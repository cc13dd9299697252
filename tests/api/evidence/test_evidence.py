"""What the service gives an auditor to take home is what the offline verifier accepts."""

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.auditor import VERDICT_OF_ALL, judged, verdicts
from tests.support.caller import DISBURSEMENT, LATER, SPRING, Caller, new_caller
from tests.support.effort import sampled
from tests.support.server import RunningServer, running_server
from tests.support.tampering import tamper
from verifier.fundtrail_verify import Report, Trust, parse_verifier_key


@dataclass(frozen=True)
class Evidence:
    """A bundle as it came, and what the verifier says of it."""

    content: bytes
    report: Report

    def file(self, name: str) -> bytes:
        with zipfile.ZipFile(io.BytesIO(self.content)) as bundle:
            return bundle.read(name)

    def document(self, name: str) -> Any:
        return json.loads(self.file(name))


def trust_of(caller: Caller, last_seen: bytes | None = None) -> Trust:
    keys = caller.client.get(caller.base + "/log.pub").text.splitlines()
    return Trust(log_keys=tuple(map(parse_verifier_key, keys)), policy=None, last_seen=last_seen, accepted_epoch=None)


def evidence(caller: Caller, params: dict[str, object], last_seen: bytes | None = None) -> Evidence:
    answer = caller.client.get(caller.base + "/evidence", params={name: str(value) for name, value in params.items()})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    return Evidence(answer.content, judged(answer.content, trust_of(caller, last_seen)))


@pytest.fixture
def paid(founded: Caller) -> Caller:
    """Payments, one of which was reversed, one returned in part; a digest at position 10, and a payment behind it."""
    wrong = founded.record("/disbursements", DISBURSEMENT | {"payee": "某某公司"})
    founded.record("/reversals", {"effective_date": LATER, "event_id": wrong["event_id"], "reason": "误录"})
    right = founded.record("/disbursements", DISBURSEMENT | {"voucher_no": "V2"})
    founded.record("/digests", {})
    back = {"effective_date": LATER, "event_id": right["event_id"], "amount": "40.00", "reason": "多付"}
    founded.record("/disbursement-returns", back)
    return founded


@pytest.mark.parametrize(
    "subject", sampled([{"line_id": "L1"}, {"project_id": "P1"}, {"appropriation_id": "A1"}], one_in=2), ids=str
)
@pytest.mark.parametrize("as_of", [SPRING, LATER])
def test_a_bundle_proves_what_the_service_answers(paid: Caller, subject: dict[str, str], as_of: str) -> None:
    found = evidence(paid, {**subject, "as_of": as_of})
    assert verdicts(found.report) == VERDICT_OF_ALL
    (name, identifier), claim = next(iter(subject.items())), found.document("claim.json")
    answer = paid.read(f"/{name.removesuffix('_id')}s/{identifier}", as_of=as_of)
    assert claim["figures"].items() <= answer.items()
    assert claim["coordinates"] == answer["coordinates"]


def test_a_past_position_is_covered_by_a_later_digest(paid: Caller) -> None:
    # Evidence of the present waits for the checkpoint that covers all of it, the digest too.
    evidence(paid, {"line_id": "L1"})
    found = evidence(paid, {"line_id": "L1", "at_position": 8, "as_of": LATER})
    assert verdicts(found.report) == VERDICT_OF_ALL
    assert found.document("claim.json")["figures"]["disbursed"] == "0.00"
    assert found.document("completeness.json")["tail"] is None


def test_behind_the_last_digest_every_entry_is_brought_along(paid: Caller) -> None:
    found = evidence(paid, {"line_id": "L1", "as_of": LATER})
    assert found.document("completeness.json")["tail"]["first"] == 10
    assert len(found.file("tail.jsonl").splitlines()) == 2


def test_without_a_digest_nothing_is_said_to_be_complete(founded: Caller) -> None:
    found = evidence(founded, {"line_id": "L1"})
    assert verdicts(found.report) == VERDICT_OF_ALL | {"completeness": "not covered"}
    assert found.document("completeness.json") == {"digest": None, "reason": "no-digest"}


def test_a_thing_that_is_younger_than_the_digest_is_shown_whole(paid: Caller) -> None:
    line = {"effective_date": LATER, "line_id": "L2", "appropriation_id": "A1", "project_id": "P1", "unit_id": "U1"}
    paid.record("/lines", line)
    found = evidence(paid, {"line_id": "L2", "as_of": LATER})
    assert verdicts(found.report) == VERDICT_OF_ALL
    assert found.document("completeness.json")["digest"]["count"] is None


def test_an_auditor_who_was_here_before_sees_that_nothing_was_rewritten(server: RunningServer, founded: Caller) -> None:
    seen = server.services.transparency.checkpointer.wait_until(founded.ledger_id, 6, 30)
    assert seen is not None
    founded.record("/disbursements", DISBURSEMENT)
    found = evidence(founded, {"line_id": "L1", "since": seen.size}, seen.note)
    assert found.document("consistency.json")["from"] == seen.size
    assert verdicts(found.report)["consistency"] == "verified"
    without = evidence(founded, {"line_id": "L1"}, seen.note)
    assert verdicts(without.report)["consistency"] == "failed", "the proof from what was seen is missing"


def test_the_whole_log_is_exported_up_to_a_checkpoint(server: RunningServer, paid: Caller) -> None:
    assert server.services.transparency.checkpointer.wait_until(paid.ledger_id, 11, 30) is not None
    answer = paid.client.get(paid.base + "/log-export")
    assert answer.headers["content-type"].startswith("text/plain")
    assert len(answer.content.splitlines()) == 12
    assert verdicts(judged(answer.content, trust_of(paid))) == VERDICT_OF_ALL


def test_nothing_personal_is_in_a_bundle(paid: Caller) -> None:
    found = evidence(paid, {"line_id": "L1"})
    with zipfile.ZipFile(io.BytesIO(found.content)) as bundle:
        names = bundle.namelist()
    assert "openings.json" not in names
    assert all("某某公司".encode() not in found.file(name) for name in names)


def test_the_report_shows_figures_and_entries_and_loads_nothing(paid: Caller) -> None:
    page = evidence(paid, {"line_id": "L1", "as_of": LATER}).file("report.html").decode()
    for shown in ("60.00", "540.00", "（已冲销）", "V2", "流水号 10 的摘要"):
        assert shown in page
    assert "http" not in page
    assert "<script" not in page


def test_what_people_wrote_does_not_become_markup(founded: Caller) -> None:
    founded.record("/disbursements", DISBURSEMENT | {"voucher_no": "<b>V&9</b>"})
    page = evidence(founded, {"line_id": "L1"}).file("report.html").decode()
    assert "&lt;b&gt;V&amp;9&lt;/b&gt;" in page


@pytest.mark.parametrize(
    ("query", "status", "code"),
    sampled(
        [
            ("", 422, "invalid-parameter"),
            ("?line_id=L1&project_id=P1", 422, "invalid-parameter"),
            ("?line_id=L1&since=0", 422, "invalid-parameter"),
            ("?line_id=L1&since=999", 422, "invalid-parameter"),
            ("?line_id=L1&at_position=999", 422, "invalid-parameter"),
            ("?line_id=L1&known_at=2024-01-01&at_position=3", 422, "invalid-parameter"),
            ("?line_id=L1&colour=red", 422, "invalid-parameter"),
            ("?line_id=%00", 422, "invalid-parameter"),
            ("?line_id=L9", 404, "unknown-line"),
            ("?line_id=..%2F..%2Fetc", 404, "unknown-line"),
            ("?project_id=P9", 404, "unknown-project"),
            ("?appropriation_id=A9", 404, "unknown-appropriation"),
            ("?line_id=L1&at_position=0", 404, "unknown-line"),
            ("?line_id=L1&as_of=1999-01-01", 404, "unknown-line"),
        ],
        one_in=2,
    ),
)
def test_what_cannot_be_shown_is_refused(founded: Caller, query: str, status: int, code: str) -> None:
    answer = founded.client.get(f"{founded.base}/evidence{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "statement",
    sampled(
        [
            "UPDATE {log}log_entry SET entry = :bytes WHERE ledger_id = :ledger AND position = 4",
            "DELETE FROM {log}log_entry WHERE ledger_id = :ledger AND position = 4",
        ],
        one_in=2,
    ),
)
def test_of_a_damaged_log_no_evidence_is_made(database_url: str, statement: str) -> None:
    with running_server(database_url) as server:
        caller = new_caller(server.client)
        caller.found()
        assert server.services.transparency.checkpointer.wait_until(caller.ledger_id, 6, 30) is not None
        caller.read("/projects")
        values = {"ledger": caller.ledger_id} | ({"bytes": b"{"} if ":bytes" in statement else {})
        tamper(server.services.database, statement, **values)
        answer = caller.client.get(caller.base + "/evidence", params={"project_id": "P1"})
        assert (answer.status_code, answer.json()["code"]) == (503, "log-damaged")
