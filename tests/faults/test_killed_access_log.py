"""Processes that write to one access log at once, and are killed: what was told is there, and the chain is whole."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from tests.support.access import AccessBook, access_book
from tests.support.effort import effort, full_only, quick_on_sqlite_only
from tests.support.processes import MODULE, Child, started, wait_for
from tests.support.seeds import seeded

WRITERS = 3
ENTRIES = effort(quick=60, full=1_000)
KILLS = 30
LATEST_KILL_S = 0.05
ENOUGH = 1_000_000
"""Entries that no writer comes to before it is killed."""


@pytest.fixture
def book(database_url: str) -> Iterator[AccessBook]:
    with access_book(database_url) as opened:
        yield opened


@quick_on_sqlite_only
def test_processes_that_write_at_once_make_one_chain_without_gaps(book: AccessBook, tmp_path: Path) -> None:
    with ExitStack() as stack:
        writers = [stack.enter_context(writing(book, tmp_path, f"w{n}", ENTRIES)) for n in range(WRITERS)]
        for writer in writers:
            writer.wait()
    numbers = numbers_by_subject(book)
    assert numbers == {f"w{n}": list(range(1, ENTRIES + 1)) for n in range(WRITERS)}
    assert book.page(limit=1).head.sequence == WRITERS * ENTRIES
    assert book.differences() == []


@full_only
def test_a_killed_writer_has_kept_all_that_it_said(book: AccessBook, tmp_path: Path) -> None:
    chance = seeded("moments of the kills")
    told: dict[str, list[int]] = {}
    for kill in range(KILLS):
        with writing(book, tmp_path, f"w{kill}", ENOUGH) as writer:
            enough = chance.randint(1, 100)
            wait_for("entries are kept", lambda: len(said(writer)) >= enough, writer)  # noqa: B023 (called at once)
            threading.Event().wait(chance.uniform(0, LATEST_KILL_S))  # the moment itself, not a wait for anything
            writer.kill()
            told[f"w{kill}"] = said(writer)
    kept = numbers_by_subject(book)
    for subject, numbers in told.items():
        assert numbers == list(range(1, len(numbers) + 1))
        assert kept[subject][: len(numbers)] == numbers, "what was told is there"
        assert kept[subject] == list(range(1, len(kept[subject]) + 1)), "nothing twice, nothing left out"
    print(f"{KILLS} kills, {sum(map(len, told.values()))} told, {sum(map(len, kept.values()))} kept")  # noqa: T201 (the counts are part of what the test shows)
    assert book.differences() == []


def writing(book: AccessBook, folder: Path, subject: str, count: int) -> AbstractContextManager[Child]:
    url = book.database.url.render_as_string(hide_password=False)
    return started((*MODULE, "tests.support.access_writer", url, subject, str(count)), folder, url)


def said(writer: Child) -> list[int]:
    return [int(line) for line in writer.output.read_text("utf-8").splitlines()]


def numbers_by_subject(book: AccessBook) -> dict[str, list[int]]:
    numbers: dict[str, list[int]] = defaultdict(list)
    after = 0
    while records := book.page(after=after).records:
        for record in records:
            numbers[record.entry.subject or ""].append(int(record.entry.concerns[0].removeprefix("line:L")))
        after = records[-1].sequence
    return dict(numbers)
