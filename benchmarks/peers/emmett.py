"""Emmett: an event store for Node on PostgreSQL, from its npm packages; emmett.mjs drives it in its own process."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

from typing_extensions import override

from benchmarks.peers.folding import encoded
from benchmarks.peers.installation import NODE, NODE_MODULES, install_node
from benchmarks.peers.peer import WRITERS, Peer
from benchmarks.peers.place import Place
from benchmarks.workload import CUTS, Cut, FlowEvent, Sums

DRIVER: Final = Path(__file__).with_name("emmett.mjs")
PACKAGE: Final = NODE_MODULES / "@event-driven-io" / "emmett-postgresql" / "package.json"
STOP_TIMEOUT_S: Final = 30


class EmmettError(Exception):
    """What the driver answered instead of a result."""


class Emmett(Peer):
    """A stream for each project."""

    name: ClassVar[str] = "emmett"
    notes: ClassVar[str] = (
        "Runs in Node, in a process of its own beside this one. Decides nothing and hashes nothing; each single write "
        "names the version of the stream that it expects. A call appends to one stream, so its bulk is one call with "
        "all events of a project, 8 at a time, and its log is not in the order of the stream. It keeps no views here: "
        "one project is folded from its stream, all of them from the log in one page, because in pages that read is "
        "not always right; each event has both dates in its data. An answer crosses a pipe to this process, which is "
        "timed with it."
    )

    def __init__(self) -> None:
        self._stack = ExitStack()

    @classmethod
    @override
    def missing(cls) -> str | None:
        return install_node()

    @classmethod
    @override
    def version(cls) -> str:
        package: dict[str, str] = json.loads(PACKAGE.read_text(encoding="utf-8"))
        return package["version"]

    @override
    def start(self, place: Place) -> None:
        self._place = place
        command = ["node", str(DRIVER), str(NODE), place.connection_string]
        self._process = self._stack.enter_context(_driver(command))
        self._ask("start")

    @override
    def close(self) -> None:
        self._stack.close()

    @override
    def write_singles(self, stream: Sequence[FlowEvent], writers: int = WRITERS) -> float:
        return float(self._ask("singles", file=self._file_of(stream), writers=writers))

    @override
    def write_bulk(self, stream: Sequence[FlowEvent]) -> float:
        return float(self._ask("bulk", file=self._file_of(stream), writers=WRITERS))

    @override
    def one_project(self, project: str, cut: Cut) -> Sums:
        allocated, disbursed, score = self._ask("one", project=project, cut=cut._asdict())
        return allocated, disbursed, score

    @override
    def every_project(self, cut: Cut) -> dict[str, Sums]:
        found: dict[str, list[int]] = self._ask("every", cut=cut._asdict())
        return {name: (allocated, disbursed, score) for name, (allocated, disbursed, score) in found.items()}

    @override
    def rebuild(self) -> int:
        return int(self._ask("rebuild", cut=CUTS["now"]._asdict()))

    @override
    def size_bytes(self) -> int:
        return self._place.database_bytes()

    def _file_of(self, stream: Sequence[FlowEvent]) -> str:
        """The driver reads events from a file before its clock starts."""
        path = self._place.path / "events.jsonl"
        path.write_bytes(b"".join(encoded(event) + b"\n" for event in stream))
        return str(path)

    def _ask(self, what: str, **details: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": what, **details}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": "the driver ended"}
        if "error" in answer:
            raise EmmettError(answer["error"])
        return answer["answer"]


@contextmanager
def _driver(command: list[str]) -> Iterator["subprocess.Popen[str]"]:
    """The driver; it ends when its input does."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own)
        assert process.stdin is not None
        try:
            yield process
        finally:
            process.stdin.close()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.terminate()
