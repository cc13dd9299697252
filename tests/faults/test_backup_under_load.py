"""Backups are made while the server writes, and killed: what a backup holds is whole, and what was killed is none."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from tests.support.command_line import CommandLine
from tests.support.effort import effort, full_only
from tests.support.http_writes import BASE, LEDGER, caller, open_lines, payment, positions_told, single
from tests.support.processes import FUNDTRAIL, Server, serving, started, wait_for
from tests.support.seeds import seeded
from tests.support.whole_log import assert_dense, stored_events

BACKUPS = effort(quick=1, full=10)
KILLS = 20
WRITERS = effort(quick=1, full=3)
SOME = 20


@dataclass
class Writers:
    """What clients were told while they write without a break."""

    acknowledged: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, url: str, name: str) -> None:
        with caller(url) as clerk:
            for number in count():
                if self.stop.is_set():
                    return
                key = f"{name}-{number}"
                answer = clerk.record(single(key, "/disbursements", payment("L0", "0.01", key)))
                with self.lock:
                    self.acknowledged = max(self.acknowledged, *positions_told(answer.content))


@contextmanager
def writing(server: Server) -> Iterator[Writers]:
    writers = Writers()
    threads = [threading.Thread(target=writers.write, args=(server.url, str(number))) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield writers
    finally:
        writers.stop.set()
        for thread in threads:
            thread.join()


def test_a_backup_holds_what_was_acknowledged_before_it_began(sqlite_url: str, tmp_path: Path) -> None:
    with serving(tmp_path, sqlite_url) as server:
        open_lines(server.url, {"L0": "90000000.00"})
        with writing(server) as writers:
            wait_for("some is acknowledged", lambda: writers.acknowledged >= SOME, server)
            for number in range(BACKUPS):
                before = writers.acknowledged
                noted = tmp_path / f"checkpoint-{number}.txt"
                noted.write_bytes(httpx.get(f"{server.url}{BASE}/checkpoint").content)
                done = CommandLine(sqlite_url, tmp_path)("backup", "--output", f"taken-{number}")
                assert done.code == 0, done.messages
                after = writers.acknowledged
                restored = restored_from(tmp_path, f"taken-{number}", noted)
                events = stored_events(restored, LEDGER)
                assert_dense(events)
                assert before <= len(events), "an acknowledged entry is not in the backup"
                print(f"backup {number + 1}: {before} acknowledged before, {after} after, {len(events)} in it")  # noqa: T201 (the counts are part of what the test shows)
                assert before < after, "nobody wrote meanwhile"


@full_only
def test_a_backup_that_was_killed_is_whole_or_none(sqlite_url: str, tmp_path: Path) -> None:
    chance = seeded("moments of the kills")
    with serving(tmp_path, sqlite_url) as server:
        open_lines(server.url, {"L0": "90000000.00"})
        noted = tmp_path / "checkpoint.txt"
        noted.write_bytes(httpx.get(f"{server.url}{BASE}/checkpoint").content)
    whole = sum(is_whole_after_a_kill(tmp_path, sqlite_url, number, noted, chance) for number in range(KILLS))
    print(f"{KILLS} backups killed: {whole} were whole before, {KILLS - whole} are none")  # noqa: T201 (the same)


def is_whole_after_a_kill(folder: Path, url: str, number: int, noted: Path, chance: random.Random) -> bool:
    name = f"killed-{number}"
    output, partial = folder / name, folder / f"{name}.partial"
    with started([*FUNDTRAIL, "backup", "--output", name], folder, url) as child:
        wait_for("the backup begins", lambda: partial.exists() or output.exists(), child)
        threading.Event().wait(chance.uniform(0, 0.2))  # the moment itself, not a wait for anything
        child.kill()
    if output.exists():
        restored_from(folder, name, noted)
        return True
    restored = ("restore", partial.name, "--to", f"sqlite:///{folder}/r-{name}.db", "--unproven")
    assert CommandLine(url, folder)(*restored).code == 1 or (partial / "manifest.json").exists()
    return False


def restored_from(folder: Path, backup: str, noted: Path) -> str:
    """The URL of what was restored, which the checkpoint shows to be the log that was served."""
    url = f"sqlite:///{folder}/restored-{backup}.db"
    listed = CommandLine(f"sqlite:///{folder}/fundtrail.db", folder)("log-key", "list", "--ledger", LEDGER)
    key = listed.output.split()[-1]
    done = CommandLine(url, folder)("restore", backup, "--to", url, "--checkpoint", noted, "--log-key", key)
    assert done.code == 0, done.output + done.messages
    return url
