"""Looking for a text: things by id and name, events by document number, voucher number, name, id and position."""

from typing import Any

import pytest

from adapters.event_log import search
from api.routes import search as route
from domain.spelling import plain_spelling
from tests.support.caller import ALLOCATION, DISBURSEMENT, EVALUATION, LATER, PROJECT, SPRING, Caller, problem
from tests.support.effort import sampled


def positions(found: dict[str, Any]) -> list[int]:
    return [each["event"]["position"] for each in found["items"]]


@pytest.mark.parametrize(
    "spelling",
    sampled(
        ["青财预〔2023〕5号", "青财预[2023]5号", "青财预（2023）5号", "青财预﹝２０２３﹞５号", "预 (2023) 5 号"],
        one_in=2,
    ),
)
def test_a_document_number_is_found_whatever_its_brackets_digits_and_spaces(founded: Caller, spelling: str) -> None:
    found = founded.read("/search", q=spelling)
    assert positions(found) == [6]
    assert found["items"][0]["fields"] == ["document_no"]
    assert (found["searched_from"], found["next"]) == (1, None)


def test_what_was_recorded_in_full_width_is_found_by_plain_characters(founded: Caller) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT | {"voucher_no": "支Ｖ－００７（甲）"})
    assert positions(founded.read("/search", q="v-007(甲)")) == [paid["position"]]
    assert positions(founded.read("/search", q="V-008")) == []


def test_a_voucher_is_found_with_the_reversal_of_its_payment_the_newest_first(founded: Caller) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT | {"voucher_no": "支-0312"})
    founded.record("/reversals", {"effective_date": LATER, "event_id": paid["event_id"], "reason": "误录"})
    assert positions(founded.read("/search", q="0312")) == [8, 7]


def test_a_return_is_found_by_the_voucher_of_its_payment_and_so_is_its_reversal(founded: Caller) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT | {"voucher_no": "支（02）-34"})
    founded.record("/disbursements", DISBURSEMENT | {"voucher_no": "V2"})
    source = {"ref": "支02-34 的退款单"}
    given_back = {"effective_date": LATER, "event_id": paid["event_id"], "amount": "40.00", "reason": "多付"}
    returned = founded.record("/disbursement-returns", given_back | {"source": source})
    founded.record("/reversals", {"effective_date": LATER, "event_id": returned["event_id"], "reason": "误录"})
    found = founded.read("/search", q="支(02)-34")
    assert [(each["event"]["position"], each["fields"]) for each in found["items"]] == [
        (10, ["disbursement.voucher_no"]),
        (9, ["disbursement.voucher_no"]),
        (7, ["voucher_no"]),
    ]
    assert founded.read("/search", q="02-34", at_position=8)["items"] == []
    assert [each["fields"] for each in founded.read("/search", q="支02-34")["items"]] == [["source.ref"]]


def test_a_payment_is_found_by_the_document_that_authorised_its_overrun(founded: Caller) -> None:
    grounds = {"authority": "县政府常务会议纪要〔2023〕7号", "reason": "抢修"}
    paid = founded.record("/disbursements", DISBURSEMENT | {"amount": "900", "overrun": grounds})
    found = founded.read("/search", q="会议纪要 (２０２３) 7号")["items"]
    assert [(each["event"]["position"], each["fields"]) for each in found] == [
        (paid["position"], ["overrun.authority"])
    ]
    assert founded.read("/search", q="抢修")["items"] == []


def test_an_event_is_found_by_its_position_and_by_its_id(founded: Caller) -> None:
    event = founded.read("/events/5")
    assert [each["fields"] for each in founded.read("/search", q=event["event_id"])["items"]] == [["event_id"]]
    assert positions(founded.read("/search", q="#5"))[0] == 5
    assert founded.read("/search", q="#5", at_position=4)["items"] == []


def test_things_are_found_by_id_and_by_a_part_of_their_name_as_it_is_now(founded: Caller) -> None:
    changed = {"effective_date": SPRING, "project_id": "P1", "changes": {"name": "乡村道路"}, "reason": "更名"}
    founded.record("/project-amendments", changed)
    assert founded.read("/search", q="道 路")["things"] == [{"kind": "project", "id": "P1", "name": "乡村道路"}]
    old = founded.read("/search", q="村村通")
    assert (old["things"], positions(old)) == ([], [4])
    assert founded.read("/search", q="l1")["things"] == [{"kind": "line", "id": "L1", "name": None}]
    founded.record("/projects", PROJECT | {"project_id": "P2", "programme": "乡村振兴"})
    subject = {"subject": {"kind": "programme", "id": "乡村建设"}}
    founded.record("/evaluations", EVALUATION | subject)
    programmes = [{"kind": "programme", "id": name, "name": None} for name in ("乡村建设", "乡村振兴")]
    assert [each for each in founded.read("/search", q="乡村")["things"] if each["kind"] == "programme"] == programmes


def test_signs_that_mean_something_to_a_database_are_taken_as_they_are(founded: Caller) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT | {"voucher_no": '支%_\\"1'})
    for text in ("%", "_", "\\", '"', '%_\\"1'):
        assert paid["position"] in positions(founded.read("/search", q=text))
    assert positions(founded.read("/search", q="支%1")) == []


def test_a_search_that_runs_out_of_time_says_how_far_it_came_and_goes_on(
    founded: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "STRETCH", 2)
    monkeypatch.setattr(route, "SECONDS", 0.0)
    first = founded.read("/search", q="财")
    assert (positions(first), first["searched_from"]) == ([6], 5)
    found, following = positions(first), first["next"]
    while following is not None:
        page = founded.follow(following)
        assert page["things"] == []
        found, following = found + positions(page), page["next"]
    assert found == [6, 3, 2, 1]


def test_a_page_ends_with_its_limit_and_none_is_left_out(founded: Caller) -> None:
    for number in range(3):
        founded.record("/allocations", ALLOCATION | {"amount": "1.00", "document_no": f"查〔2023〕{number}号"})
    first = founded.read("/search", q="查(2023)", limit=2)
    second = founded.follow(first["next"])
    assert (positions(first), positions(second)) == ([9, 8], [7])


@pytest.mark.parametrize("text", ["", " ", "〔〕", "x" * 129])
def test_nothing_to_look_for_is_refused(founded: Caller, text: str) -> None:
    problem(founded.ask("/search", q=text), 422, "invalid-parameter")


def test_one_ledger_says_nothing_of_another(founded: Caller) -> None:
    founded.record("/projects", PROJECT | {"project_id": "SECRET"})
    founded.client.post(
        "/v1/ledgers", json={"ledger_id": "elsewhere", "name": "别处"}, headers={"Idempotency-Key": "elsewhere"}
    )
    other = Caller(founded.client, "elsewhere").read("/search", q="SECRET")
    assert (other["things"], other["items"]) == ([], [])


def test_texts_that_a_reader_takes_for_the_same_have_one_spelling() -> None:
    same = {
        plain_spelling(text)
        for text in ("Ａ〔１〕", "a[1]", "a (1)", "a（1）", "A【1】", "A﹝1﹞", "a\u30001".replace("\u30001", "［1］"))
    }
    assert same == {"a(1)"}
