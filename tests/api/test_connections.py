"""A client that keeps the server waiting, or sends what can be read in two ways, is sent away; nothing is recorded."""

import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx
import pytest

from api.caller_share import READS_AT_ONCE
from api.connections import MAX_FRAMING_BYTES, MAX_PIPELINED
from api.request_head import MAX_HEAD_BYTES, MAX_HEADERS, MAX_TARGET_BYTES
from domain.access import Role
from tests.support.caller import UNIT, Caller, new_caller
from tests.support.effort import full_only, sampled
from tests.support.hostile_bytes import TWO_READINGS
from tests.support.identified import bearing, client_with, identifying_server, made_key
from tests.support.raw import SMALL_BUFFER, RawAnswer, answered, connected, exchanged, request
from tests.support.server import RunningServer, running_server
from tests.support.waiting import eventually

TIMEOUT_S: Final = 1
SLACK_S: Final = 2.0
"""The server looks every quarter of its timeout, and the machine may be busy."""
HEALTH: Final = request("GET", "/healthz")


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that waits a second for its clients."""
    url = f"sqlite:///{tmp_path_factory.mktemp('impatient')}/fundtrail.db"
    with running_server(url, client_timeout_s=TIMEOUT_S) as running:
        yield running


@pytest.fixture(scope="module")
def caller(impatient: RunningServer) -> Caller:
    """A ledger with nothing in it."""
    return new_caller(impatient.client)


def command(caller: Caller, **headers: str) -> bytes:
    """A command without its body."""
    named = {"Content_Type": "application/json", "Idempotency_Key": "slow", "Content_Length": "500", **headers}
    return request("POST", f"{caller.base}/units", **named)


def refused(answer: RawAnswer | None, status: int, code: str) -> None:
    """It must be this problem, and the end of the connection."""
    assert answer is not None
    problem = answer.problem()
    assert (answer.status, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers["connection"] == "close"


LATE: Final = ("half a first line", "a head without its end", "empty lines", "a command", "half of a body")


@pytest.fixture(scope="module")
def late(impatient: RunningServer, caller: Caller) -> dict[str, RawAnswer | None]:
    """What is answered to each of them; all are sent at the same time."""
    parts = (HEALTH[:10], HEALTH[:-2], b"\r\n\r\n", command(caller), command(caller) + b'{"effective_date": ')
    sent = {**dict(zip(LATE, parts, strict=True)), "nothing": b"", "nothing after an answer": HEALTH}
    with ThreadPoolExecutor(len(sent)) as pool:
        answers = pool.map(lambda each: exchanged(impatient.url, each), sent.values())
        return dict(zip(sent, answers, strict=True))


@pytest.mark.parametrize("name", sampled(LATE, one_in=3))
def test_half_a_request_is_answered_as_too_late_and_nothing_is_recorded(
    late: dict[str, RawAnswer | None], caller: Caller, name: str
) -> None:
    answer = late[name]
    refused(answer, 408, "request-timeout")
    assert answer is not None
    assert answer.closed_after_s < TIMEOUT_S + SLACK_S
    assert answer.answers == 1
    assert caller.head() == 1


def test_half_a_head_after_an_answer_is_answered_as_too_late(impatient: RunningServer) -> None:
    with connected(impatient.url) as connection:
        connection.sendall(HEALTH)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        connection.sendall(HEALTH[:10])
        refused(answered(connection, TIMEOUT_S + SLACK_S), 408, "request-timeout")


def test_a_connection_on_which_nothing_is_asked_is_closed_without_a_word(late: dict[str, RawAnswer | None]) -> None:
    assert late["nothing"] is None
    answered_before = late["nothing after an answer"]
    assert answered_before is not None
    assert (answered_before.answers, answered_before.status) == (1, 200)
    assert answered_before.closed_after_s < TIMEOUT_S + SLACK_S


@full_only
def test_a_byte_now_and_then_buys_no_time(impatient: RunningServer, caller: Caller) -> None:
    begun = {
        "a head": b"GET /healthz HTTP/1.1\r\nX-Slow: ",
        "a body": command(caller),
        "the body of an answered request": request("GET", "/healthz", Content_Length="500"),
    }

    def ended_after_s(head: bytes) -> float:
        begin = time.monotonic()
        with connected(impatient.url) as connection:
            connection.sendall(head)
            assert not still_open_after_trickling(connection)
        return time.monotonic() - begin

    with ThreadPoolExecutor(len(begun)) as pool:
        times_s = dict(zip(begun, pool.map(ended_after_s, begun.values()), strict=True))
    assert all(took_s < TIMEOUT_S + SLACK_S for took_s in times_s.values()), times_s


def still_open_after_trickling(connection: socket.socket) -> bool:
    """Sends a byte every tenth of a second, for three times the timeout at most."""
    connection.settimeout(0.1)
    for _ in range(30 * TIMEOUT_S):
        try:
            connection.sendall(b"x")
            if not connection.recv(65_536):
                return False
        except TimeoutError:
            continue
        except ConnectionError:
            return False
    return True


def test_a_reader_that_takes_nothing_is_cut_off(impatient: RunningServer) -> None:
    bundle = request("GET", "/docs/swagger-ui-bundle.js")
    with connected(impatient.url, receive_buffer=SMALL_BUFFER) as connection:
        connection.sendall(bundle * 10)
        answer_is_under_way = connection.recv(10, socket.MSG_PEEK)
        assert answer_is_under_way == b"HTTP/1.1 2"
        eventually("the reader is cut off", lambda: was_reset(connection) or None)


@full_only
def test_when_too_much_was_not_taken_the_slowest_reader_is_cut_off_before_its_time(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.connections.MAX_UNSENT_BYTES", 10_000)
    with running_server(sqlite_url, client_timeout_s=60) as running:
        with connected(running.url, receive_buffer=SMALL_BUFFER) as connection:
            connection.sendall(request("GET", "/docs/swagger-ui-bundle.js") * 10)
            eventually("the reader is cut off", lambda: was_reset(connection) or None)
        assert running.client.get("/healthz").status_code == 200


def was_reset(connection: socket.socket) -> bool:
    """Whether the server ended the connection, without reading what it sent."""
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


@full_only
def test_a_slow_reader_that_takes_something_is_not(impatient: RunningServer) -> None:
    bundle = request("GET", "/docs/swagger-ui-bundle.js")
    received = 0
    begin = time.monotonic()
    with connected(impatient.url, receive_buffer=16 * SMALL_BUFFER) as connection:
        connection.sendall(bundle * 9 + request("GET", "/docs/swagger-ui-bundle.js", Connection="close"))
        while piece := connection.recv(1 << 20):
            received += len(piece)
            if time.monotonic() - begin < 2 * TIMEOUT_S:
                time.sleep(0.02)  # it is this pace that is tested, not a race
    assert time.monotonic() - begin >= 2 * TIMEOUT_S
    assert received > 10 * len(httpx.get(f"{impatient.url}/docs/swagger-ui-bundle.js").content)


@pytest.mark.parametrize("sent", TWO_READINGS.values(), ids=TWO_READINGS)
def test_what_can_be_read_in_two_ways_or_in_none_is_refused(impatient: RunningServer, sent: bytes) -> None:
    refused(exchanged(impatient.url, sent), 400, "bad-request")


def test_a_refusal_is_said_in_the_language_of_the_caller(impatient: RunningServer) -> None:
    answer = exchanged(impatient.url, request("GET", "/%2f", Accept_Language="en"))
    assert answer is not None
    assert answer.problem()["title"] == "Bad request"


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (request("GET", "/" + "x" * MAX_TARGET_BYTES), 414, "target-too-long"),
        (request("GET", "/healthz", X="x" * MAX_HEAD_BYTES), 431, "head-too-large"),
        (request("GET", "/healthz", **{f"X{n}": "" for n in range(MAX_HEADERS + 1)}), 431, "head-too-large"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 200_000, 431, "head-too-large"),
        (b"GET /" + b"x" * 200_000, 431, "head-too-large"),
    ],
    ids=["a long address", "a long header", "many headers", "a header without an end", "an address without an end"],
)
def test_a_large_head_is_refused(impatient: RunningServer, sent: bytes, status: int, code: str) -> None:
    refused(exchanged(impatient.url, sent), status, code)


def test_the_largest_head_is_taken(impatient: RunningServer) -> None:
    answer = exchanged(impatient.url, request("GET", "/healthz?" + "x" * (MAX_TARGET_BYTES - 9), Connection="close"))
    assert answer is not None
    assert answer.status == 200


def test_trailers_are_dropped_and_have_a_limit(impatient: RunningServer, caller: Caller) -> None:
    chunked = {"Transfer_Encoding": "chunked", "Content_Type": "application/json", "Idempotency_Key": "trailers"}
    head = request("POST", f"{caller.base}/units?dry_run=true", Connection="close", **chunked)
    answer = exchanged(impatient.url, head + b"2\r\n{}\r\n0\r\nIdempotency-Key: other\r\nX: y\r\n\r\n")
    assert answer is not None
    assert (answer.status, answer.problem()["code"]) == (422, "invalid-body")
    endless = exchanged(impatient.url, head + b"2\r\n{}\r\n0\r\nX: " + b"y" * (2 * MAX_FRAMING_BYTES))
    assert endless is None or endless.status == 431


def test_requests_in_a_row_are_answered_in_order(impatient: RunningServer, caller: Caller) -> None:
    body = b'{"effective_date": "2023-01-01", "unit_id": "U%d", "name": "n", "kind": "finance"}'
    commands = [
        request(
            "POST",
            f"{caller.base}/units",
            body % number,
            Content_Type="application/json",
            Idempotency_Key=f"row-{number}",
        )
        for number in range(10)
    ]
    before = caller.head()
    answer = exchanged(impatient.url, b"".join(commands) + request("GET", caller.base, Connection="close"))
    assert answer is not None
    assert (answer.answers, answer.status) == (11, 200)
    assert caller.head() == before + 10


def test_a_command_before_a_broken_request_is_answered_before_it(impatient: RunningServer, caller: Caller) -> None:
    before = caller.head()
    good = request(
        "POST",
        f"{caller.base}/units",
        b'{"effective_date": "2023-01-01", "unit_id": "UB", "name": "n", "kind": "finance"}',
        Content_Type="application/json",
        Idempotency_Key="before-broken",
    )
    with connected(impatient.url) as connection:
        connection.sendall(good + b"broken\r\n\r\n")
        received = connection.recv(65_536)
        while b"bad-request" not in received:
            received += connection.recv(65_536)
    assert received.index(b"HTTP/1.1 201") < received.index(b"HTTP/1.1 400")
    assert caller.head() == before + 1


def test_too_many_requests_in_a_row_are_not_kept(impatient: RunningServer) -> None:
    answer = exchanged(impatient.url, HEALTH * (MAX_PIPELINED + 100))
    refused(answer, 400, "bad-request")
    assert answer is not None
    assert answer.answers == MAX_PIPELINED + 2


def test_an_upgrade_is_answered_in_the_protocol_there_is(impatient: RunningServer) -> None:
    answer = exchanged(impatient.url, request("GET", "/healthz", Connection="Upgrade, HTTP2-Settings", Upgrade="h2c"))
    assert answer is not None
    assert (answer.status, answer.headers["connection"]) == (200, "close")


def test_a_client_that_leaves_in_the_middle_of_anything_does_no_harm(impatient: RunningServer, caller: Caller) -> None:
    body = b'{"effective_date": "2023-01-01", "unit_id": "UL", "name": "n", "kind": "finance"}'
    named = {"Content_Type": "application/json", "Idempotency_Key": "leaves"}
    whole = request("POST", f"{caller.base}/units?dry_run=true", body, **named)
    for length in range(0, len(whole) + 1, 7):
        with connected(impatient.url) as connection:
            connection.sendall(whole[:length])
    for target in ("/events/stream?after=0", "/events", "/snapshot", "/log-export"):
        with connected(impatient.url) as connection:
            connection.sendall(request("GET", caller.base + target))
            connection.recv(1)
    caller.record("/units", UNIT | {"unit_id": "after-all"})


def test_at_the_limit_the_connection_that_waits_longest_gives_way(sqlite_url: str) -> None:
    with running_server(sqlite_url, connection_limit=10, client_timeout_s=60) as running:
        oldest = connected(running.url)
        waiting = [oldest]
        try:
            # Those that come in one turn of the server's loop have waited equally long.
            assert exchanged(running.url, request("GET", "/healthz", Connection="close")) is not None
            waiting += [connected(running.url) for _ in range(29)]
            for _ in range(20):
                # Each on a connection of its own: those who wait hold all others.
                answer = exchanged(running.url, request("GET", "/healthz", Connection="close"), within_s=5)
                assert answer is not None
                assert answer.status == 200
            # Who had asked nothing is told nothing.
            assert answered(oldest) is None
        finally:
            for connection in waiting:
                connection.close()


def test_when_none_waits_a_further_connection_is_told_so(sqlite_url: str) -> None:
    with running_server(sqlite_url, connection_limit=10) as running:
        running.client.close()
        streams = [connected(running.url) for _ in range(10)]
        try:
            ledger = open_ledger(streams)
            for connection in streams:
                connection.sendall(request("GET", f"/v1/ledgers/{ledger}/events/stream"))
                assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
            with connected(running.url) as further:
                refused(answered(further), 503, "too-many-connections")
        finally:
            for connection in streams:
                connection.close()


@full_only
def test_a_read_that_waits_for_others_of_its_caller_gives_way_when_none_waits_for_its_client(sqlite_url: str) -> None:
    # Nothing keeps the views up to date: each read that is worked on waits for them.
    with identifying_server(sqlite_url, connection_limit=10, projector=False, projection_wait_ms=500) as server:
        key = made_key(server, Role.APPROVER).text
        with client_with(server, key) as client:
            read = request("GET", f"{new_caller(client).base}/units", Connection="close", **bearing(key))
        server.client.close()
        reads = [connected(server.url) for _ in range(10)]
        try:
            for connection in reads:
                connection.sendall(read)
            eventually("there is room for another caller", lambda: is_answered(server.url) or None)
            codes = Counter(each.problem()["code"] for each in map(the_answer, reads))
            assert codes["projection-behind"] >= READS_AT_ONCE
            assert 1 <= codes["too-many-connections"] == 10 - codes["projection-behind"]
        finally:
            for connection in reads:
                connection.close()


def is_answered(url: str) -> bool:
    answer = exchanged(url, request("GET", "/healthz", Connection="close"))
    return answer is not None and answer.status == 200


def the_answer(connection: socket.socket) -> RawAnswer:
    answer = answered(connection)
    assert answer is not None
    return answer


def open_ledger(streams: list[socket.socket]) -> str:
    body = b'{"ledger_id": "full", "name": "n"}'
    streams[0].sendall(request("POST", "/v1/ledgers", body, Content_Type="application/json", Idempotency_Key="k"))
    assert streams[0].recv(65_536).startswith(b"HTTP/1.1 201")
    return "full"
