"""Looking for something: from the field in the frame, to things and events, and on when the time was over."""

import pytest

from adapters.event_log import search
from api.routes import search as route
from tests.support.caller import PROJECT, Caller
from tests.support.console import Console


@pytest.mark.parametrize("spelling", ["青财预〔2023〕5号", "青财预[２０２３]５号", "青财预 (2023) 5号"])
def test_a_document_is_found_however_it_is_written(console: Console, spelling: str) -> None:
    shown = console.open("search", q=spelling)
    assert shown.texts(".ev tbody th") == ["#6"]
    assert "见于 文号" in shown.text(".ev tbody")
    assert "已查完全部流水" in shown.text("main")


def test_things_lead_to_their_pages_and_a_unit_to_its_events(console: Console, founded: Caller) -> None:
    shown = console.open("search", q="村村通")
    assert "/projects/P1?" in shown.link("村村通公路")
    founded.record("/projects", PROJECT | {"project_id": "P2", "programme": "乡村振兴"})
    projects = console.follow(console.open("search", q="振兴").link("乡村振兴"))
    assert projects.texts(".dt tbody th") == ["村村通公路 P2"]
    events = console.follow(console.open("search", q="U1").one(".found a")["href"])
    assert events.response.status_code == 200
    # The unit is named in the registration of the unit, of the projects and of the line.
    assert events.texts(".ev tbody th") == ["#7", "#5", "#4", "#2"]


def test_every_page_has_the_field_that_searches(console: Console) -> None:
    shown = console.open("overview")
    assert shown.one("[data-search]")["name"] == "q"
    assert shown.one("form:has([data-search])")["action"].endswith("/search")


def test_a_search_that_was_cut_off_says_so_and_goes_on(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "STRETCH", 3)
    monkeypatch.setattr(route, "SECONDS", 0.0)
    first = console.open("search", q="青石县")
    assert "已从新到旧查到流水 #4" in first.text("main")
    assert console.follow(first.link("继续往前查")).texts(".ev tbody th") == ["#2", "#1"]


def test_nothing_found_and_nothing_asked_are_told_apart(console: Console) -> None:
    assert "没有找到流水" in console.open("search", q="无此文号").text("main")
    assert console.open("search").all("section") == []
    for nothing in ("〔〕", " ", "\u3000 "):
        assert "请输入要查找的内容" in console.open("search", q=nothing).text("#nothing-typed")


@pytest.mark.usefixtures("founded")
def test_what_was_recorded_later_is_not_found_earlier(console: Console) -> None:
    assert console.open("search", q="青财预", at_position=5).all(".ev") == []
