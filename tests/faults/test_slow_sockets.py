"""Three hundred sockets that are slow on purpose, while honest callers are answered as ever; then they are gone."""

import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from tests.support.effort import IS_FULL, effort
from tests.support.processes import Server, serving
from tests.support.raw import SMALL_BUFFER, connected, exchanged, request
from tests.support.waiting import eventually

SLOW: Final = 300
READERS: Final = effort(5, 50)
"""Of either kind; for each of them the server makes what the system holds for a reader, some megabytes."""
TIMEOUT_S: Final = effort(3, 15)
HONEST_REQUESTS: Final = effort(100, 600)
LIMITS: Final = [1_000, 100] if IS_FULL else [1_000]
"""Connections at most: room for all of them, or for a third."""
P99_S: Final = 1.0
UNITS: Final = 3_000

LEDGER: Final = "/v1/ledgers/slow"
NAMED: Final = {"Content_Type": "application/json"}


@pytest.mark.parametrize("connection_limit", LIMITS)
def test_honest_callers_are_answered_while_slow_sockets_are_held(
    tmp_path: Path, sqlite_url: str, connection_limit: int
) -> None:
    settings = {"client_timeout_s": str(TIMEOUT_S), "connection_limit": str(connection_limit)}
    with serving(tmp_path, sqlite_url, **settings) as server:
        seed(server.url)
        before = open_sockets(server)
        with slow_sockets(server.url):
            opened_at = time.monotonic()
            enough = int(0.9 * min(SLOW, connection_limit))
            held = eventually("they are held", lambda: number_from(open_sockets(server) - before, enough))
            times_s = sorted(honest_times_s(server.url))
            eventually("the slow sockets are gone", lambda: open_sockets(server) <= before or None)
            gone_s = time.monotonic() - opened_at
    median_s, p99_s = times_s[len(times_s) // 2], times_s[int(len(times_s) * 0.99)]
    print(  # noqa: T201 (the figures are what the test is for)
        f"{SLOW} slow sockets, at most {connection_limit} connections: {held} held at once, "
        f"all gone within {gone_s:.1f} s (timeout {TIMEOUT_S} s); {len(times_s)} honest requests meanwhile, "
        f"median {median_s * 1000:.1f} ms, p99 {p99_s * 1000:.1f} ms"
    )
    assert p99_s < P99_S


def number_from(number: int, least: int) -> int | None:
    return number if number >= least else None


def seed(url: str) -> None:
    """A ledger of some megabytes."""
    answer = exchanged(url, post("/v1/ledgers", {"ledger_id": "slow", "name": "n"}, "open"))
    assert answer is not None
    assert answer.status == 201, answer.body
    unit = {"command": "register-unit", "effective_date": "2023-01-01", "name": "青石县" * 60, "kind": "finance"}
    units = [unit | {"unit_id": f"U{number}"} for number in range(UNITS)]
    answer = exchanged(url, post(f"{LEDGER}/batch", {"commands": units}, "units"))
    assert answer is not None
    assert answer.status == 201, answer.body[:300]
    shown = exchanged(url, request("GET", f"{LEDGER}/units?limit=1", Connection="close"))
    assert shown is not None
    assert shown.status == 200, "the views have not caught up"


def post(target: str, body: object, key: str) -> bytes:
    content = json.dumps(body).encode()
    return request("POST", target, content, Connection="close", Idempotency_Key=key, **NAMED)


def command_head(key: str) -> bytes:
    return request("POST", f"{LEDGER}/units", Content_Length="500", Idempotency_Key=key, **NAMED)


SENT: Final = {
    "readers of large answers": request("GET", f"{LEDGER}/events?limit=1000") * 5,
    "readers of the stream": request("GET", f"{LEDGER}/events/stream?after=0"),
    "half heads": b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
    "trickled heads": b"GET /healthz HTTP/1.1\r\nX-Slow: ",
    "stalled bodies": command_head("stalled"),
    "trickled bodies": command_head("trickled"),
}
"""By kind what is sent first; to what is trickled a byte is added now and then. None of them ever reads."""


def kinds() -> Iterator[str]:
    """The kind of each of the slow sockets; what costs the server most comes first."""
    readers = [kind for kind in SENT if kind.startswith("readers")]
    others = [kind for kind in SENT if kind not in readers]
    yield from (kind for kind in readers for _ in range(READERS))
    yield from itertools.islice(itertools.cycle(others), SLOW - len(readers) * READERS)


@contextmanager
def slow_sockets(url: str) -> Iterator[None]:
    """All of them, kept open on this side while the block runs: it is the server that must end them."""
    with ExitStack() as stack:
        trickled: list[socket.socket] = []
        for kind in kinds():
            connection = stack.enter_context(connected(url, receive_buffer=SMALL_BUFFER))
            with suppress(ConnectionError):
                connection.sendall(SENT[kind])
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


def honest_times_s(url: str) -> Iterator[float]:
    """How long each of some requests took, one after the other and each on a connection of its own."""
    for number in range(HONEST_REQUESTS // 2):
        unit = {"effective_date": "2023-01-01", "unit_id": f"H{number}", "name": "n", "kind": "finance"}
        for sent, status in (
            (request("GET", f"{LEDGER}/units?limit=10", Connection="close"), 200),
            (post(f"{LEDGER}/units", unit, f"honest-{number}"), 201),
        ):
            begin = time.monotonic()
            answer = exchanged(url, sent)
            yield time.monotonic() - begin
            assert answer is not None
            assert answer.status == status, answer.body


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
