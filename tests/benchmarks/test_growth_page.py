"""What is written of growth: goals held against what was measured, a line for each size."""

from typing import Any

import pytest

from benchmarks.growth import GOALS
from benchmarks.growth_page import judged, table


def size(**others: Any) -> dict[str, Any]:
    usual = {
        "hot_project_ms": {"p50": 0.5, "p99": 1.0},
        "every_project_ms": {"p50": 100.0, "p99": 120.0},
        "head": {"projects_ms": 8.0, "execution_ms": 20.0, "project_ms": 5.0},
        "rebuild_events_per_s": 50_000,
        "decode_events_per_s": 310_000,
        "bytes_per_event": 1_150,
        "memory_mb": 240,
    }
    return usual | others


def test_every_goal_is_held_against_its_size() -> None:
    found = list(judged({"10000": size(), "1000000": size(), "10000000": size()}, GOALS))
    assert len(found) == 9
    assert all(each.is_met for each in found)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"hot_project_ms": {"p50": 1.1, "p99": 2.0}}, "one project at a past, in process"),
        ({"every_project_ms": {"p50": 201.0, "p99": 300.0}}, "2,000 projects"),
        ({"rebuild_events_per_s": 39_000}, "rebuild"),
        ({"decode_events_per_s": 299_999}, "decoding"),
        ({"bytes_per_event": 1_201}, "bytes an event"),
        ({"memory_mb": 301}, "memory"),
    ],
)
def test_a_goal_that_is_missed_is_said_to_be(changed: dict[str, Any], words: str) -> None:
    found = judged({"10000": size(), "1000000": size(**changed)}, GOALS)
    missed = [each for each in found if not each.is_met]
    assert len(missed) == 1
    assert words in missed[0].goal


def test_growth_is_the_largest_size_against_the_others() -> None:
    slow = size(hot_project_ms={"p50": 0.8, "p99": 1.0}, head={"projects_ms": 10.5, "execution_ms": 20.0})
    found = {each.goal: each for each in judged({"10000": size(), "1000000": size(), "10000000": slow}, GOALS)}
    missed = [(each.goal.partition(",")[0], each.measured) for each in found.values() if not each.is_met]
    assert missed == [("one project at a past", "1.60x"), ("list of projects at the head", "1.31x")]


def test_the_table_has_a_line_for_each_size_in_order() -> None:
    large = size()
    del large["rebuild_events_per_s"]
    lines = table({"measured": {"sqlite": {"10000000": large, "10000": size()}}}).splitlines()
    assert [line.split(" | ")[1] for line in lines[2:4]] == ["10,000", "10,000,000"]
    assert "50,000/s" in lines[2]
    assert "50,000/s" not in lines[3]
