"""hledger: plain-text accounting. A journal that the whole of is read for each question."""

import csv
import io
import os
import subprocess
import time
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import ClassVar, Final

from typing_extensions import override

from benchmarks.peers import installation
from benchmarks.peers.peer import NOTHING, WRITERS, Peer
from benchmarks.peers.place import Place
from benchmarks.workload import CUTS, Cut, FlowEvent, Sums

JOURNAL: Final = "public-funds.journal"
AVAILABLE: Final = "available"
SPENT: Final = "spent"
SCORE: Final = "score"

_BALANCE: Final = ("balance", "--flat", "--no-total", "--empty", "--output-format", "csv")


class Hledger(Peer):
    """A transaction for each event, with the business date first and the recorded date second."""

    name: ClassVar[str] = "hledger"
    notes: ClassVar[str] = (
        "No store but a text file: we write and flush it, hledger checks it once, and that is its bulk; nothing else "
        "may write meanwhile, so there are no single writes. It has no recorded instant: the secondary date is used "
        "for it, which is good for cuts at midnights only. Its balances pass over secondary dates, so the bitemporal "
        "answer is two runs, `print` by the one date into `balance` by the other. Every question, the present too, "
        "reads the file anew; a rebuild is that. Scores are a commodity of their own, a status is a transaction of "
        "nothing with a tag."
    )
    questions: ClassVar[int] = 4

    @classmethod
    @override
    def missing(cls) -> str | None:
        if installation.hledger() is None:
            return "hledger is not on the path, and apt-get could not download it"
        return None

    @classmethod
    @override
    def version(cls) -> str:
        return _run([_program(), "--version"]).split(",")[0].removeprefix("hledger ")

    @override
    def start(self, place: Place) -> None:
        self._file = place.path / JOURNAL
        self._count = 0

    @override
    def close(self) -> None:
        return

    @override
    def write_singles(self, stream: Sequence[FlowEvent], writers: int = WRITERS) -> None:
        return None

    @override
    def write_bulk(self, stream: Sequence[FlowEvent]) -> float:
        begin = time.perf_counter()
        with self._file.open("a", encoding="utf-8") as journal:
            journal.writelines(map(transaction, stream))
            journal.flush()
            os.fsync(journal.fileno())
        _run([_program(), "--file", str(self._file), "check"])
        self._count += len(stream)
        return len(stream) / (time.perf_counter() - begin)

    @override
    def one_project(self, project: str, cut: Cut) -> Sums:
        return self._balances([f"^{kind}:{project}$" for kind in (AVAILABLE, SPENT, SCORE)], cut).get(project, NOTHING)

    @override
    def every_project(self, cut: Cut) -> dict[str, Sums]:
        return self._balances([f"^{kind}:" for kind in (AVAILABLE, SPENT, SCORE)], cut)

    @override
    def rebuild(self) -> int:
        self.every_project(CUTS["now"])
        return self._count

    @override
    def size_bytes(self) -> int:
        return self._file.stat().st_size if self._file.exists() else 0

    def _balances(self, accounts: list[str], cut: Cut) -> dict[str, Sums]:
        file, known = str(self._file), None
        if cut.rec is not None:
            known = _run([_program(), "--file", file, "print", *accounts, f"date2:..{cut.rec[:10]}"])
            file = "-"
        dates = [f"date:..{_day_after(cut.biz)}"] if cut != CUTS["now"] else []
        return sums_of(_run([_program(), "--file", file, *_BALANCE, *accounts, *dates], known))


def transaction(event: FlowEvent) -> str:
    """The event as a transaction of a journal."""
    available, spent, granted = f"{AVAILABLE}:{event.proj}", f"{SPENT}:{event.proj}", f"granted:{event.appr}"
    match event.type:
        case "allocation":
            to, of, value = available, granted, f"{event.amount} fen"
        case "disbursement":
            to, of, value = spent, available, f"{event.amount} fen"
        case "reversal":
            to, of, value = available, spent, f"{event.amount} fen"
        case "score":
            to, of, value = f"{SCORE}:{event.proj}", "granted:points", f"{event.score} points"
        case _:
            to, of, value = available, granted, "0 fen"
    tags = f"id:{event.id}, type:{event.type}, actor:{event.actor}"
    tags += f", reverses:{event.ref}" if event.ref else ""
    tags += f", status:{event.status}" if event.status else ""
    return (
        f"{event.biz}={event.rec[:10]} ({event.doc}) {event.note}\n"
        f"    ; recorded:{event.rec}, {tags}\n"
        f"    {to}  {value}\n"
        f"    {of}\n\n"
    )


def sums_of(answer: str) -> dict[str, Sums]:
    """The sums of every project in a table of balances: what was allocated is there still, or was spent."""
    held: dict[str, dict[str, int]] = {}
    for account, balance in _rows(answer):
        kind, _, project = account.partition(":")
        held.setdefault(project, {})[kind] = int(balance.split(" ")[0])
    return {
        project: (of.get(AVAILABLE, 0) + of.get(SPENT, 0), of.get(SPENT, 0), of.get(SCORE, 0))
        for project, of in held.items()
    }


def _rows(answer: str) -> Iterable[list[str]]:
    rows = csv.reader(io.StringIO(answer))
    next(rows)
    return rows


def _day_after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _program() -> str:
    found = installation.hledger()
    assert found is not None, "asked for only where it is not missing"
    return found


def _run(command: list[str], given: str | None = None) -> str:
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, input=given, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 (our own)
    return done.stdout
