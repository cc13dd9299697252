"""What a file may make the service do: it is read within bounds, few at once, and nobody's file keeps another's out."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from api.console.sheets import outside, turns
from api.console.sheets.book import UnreadableFileError, read_book
from api.console.sheets.outside import Readers
from api.console.sheets.recognised import recognise
from api.console.sheets.turns import AT_ONCE, WAITING, WAITING_OF_CALLER, Turns
from api.invalid import ImportsBusy
from tests.api.console.test_import import GOOD, HEADINGS, csv_of, figures, upload
from tests.support.caller import Caller
from tests.support.console import Console
from tests.support.effort import full_only, sampled
from tests.support.hostile_books import (
    cell_without_end,
    formulas_among_spaces,
    headings_everywhere,
    one_text,
    plain,
    sheets_of_one_part,
)

LOADED = "import sys; import api.serve; print('openpyxl' in sys.modules)"

QUICK_S = 3.0
"""Of the processor, several times what is needed: without the bounds it is minutes."""


@pytest.mark.parametrize(
    ("make", "code"),
    sampled(
        [
            (lambda: b"\n".join([b"x" * 1_900] * 4_300), "too-much-text"),
            (lambda: one_text("x" * 1_000, 10_000, 30), "too-much-text"),
            (lambda: plain("x", sheets=41), "too-many-sheets"),
            (lambda: one_text("x", 10_000, 30, sheets=2), "too-many-cells"),
            (lambda: b"\n".join([b"," * 99] * 5_100), "too-many-cells"),
            (lambda: sheets_of_one_part(8_000_000, 40), "too-large"),
        ],
        one_in=2,
    ),
    ids=["a CSV of text", "a text again and again", "too many sheets", "sheets", "a CSV of commas", "a sheet again"],
)
def test_a_small_file_that_is_large_when_read_is_refused_with_the_reason(make: Callable[[], bytes], code: str) -> None:
    content = make()
    assert len(content) < 9_000_000
    with pytest.raises(UnreadableFileError, match=code):
        read_book(content)


@pytest.mark.parametrize("make", [lambda: cell_without_end(200_000), lambda: formulas_among_spaces(400)])
def test_what_is_no_sheet_is_looked_through_once(make: Callable[[], bytes]) -> None:
    content, begin = make(), time.process_time()
    with pytest.raises(UnreadableFileError):
        read_book(content)
    assert time.process_time() - begin < QUICK_S


@full_only
def test_many_lines_of_many_headings_are_looked_up_and_not_compared() -> None:
    book = read_book(headings_everywhere(4, 30, 200))
    mappings = [
        {"mapping_id": str(each), "command": "record-disbursement", "headings": [str(each)], "columns": []}
        for each in range(200)
    ]
    begin = time.process_time()
    assert len(recognise(book, mappings)) == 4
    assert time.process_time() - begin < QUICK_S / 2


@full_only
def test_the_page_of_such_a_file_says_what_to_do(console: Console, founded: Caller) -> None:
    page = upload(console, one_text("x" * 1_000, 10_000, 30), "表.xlsx")
    assert page.response.status_code == 422
    assert "8,000,000 字" in page.text("[role=alert]")
    marked = console.open(f"{page.url.path.rpartition('ledgers/')[2].partition('/')[2]}/marked")
    assert marked.response.status_code == 422
    assert "8,000,000 字" in marked.text("[role=alert]")
    assert founded.read("/lines/L1")["disbursed"] == "0.00"


def test_who_comes_when_others_wait_is_told_to_come_again_and_his_page_does(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = upload(console, csv_of(HEADINGS, *GOOD))
    with monkeypatch.context() as full:
        full.setattr(turns, "AT_ONCE", 0)
        full.setattr(turns, "WAITING", 0)
        busy = console.follow(str(report.url))
        sent = console.send(str(report.url), {"mode": "atomic", "reading": "x"})
    assert (busy.response.status_code, sent.response.status_code) == (503, 503)
    assert int(busy.response.headers["Retry-After"]) > 0
    assert "本页会自动重试" in busy.text("[data-reload]")
    assert "没有录入" in sent.text("[role=alert]")
    assert not sent.all("[data-reload]"), "a form that was sent is not sent again by itself"
    assert figures(console.follow(str(report.url))) == [2, 0, 2, 0]


@full_only
async def test_a_book_is_remembered_and_that_it_is_none_until_others_take_the_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readers = Readers()
    for _ in range(2):
        with pytest.raises(UnreadableFileError, match="broken"):
            await readers.book("broken", b"a\0b")
    assert (await readers.book("first", b"a,b"))[0].rows == [["a", "b"]]
    assert (await readers.book("first", b""))[0].rows == [["a", "b"]]
    monkeypatch.setattr(outside, "REMEMBERED_BYTES", 2_500)
    await readers.book("second", b"x" * 1_400)
    assert (await readers.book("first", b""))[0].rows == [["a", "b"]], "it was asked for last"
    await readers.book("third", b"x" * 1_600)
    assert (await readers.book("first", b""))[0].rows == [], "it is read anew"
    await readers.book("larger than all", ("x" * 1_900 + "\n").encode() * 2)
    assert (await readers.book("larger than all", b""))[0].rows == []


class Pages:
    """Pages of callers, each made until it is told to end."""

    def __init__(self, wait_s: float = 60) -> None:
        self.turns = Turns(wait_s)
        self.made: list[str] = []
        self.ended: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, name: str) -> None:
        """Begins a page; its caller is the first letter."""
        self.ended[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._page(name))
        await self.settled()

    async def end(self, name: str) -> None:
        self.ended[name].set()
        await self.tasks[name]
        await self.settled()

    async def settled(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def _page(self, name: str) -> None:
        async with self.turns.of(name[0]):
            self.made.append(name)
            await self.ended[name].wait()


async def test_one_file_of_each_caller_is_looked_at_and_others_need_not_wait_for_his() -> None:
    pages = Pages()
    for name in ("a1", "a2", "b1", "c1"):
        await pages.ask(name)
    assert pages.made == ["a1", "b1"]
    await pages.end("b1")
    assert pages.made == ["a1", "b1", "c1"], "a waits for itself"
    await pages.end("a1")
    assert pages.made == ["a1", "b1", "c1", "a2"]
    await pages.end("a2")
    await pages.end("c1")
    await pages.ask("d1")
    assert pages.made[-1] == "d1"
    await pages.end("d1")


async def test_few_pages_wait_of_one_caller_and_of_all() -> None:
    pages = Pages()
    callers = "abcdefghijklmnopqrstuvwxyz"[: AT_ONCE + WAITING + 1]
    for number in range(1 + WAITING_OF_CALLER):
        await pages.ask(f"a{number}")
    with pytest.raises(ImportsBusy):
        async with pages.turns.of("a"):
            pass
    for caller in callers[1 : AT_ONCE + WAITING - WAITING_OF_CALLER]:
        await pages.ask(caller)
    with pytest.raises(ImportsBusy):
        async with pages.turns.of("z"):
            pass
    for task in pages.tasks.values():
        task.cancel()


async def test_who_waited_too_long_or_went_away_leaves_his_place() -> None:
    pages = Pages(wait_s=0.01)
    for name in ("a1", "b1"):
        await pages.ask(name)
    with pytest.raises(ImportsBusy):
        async with pages.turns.of("c"):
            pass
    waiting = Pages()
    for name in ("a1", "b1", "c1", "d1"):
        await waiting.ask(name)
    waiting.tasks["c1"].cancel()
    await waiting.settled()
    await waiting.end("a1")
    assert waiting.made == ["a1", "b1", "d1"]
    # The turn is given and its taker goes away before he has it.
    await waiting.ask("e1")
    waiting.ended["d1"].set()
    await asyncio.sleep(0)
    waiting.tasks["e1"].cancel()
    await waiting.settled()
    await waiting.ask("f1")
    assert waiting.made == ["a1", "b1", "d1", "f1"]
    for each in (*pages.tasks.values(), *waiting.tasks.values()):
        each.cancel()


@full_only
def test_openpyxl_is_in_the_process_that_marks_a_file_and_not_in_the_service() -> None:
    command = [sys.executable, "-c", LOADED]
    asked = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (the test's own)
    assert asked.stdout == "False\n"
