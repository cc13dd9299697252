"""Three hundred sockets that are slow on purpose, while honest callers are answered as ever; then they are gone.

The service asks who calls. The honest have a key; of the others only those who are to be given much to read.
"""

import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from domain.access import Role
from tests.support.effort import IS_FULL, effort
from tests.support.identified import bearing, key_by_command
from tests.support.processes import Server, serving
from tests.support.raw import SMALL_BUFFER, RawAnswer, connected, exchanged, request
from tests.support.waiting import eventually

SLOW: Final = 300
READERS: Final = effort(5, 50)
"""Of each kind; for each of them the server makes what the system holds for a reader, some megabytes."""
TIMEOUT_S: Final = effort(2, 15)
HONEST_CALLERS: Final = 4
HONEST_REQUESTS: Final = effort(100, 600)
LIMITS: Final = [1_000, 100] if IS_FULL else [1_000]
"""Connections at most: room for all of them, or for a third."""
P99_S: Final = 1.0
UNITS: Final = 3_000

LEDGER: Final = "/v1/ledgers/slow"
NAMED: Final = {"Content-Type": "application/json"}


@pytest.mark.parametrize("connection_limit", LIMITS)
def test_honest_callers_are_answered_while_slow_sockets_are_held(
    tmp_path: Path, sqlite_url: str, connection_limit: int
) -> None:
    approver, viewer = (key_by_command(sqlite_url, tmp_path, role) for role in (Role.APPROVER, Role.VIEWER))
    settings = {"client_timeout_s": str(TIMEOUT_S), "connection_limit": str(connection_limit)}
    with serving(tmp_path, sqlite_url, auth="on", **settings) as server:
        honest = Honest(server.url, approver)
        seed(honest)
        before = open_sockets(server)
        with slow_sockets(server.url, slow_beginnings(viewer)):
            opened_at = time.monotonic()
            enough = int(0.9 * min(SLOW, connection_limit))
            held = eventually("they are held", lambda: number_from(open_sockets(server) - before, enough))
            times_s = sorted(honest_times_s(honest))
            eventually("the slow sockets are gone", lambda: open_sockets(server) <= before or None)
            gone_s = time.monotonic() - opened_at
    median_s, p99_s = times_s[len(times_s) // 2], times_s[int(len(times_s) * 0.99)]
    print(  # noqa: T201 (the figures are what the test is for)
        f"{SLOW} slow sockets, at most {connection_limit} connections: {held} held at once, "
        f"all gone within {gone_s:.1f} s (timeout {TIMEOUT_S} s); {len(times_s)} honest requests of {HONEST_CALLERS} "
        f"callers meanwhile, median {median_s * 1000:.1f} ms, p99 {p99_s * 1000:.1f} ms"
    )
    assert p99_s < P99_S


def number_from(number: int, least: int) -> int | None:
    return number if number >= least else None


@dataclass(frozen=True)
class Honest:
    """A caller with a key, each of whose requests comes on a connection of its own."""

    url: str
    key: str

    def get(self, target: str) -> RawAnswer:
        return self._answered(request("GET", target, Connection="close", **bearing(self.key)))

    def post(self, target: str, body: object, key: str) -> RawAnswer:
        named = {"Connection": "close", "Idempotency-Key": key, **NAMED, **bearing(self.key)}
        return self._answered(request("POST", target, json.dumps(body).encode(), **named))

    def _answered(self, sent: bytes) -> RawAnswer:
        answer = exchanged(self.url, sent)
        assert answer is not None
        return answer


def seed(honest: Honest) -> None:
    """A ledger of some megabytes."""
    answer = honest.post("/v1/ledgers", {"ledger_id": "slow", "name": "n"}, "open")
    assert answer.status == 201, answer.body
    unit = {"command": "register-unit", "effective_date": "2023-01-01", "name": "青石县" * 60, "kind": "finance"}
    units = [unit | {"unit_id": f"U{number}"} for number in range(UNITS)]
    answer = honest.post(f"{LEDGER}/batch", {"commands": units}, "units")
    assert answer.status == 201, answer.body[:300]
    shown = honest.get(f"{LEDGER}/units?limit=1")
    assert shown.status == 200, "the views have not caught up"


def slow_beginnings(key: str) -> dict[str, bytes]:
    """By kind what is sent first; to what is trickled a byte is added now and then. None of them ever reads.

    The key is shown by readers of what only a reader of the ledger is given. Of who shows none a body is awaited at one
    address alone: elsewhere he is turned away before it.
    """
    half_body = request("POST", "/v1/setup", Content_Length="500", **NAMED)
    return {
        "readers of large answers": request("GET", f"{LEDGER}/events?limit=1000", **bearing(key)) * 5,
        "readers of the stream": request("GET", f"{LEDGER}/events/stream?after=0", **bearing(key)),
        "readers of the documentation": request("GET", "/docs/swagger-ui-bundle.js") * 10,
        "half heads": b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
        "trickled heads": b"GET /healthz HTTP/1.1\r\nX-Slow: ",
        "stalled bodies": half_body,
        "trickled bodies": half_body,
    }


def kinds(sent: Mapping[str, bytes]) -> Iterator[str]:
    """The kind of each of the slow sockets; what costs the server most comes first."""
    readers = [kind for kind in sent if kind.startswith("readers")]
    others = [kind for kind in sent if kind not in readers]
    yield from (kind for kind in readers for _ in range(READERS))
    yield from itertools.islice(itertools.cycle(others), SLOW - len(readers) * READERS)


@contextmanager
def slow_sockets(url: str, sent: Mapping[str, bytes]) -> Iterator[None]:
    """All of them, kept open on this side while the block runs: it is the server that must end them."""
    with ExitStack() as stack:
        trickled: list[socket.socket] = []
        for kind in kinds(sent):
            connection = stack.enter_context(connected(url, receive_buffer=SMALL_BUFFER))
            with suppress(ConnectionError):
                connection.sendall(sent[kind])
            if kind.startswith("trickled"):
                trickled.append(connection)
        ended = threading.Event()
        trickle = threading.Thread(target=send_a_byte_now_and_then, args=(trickled, ended))
        trickle.start()
        stack.callback(trickle.join)
        stack.callback(ended.set)
        yield


def send_a_byte_now_and_then(connections: Sequence[socket.socket], ended: threading.Event) -> None:
    while not ended.wait(0.2):
        for connection in connections:
            with suppress(OSError):
                connection.send(b"x", socket.MSG_DONTWAIT)


def honest_times_s(honest: Honest) -> list[float]:
    """How long each of some requests took, of several callers at once."""
    with ThreadPoolExecutor(HONEST_CALLERS) as callers:
        return list(itertools.chain(*callers.map(partial(times_s_of_one, honest), range(HONEST_CALLERS))))


def times_s_of_one(honest: Honest, caller: int) -> list[float]:
    """The same of one of them, one request after the other."""
    times_s = []
    for number in range(caller, HONEST_REQUESTS // 2, HONEST_CALLERS):
        unit = {"effective_date": "2023-01-01", "unit_id": f"H{number}", "name": "n", "kind": "finance"}
        begin = time.monotonic()
        read = honest.get(f"{LEDGER}/units?limit=10")
        between = time.monotonic()
        recorded = honest.post(f"{LEDGER}/units", unit, f"honest-{number}")
        times_s += [between - begin, time.monotonic() - between]
        assert (read.status, recorded.status) == (200, 201), read.body + recorded.body
    return times_s


def open_sockets(server: Server) -> int:
    """Sockets that the process holds."""
    folder = Path(f"/proc/{server.process.pid}/fd")
    if not folder.is_dir():
        pytest.skip("this system does not show the open files of a process")
    count = 0
    for each in folder.iterdir():
        with suppress(FileNotFoundError):
            count += str(each.readlink()).startswith("socket:")
    return count
