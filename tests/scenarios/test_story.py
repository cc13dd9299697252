"""The invented example ledger answers what was worked out by hand, at eight coordinates."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Protocol

import pytest

from tests.scenarios.story_answers import (
    ANSWERS,
    LAST_DAY_THAT_IS_NOT_LATE,
    LATE_ENTRIES,
    Answer,
    Cell,
    Rows,
)

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
CHINA: Final = timezone(timedelta(hours=8))
PLACES: Final = ("projects", "lines", "appropriations", "evaluations")

each_answer = pytest.mark.parametrize(
    "expected", ANSWERS, ids=[f"{at.as_of} known {at.known_at}: {at.lesson}" for at in ANSWERS]
)


class Story(Protocol):
    """The ledger of examples/story.jsonl, recorded by its scripted clock."""

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """The answer to GET /v1/ledgers/story/<path>."""


@each_answer
def test_projects_and_totals_are_as_worked_out(story: Story, expected: Answer) -> None:
    answer = ask(story, "projects", expected)
    assert seen(answer, "project_id", expected.projects) == plain(expected.projects)
    assert len(answer["items"]) == 3


@each_answer
def test_lines_are_as_worked_out(story: Story, expected: Answer) -> None:
    answer = ask(story, "lines", expected)
    assert seen(answer, "line_id", expected.lines) == plain(expected.lines)


@each_answer
def test_sources_are_as_worked_out(story: Story, expected: Answer) -> None:
    answer = ask(story, "appropriations", expected)
    assert seen(answer, "appropriation_id", expected.appropriations) == plain(expected.appropriations)


@each_answer
def test_evaluations_are_as_worked_out(story: Story, expected: Answer) -> None:
    answer = ask(story, "evaluations", expected)
    assert seen(answer, "evaluation_id", expected.evaluations) == plain(expected.evaluations)
    assert len(answer["items"]) == len(expected.evaluations)


@each_answer
@pytest.mark.parametrize("place", PLACES)
def test_coordinates_say_what_was_asked_and_known(story: Story, expected: Answer, place: str) -> None:
    assert ask(story, place, expected)["coordinates"] == {
        "as_of": expected.as_of,
        "known_at": clock()[expected.position - 1]["recorded_at"],
        "position": expected.position,
        "closed": expected.closed,
        "root": story.get("proofs/consistency", **{"from": str(expected.position)})["from_root"],
    }


def test_three_entries_are_late_and_one_of_31_days_is_not(story: Story) -> None:
    events = story.get("events")["items"]
    waited = {event["position"]: event["late_days"] for event in events if event["late_days"] > 30}
    assert waited == LATE_ENTRIES | LAST_DAY_THAT_IS_NOT_LATE


def test_every_event_was_recorded_when_the_script_says(story: Story) -> None:
    events = story.get("events")["items"]
    assert [event["recorded_at"] for event in events] == [tick["recorded_at"] for tick in clock()]


def test_the_clock_has_one_tick_for_the_opening_and_one_for_each_command() -> None:
    assert [tick["key"] for tick in clock()] == [
        "open-ledger",
        *(command["key"] for command in commands()),
    ]


def test_the_clock_only_goes_forward() -> None:
    assert all(before["recorded_at"] < after["recorded_at"] for before, after in pairwise(clock()))


def test_nothing_is_recorded_before_its_day() -> None:
    for command, tick in zip(commands(), clock()[1:], strict=True):
        recorded = datetime.fromisoformat(tick["recorded_at"]).astimezone(CHINA).date()
        assert date.fromisoformat(command["effective_date"]) <= recorded, command["key"]


def test_all_of_it_is_marked_as_invented() -> None:
    assert {command["basis"] for command in commands()} == {"invented"}


def ask(story: Story, path: str, expected: Answer) -> dict[str, Any]:
    return story.get(path, as_of=expected.as_of, known_at=expected.known_at)


def seen(answer: Mapping[str, Any], id_field: str, expected: Rows) -> Rows:
    """Of the answer, only the rows and fields that were worked out."""
    rows = {row[id_field]: row for row in answer["items"]} | {"total": answer.get("totals")}
    return plain(
        {
            name: {key: rows[name].get(key, "absent") for key in fields}
            for name, fields in expected.items()
            if rows.get(name)
        }
    )


def plain(rows: Rows) -> Rows:
    """Flags in one order, so that only which ones they are is compared."""
    return {name: {key: _ordered(cell) for key, cell in row.items()} for name, row in rows.items()}


def _ordered(cell: Cell) -> Cell:
    return sorted(cell) if isinstance(cell, list) else cell


def commands() -> list[dict[str, Any]]:
    return _lines("story.jsonl")


def clock() -> list[dict[str, Any]]:
    return _lines("story.clock.jsonl")


def _lines(name: str) -> list[dict[str, Any]]:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]
