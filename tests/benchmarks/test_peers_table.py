"""What is written of the peers says what was wrong and what is missing."""

from typing import Any

import pytest

from benchmarks.__main__ import with_section
from benchmarks.commands import STATUSES
from benchmarks.peers.table import HEADER, at_a_past, document, notes, statuses_table
from benchmarks.workload import events


def figure(value: float) -> dict[str, Any]:
    return {"median": value, "rounds": [value]}


def measured(wrong_projects: int = 0) -> dict[str, Any]:
    return {
        "version": "1.0",
        "notes": "Decides nothing.",
        "failure": None,
        "singles_per_s": None,
        "bulk_per_s": figure(12345.0),
        "readable_per_s": figure(12000.0),
        "one_project_ms": {"now": figure(0.5), "a": figure(1.0), "b": figure(2.0), "c": figure(12.0)},
        "every_project_ms": {"now": figure(5), "a": figure(10.0), "b": figure(1234.0), "c": figure(2000.0)},
        "rebuild_per_s": figure(99.0),
        "bytes_per_event": None,
        "answers": {"now": {"table_sha256": "", "wrong_projects": wrong_projects}},
    }


def result(**systems: dict[str, Any]) -> dict[str, Any]:
    return {
        "measured_at": "2026-11-26T00:00:00+00:00",
        "machine": {"cores": 2},
        "conditions": {"events": 100000, "rounds": 3, "minutes": 12.5},
        "load_average": [[1.0, 1.0, 1.0]],
        "statuses": STATUSES,
        "left_out": {},
        "measured": systems,
    }


def cells(text: str, name: str) -> dict[str, str]:
    [line] = [line for line in text.splitlines() if line.startswith(f"| {name} ")]
    return dict(zip(HEADER, [cell.strip() for cell in line.strip("|").split("|")], strict=True))


def test_a_row_has_medians_and_leaves_out_what_a_system_has_not() -> None:
    row = cells(document(result(ours=measured())), "ours")
    assert row["system"] == "ours 1.0"
    assert row["single writes"] == row["bytes an event"] == ""
    assert row["bulk"] == "12,345/s"
    assert row["one project now"] == "0.50 ms"
    assert row["one project at a past"] == "2.00 ms"
    assert row["all projects at a past"] == "1,234 ms"
    assert row["answers"] == "right"


def test_a_wrong_answer_is_in_the_table_and_in_words() -> None:
    text = document(result(peer=measured(wrong_projects=7)))
    assert cells(text, "peer")["answers"] == "wrong"
    assert "peer answered wrong, with so many projects: now (7)." in text


def test_what_was_left_out_or_failed_says_why() -> None:
    failed = {"version": "2", "notes": "", "failure": "TimeoutError: 30 s"}
    text = document(result(peer=failed) | {"left_out": {"hledger": "it is not on the path"}})
    assert cells(text, "peer")["answers"] == "none"
    assert "peer failed: TimeoutError: 30 s" in text
    assert "hledger was left out: it is not on the path." in text


def test_a_run_on_a_busy_machine_is_called_disturbed() -> None:
    assert "Disturbed" not in document(result(ours=measured()))
    assert "*Disturbed.*" in document(result(ours=measured()) | {"load_average": [[6.0, 1.0, 1.0]]})


def test_a_past_is_every_cut_but_the_present() -> None:
    assert at_a_past({"now": figure(100.0), "a": figure(1.0), "b": figure(3.0)}) == 2.0


def test_each_system_has_its_notes() -> None:
    assert (
        notes(result(ours=measured(), peer=measured())) == "- **ours**: Decides nothing.\n- **peer**: Decides nothing."
    )


def test_every_status_of_the_workload_is_in_the_table_of_statuses() -> None:
    text = statuses_table(STATUSES)
    assert "| in_progress | under_construction |" in text
    assert {event.status for event in events(5000) if event.status} == STATUSES.keys()


def test_a_section_of_a_page_is_replaced_between_its_marks() -> None:
    begin, end = "<!-- peers: written by `python -m benchmarks` -->", "<!-- end of peers -->"
    page = f"before\n{begin}\nold\n{end}\nafter\n"
    assert with_section(page, "peers", "new") == f"before\n{begin}\n\nnew\n\n{end}\nafter\n"
    with pytest.raises(ValueError, match="marks of others"):
        with_section(page, "others", "new")
