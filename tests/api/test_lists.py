"""Lists: filters, order, totals and pages that belong together."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.caller import (
    ALLOCATION,
    APPROPRIATION,
    DISBURSEMENT,
    EVALUATION,
    LINE,
    PROJECT,
    UNIT,
    Caller,
    new_caller,
    problem,
)

PAID = {"a": "10.00", "b": "30.00", "c": "20.00", "d": "0.00"}


@pytest.fixture
def county(ledger: Caller) -> Caller:
    """Four projects: a and c from central money, b from county money, d with no line."""
    ledger.record_all(county_writes())
    return ledger


def county_writes() -> Iterator[tuple[str, Mapping[str, object]]]:
    yield "/units", UNIT
    yield "/appropriations", APPROPRIATION
    yield "/appropriations", APPROPRIATION | {"appropriation_id": "A2", "source_level": "county"}
    for name, paid in PAID.items():
        start_year = 2020 + ord(name) % 2
        yield "/projects", PROJECT | {"project_id": name, "name": f"项目{name}", "start_year": start_year}
        if name == "d":
            continue
        ids = {"line_id": f"L{name}"}
        yield "/lines", LINE | ids | {"project_id": name, "appropriation_id": "A2" if name == "b" else "A1"}
        yield "/allocations", ALLOCATION | ids | {"amount": "100.00"}
        yield "/disbursements", DISBURSEMENT | ids | {"amount": paid}


def ids(document: dict[str, Any]) -> list[str]:
    return [row["project_id"] for row in document["items"]]


def test_rows_come_by_id_with_their_amounts_and_the_totals_of_all(county: Caller) -> None:
    document = county.read("/projects")
    assert ids(document) == ["a", "b", "c", "d"]
    assert document["next"] is None
    assert [row["disbursed"] for row in document["items"]] == list(PAID.values())
    assert document["totals"] == {
        "initial_budget": "300.00",
        "adjusted_budget": "300.00",
        "disbursed": "60.00",
        "transferred": "0.00",
        "recovered": "0.00",
        "carried_out": "0.00",
        "available": "240.00",
        "execution_rate": "20.00",
        "execution_rate_initial": "20.00",
    }


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("disbursed", ["d", "a", "c", "b"]),
        ("-disbursed", ["b", "c", "a", "d"]),
        ("execution_rate", ["a", "c", "b", "d"]),
        ("-execution_rate", ["b", "c", "a", "d"]),
        ("start_year", ["b", "d", "a", "c"]),
        ("-name", ["d", "c", "b", "a"]),
        ("status", ["a", "b", "c", "d"]),
    ],
)
def test_rows_are_ordered_by_any_field_with_ties_by_id_and_nulls_last(
    county: Caller, sort: str, expected: list[str]
) -> None:
    assert ids(county.read("/projects", sort=sort)) == expected


def test_rows_are_chosen_by_a_field_and_the_totals_are_those_of_the_chosen(county: Caller) -> None:
    document = county.read("/projects", start_year=2021)
    assert ids(document) == ["a", "c"]
    assert document["totals"]["disbursed"] == "30.00"


def test_projects_are_chosen_by_the_source_of_a_line_and_their_figures_stay_whole(county: Caller) -> None:
    county.record("/lines", LINE | {"line_id": "La2", "project_id": "a", "appropriation_id": "A2"})
    county.record("/allocations", ALLOCATION | {"line_id": "La2", "amount": "5.00"})
    document = county.read("/projects", source_level="county")
    assert ids(document) == ["a", "b"]
    assert document["items"][0]["adjusted_budget"] == "105.00"


@pytest.mark.parametrize(
    ("path", "id_name", "expected"), [("/projects", "project_id", "b"), ("/lines", "line_id", "Lb")]
)
def test_rows_are_chosen_by_a_flag_and_the_totals_are_those_of_the_chosen(
    county: Caller, path: str, id_name: str, expected: str
) -> None:
    overrun = {"authority": "县政府常务会议", "reason": "抢险"}
    county.record(
        "/disbursements", DISBURSEMENT | {"line_id": "Lb", "amount": "90.00", "voucher_no": "V2", "overrun": overrun}
    )
    for flag in ("overrun", "negative-available"):
        document = county.read(path, flag=flag)
        assert [row[id_name] for row in document["items"]] == [expected]
        assert document["totals"]["available"] == "-20.00"
    assert county.read(path, flag="spending-without-budget")["items"] == []
    document = problem(county.ask(path, flag="red"), 422, "invalid-parameter")
    assert document["errors"][0]["pointer"] == "/flag"


def test_a_cursor_keeps_to_its_flag(county: Caller) -> None:
    for name in "abc":
        county.record(
            "/disbursements",
            DISBURSEMENT | {"line_id": f"L{name}", "amount": "1.00", "voucher_no": "V3", "basis": "assumed"},
        )
    first = county.read("/projects", flag="assumed-facts", limit=2)
    assert ids(first) + ids(county.follow(first["next"])) == ["a", "b", "c"]
    other = first["next"].replace("flag=assumed-facts", "flag=overrun")
    problem(county.client.get(other), 422, "invalid-parameter")


def test_evaluations_are_chosen_by_their_subject(county: Caller) -> None:
    county.record("/evaluations", EVALUATION | {"subject": {"kind": "project", "id": "a"}})
    county.record("/evaluations", EVALUATION | {"evaluation_id": "E2", "subject": {"kind": "unit", "id": "U1"}})
    found = county.read("/evaluations", subject_kind="unit", subject_id="U1")
    assert [row["evaluation_id"] for row in found["items"]] == ["E2"]
    assert "totals" not in found


def test_pages_give_every_row_once_and_end(county: Caller) -> None:
    first = county.read("/projects", limit=3, sort="-disbursed")
    second = county.follow(first["next"])
    assert ids(first) + ids(second) == ["b", "c", "a", "d"]
    assert second["next"] is None
    assert first["totals"] == second["totals"]


def test_the_next_page_stands_where_the_first_one_stood_whatever_was_recorded_since(county: Caller) -> None:
    first = county.read("/projects", limit=2)
    county.record("/projects", PROJECT | {"project_id": "bb"})
    county.record("/disbursements", DISBURSEMENT | {"line_id": "Lc", "amount": "50.00", "voucher_no": "V2"})
    second = county.follow(first["next"])
    assert second["coordinates"] == first["coordinates"]
    assert [(row["project_id"], row["disbursed"]) for row in second["items"]] == [("c", "20.00"), ("d", "0.00")]


def test_the_next_page_names_all_the_parameters(county: Caller) -> None:
    path = county.read("/projects", limit=1, sort="-name", category="road", as_of="2023-06-30")["next"]
    assert path.startswith(f"{county.base}/projects?")
    for part in ("limit=1", "sort=-name", "category=road", "as_of=2023-06-30", "cursor="):
        assert part in path


def test_a_cursor_with_other_parameters_than_its_own_is_refused(county: Caller) -> None:
    path = county.read("/projects", limit=1, category="road")["next"]
    for wrong in (
        path.replace("category=road", "category=school"),
        path.replace("category=road&", ""),
        path + "&as_of=2023-06-30",
        path.replace("/projects?", "/lines?").replace("category=road&", ""),
        path[:-6] + "AAAAAA",
    ):
        answer = county.client.get(wrong)
        assert problem(answer, 422, "invalid-parameter")["errors"][0]["pointer"] in {"/cursor", "/category"}


def test_a_cursor_of_another_ledger_is_refused(county: Caller) -> None:
    path = county.read("/projects", limit=1)["next"]
    other = new_caller(county.client)
    problem(county.client.get(path.replace(county.base, other.base)), 422, "invalid-parameter")


def test_the_limit_of_a_cursor_is_its_own(county: Caller) -> None:
    path = county.read("/projects", limit=1)["next"]
    for wrong in (path.replace("limit=1", "limit=2"), path.replace("limit=1&", "")):
        assert problem(county.client.get(wrong), 422, "invalid-parameter")["errors"][0]["pointer"] == "/cursor"


def test_every_list_is_empty_before_the_first_event(county: Caller) -> None:
    for path in ("/units", "/appropriations", "/projects", "/lines", "/evaluations"):
        document = county.read(path, at_position=0)
        assert (document["items"], document["next"]) == ([], None)
        assert document["coordinates"]["known_at"] is None


def test_an_amount_a_rate_or_a_date_is_no_filter(county: Caller) -> None:
    for name in ("disbursed", "execution_rate", "status_date", "planned_amount", "flags"):
        document = problem(county.ask("/projects", **{name: "1"}), 422, "invalid-parameter")
        assert [(error["pointer"], error["code"]) for error in document["errors"]] == [
            (f"/{name}", "unknown-parameter")
        ]
