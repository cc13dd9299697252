"""The pages of docs/reference say what the code does, because they are made from it."""

from pathlib import Path

import pytest

from domain.registry import EVENT_TYPES
from scripts.build_reference import PAGES, main, outdated


def test_the_pages_are_what_the_code_would_write() -> None:
    assert outdated() == [], "run python -m scripts.build_reference"


def test_every_event_type_has_a_section() -> None:
    headings = [line.removeprefix("## ") for line in PAGES["events.md"]().splitlines() if line.startswith("## ")]
    assert headings == ["Envelope", *EVENT_TYPES]


def test_a_page_that_says_something_else_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("scripts.build_reference.ROOT", tmp_path)
    monkeypatch.setattr("scripts.build_reference.FOLDER", tmp_path)
    assert main([]) == 0
    (tmp_path / "settings.md").write_text("FUNDTRAIL_COLOUR", encoding="utf-8")
    assert main(["--check"]) == 1
    assert capsys.readouterr().err == "settings.md differs: run python -m scripts.build_reference\n"
