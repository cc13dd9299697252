"""UmaDB: an event store with consistency boundaries of tags; its Python package brings client and server."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.metadata import version
from typing import Any, ClassVar, Final

from typing_extensions import override

from benchmarks.peers.folding import Kept, decoded, encoded, fold
from benchmarks.peers.installation import PYTHON, install_python
from benchmarks.peers.peer import NOTHING, WRITERS, Peer, drive
from benchmarks.peers.place import Place
from benchmarks.workload import CUTS, Cut, FlowEvent, Sums

SERVER: Final = PYTHON / "bin" / "umadb"
BULK_EVENTS: Final = 1000
READY: Final = "UmaDB started"
STOP_TIMEOUT_S: Final = 30


class Uma(Peer):
    """An event for each of the workload's, tagged with its project."""

    name: ClassVar[str] = "umadb"
    notes: ClassVar[str] = (
        "Decides nothing and hashes nothing; a single write is refused if its project got another event since the "
        "writer's last one, bulk has no such condition. Its server's settings are its defaults, with which 100 appends "
        "made 202 calls of fdatasync. It keeps no views: every answer is folded in Python from the events of a tag or "
        "of the whole store, each with both dates in its data. Its file is made 256 MiB large at the start, so bytes "
        "for each event would say nothing."
    )

    def __init__(self) -> None:
        self._stack = ExitStack()

    @classmethod
    @override
    def missing(cls) -> str | None:
        return install_python()

    @classmethod
    @override
    def version(cls) -> str:
        return version("umadb")

    @override
    def start(self, place: Place) -> None:
        self._uma: Any = import_module("umadb")
        address = f"127.0.0.1:{_free_port()}"
        self._url = f"http://{address}"
        command = [sys.executable, str(SERVER), "--listen", address, "--db-path", str(place.path / "uma.db")]
        self._stack.enter_context(_served(command))
        self._client = self._connected()

    @override
    def close(self) -> None:
        self._stack.close()

    @override
    def write_singles(self, stream: Sequence[FlowEvent], writers: int = WRITERS) -> float:
        head: int = self._client.head() or 0
        return drive([self._writer(head) for _ in range(writers)], stream)

    @override
    def write_bulk(self, stream: Sequence[FlowEvent]) -> float:
        begin = time.perf_counter()
        for start in range(0, len(stream), BULK_EVENTS):
            self._client.append([self._event(each) for each in stream[start : start + BULK_EVENTS]])
        return len(stream) / (time.perf_counter() - begin)

    @override
    def one_project(self, project: str, cut: Cut) -> Sums:
        return fold(_kept(self._client.read(self._of(project))), cut).get(project, NOTHING)

    @override
    def every_project(self, cut: Cut) -> dict[str, Sums]:
        return fold(_kept(self._client.read()), cut)

    @override
    def rebuild(self) -> int:
        read = list(_kept(self._client.read()))
        fold(read, CUTS["now"])
        return len(read)

    @override
    def size_bytes(self) -> None:
        return None

    def _connected(self) -> Any:
        return self._stack.enter_context(self._uma.Client(self._url))

    def _writer(self, head: int) -> Callable[[FlowEvent], None]:
        """What appends a project's events, each on the condition that the one before was this writer's."""
        client = self._connected()
        last: dict[str, int] = {}

        def write(event: FlowEvent) -> None:
            condition = self._uma.AppendCondition(self._of(event.proj), last.get(event.proj, head))
            last[event.proj] = client.append([self._event(event)], condition)

        return write

    def _event(self, event: FlowEvent) -> Any:
        return self._uma.Event(event.type, encoded(event), [event.proj])

    def _of(self, project: str) -> Any:
        return self._uma.Query([self._uma.QueryItem(tags=[project])])


def _kept(read: Iterable[Any]) -> Iterable[Kept]:
    return (decoded(bytes(each.event.data)) for each in read)


def _free_port() -> int:
    """A port of loopback that was free just now: the server takes 0, but does not say which one it got."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def _served(command: list[str]) -> Iterator[None]:
    """The server, from when it says that it is ready."""
    environment = os.environ | {"PYTHONPATH": str(PYTHON)}
    with subprocess.Popen(  # noqa: S603 (our own command line)
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            while READY not in said:
                line = process.stdout.readline()
                if not line:
                    message = f"the server did not start: {said}"
                    raise RuntimeError(message)
                said = line.strip()
            yield
        finally:
            process.terminate()
            process.wait(STOP_TIMEOUT_S)
