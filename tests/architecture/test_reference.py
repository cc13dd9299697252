"""The pages of docs say what the code does: those of docs/reference because they are made from it."""

import re
from pathlib import Path

import pytest

from domain.registry import EVENT_TYPES
from scripts.build_reference import PAGES, ROOT, main, outdated
from tests.support.effort import full_only


def test_the_pages_are_what_the_code_would_write() -> None:
    assert outdated() == [], "run python -m scripts.build_reference"


def test_every_event_type_has_a_section() -> None:
    headings = [line.removeprefix("## ") for line in PAGES["events.md"]().splitlines() if line.startswith("## ")]
    assert headings == ["Envelope", *EVENT_TYPES]


@full_only
def test_a_page_that_says_something_else_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("scripts.build_reference.ROOT", tmp_path)
    monkeypatch.setattr("scripts.build_reference.FOLDER", tmp_path)
    assert main([]) == 0
    (tmp_path / "settings.md").write_text("FUNDTRAIL_COLOUR", encoding="utf-8")
    assert main(["--check"]) == 1
    assert capsys.readouterr().err == "settings.md differs: run python -m scripts.build_reference\n"


def test_the_walk_for_a_new_event_type_changes_lines_that_are_there() -> None:
    page = (ROOT / "docs" / "adding-an-event-type.md").read_text(encoding="utf-8")
    diffs = "".join(re.findall(r"^```diff\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))
    kept = {line[1:] for line in diffs.splitlines() if line[:1] in {" ", "-"} and line != " ..."}
    code = {
        line for folder in ("domain", "projections") for path in (ROOT / folder).glob("*.py") for line in lines(path)
    }
    assert kept
    assert kept - code == set()


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
