"""Hostile requests to every operation there is: none fails, none takes long, none is echoed, none leaves anything."""

import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import httpx
import pytest
from sqlalchemy import create_engine, inspect, text

from tests.support.caller import DISBURSEMENT, EVALUATION, Caller, new_caller
from tests.support.effort import IS_FULL
from tests.support.hostile import CANARY, Sent
from tests.support.hostile_bytes import TWO_READINGS
from tests.support.hostile_inputs import hostile_inputs
from tests.support.hostile_routes import hostile_requests
from tests.support.processes import Server, serving
from tests.support.raw import CREDENTIALS, RawAnswer, exchanged, first_answer, request
from tests.support.waiting import eventually

SEED: Final = 20_230_301
QUICK: Final = 500
"""Of some thousand, chosen by the seed; the full test sends all."""
SLOWEST_S: Final = 1.0
GROWTH_BYTES: Final = 64_000_000
CREATED: Final = 201
CONTRACT_UNAVAILABLE: Final = 503


def test_no_hostile_request_fails_or_lasts_or_is_echoed_or_stored(tmp_path: Path, sqlite_url: str) -> None:
    with serving(tmp_path, sqlite_url) as server, httpx.Client(base_url=server.url, headers=CREDENTIALS) as client:
        caller = founded(client)
        names = {"ledger": caller.ledger_id, "id": "P1", "position": "3", "path": "0/000.p/3"}
        names["key_id"] = "abcdefghijkl"
        requests = list(chosen(client.get("/openapi.json").json(), names, caller))
        for sent in requests[:50]:
            first_answer(server.url, bytes_of(sent))
        before, bytes_before = rows_of(sqlite_url), resident_bytes(server)
        times = {sent.name: harmless(server, sent) for sent in requests}
        for name, sent_bytes in TWO_READINGS.items():
            times[name] = harmless_bytes(server, name, sent_bytes)
        grown = resident_bytes(server) - bytes_before
        assert rows_of(sqlite_url) == before
        assert client.get("/healthz").status_code == 200
    slowest = max(times, key=times.__getitem__)
    print(  # noqa: T201 (the figures are what the test is for)
        f"{len(times)} hostile requests to {len({sent.target for sent in requests})} addresses, seed {SEED}: "
        f"slowest {times[slowest] * 1000:.0f} ms ({slowest}), {grown / 1e6:.1f} MB more memory"
    )
    assert len(times) >= 200
    assert times[slowest] < SLOWEST_S, slowest
    assert grown < GROWTH_BYTES


def founded(client: httpx.Client) -> Caller:
    """A ledger with something behind every address, and its checkpoint."""
    caller = new_caller(client)
    caller.found()
    caller.record("/disbursements", DISBURSEMENT)
    caller.record("/evaluations", EVALUATION)
    head = caller.head()
    eventually("a checkpoint", lambda: f"\n{head}\n" in caller.ask("/checkpoint").text or None)
    caller.read("/projects")
    return caller


def chosen(document: Mapping[str, object], names: Mapping[str, str], caller: Caller) -> Iterator[Sent]:
    """The table of single inputs, and requests to every operation: all of them, or some."""
    for hostile in hostile_inputs():
        yield Sent(hostile.name, hostile.method, caller.base + hostile.path, hostile.headers, hostile.body or b"")
    generated = list(hostile_requests(document, names))
    yield from generated if IS_FULL else random.Random(SEED).sample(generated, QUICK)  # noqa: S311 (a seed is wanted)


def bytes_of(sent: Sent) -> bytes:
    """The request; a write that names no key gets one, so that nothing but the input is at fault."""
    headers = {"Connection": "close", **sent.headers}
    if sent.method == "POST":
        headers = {"Idempotency-Key": "hostile", **headers}
    return request(sent.method, sent.target, sent.body, **headers)


def harmless(server: Server, sent: Sent) -> float:
    """How many seconds the answer took. Fails when there is none, when the service failed, or when it is an echo."""
    begin = time.monotonic()
    answer = first_answer(server.url, bytes_of(sent))
    took_s = time.monotonic() - begin
    # A body that was refused before it was sent to its end may take its answer with it.
    if answer is not None:
        check(sent.name, answer)
    else:
        assert len(sent.body) > 1_000_000, f"{sent.name}: no answer"
    return took_s


def harmless_bytes(server: Server, name: str, sent: bytes) -> float:
    begin = time.monotonic()
    answer = exchanged(server.url, sent)
    assert answer is not None, name
    check(name, answer)
    return time.monotonic() - begin


def check(name: str, answer: RawAnswer) -> None:
    assert answer.status < 500 or answer.status == CONTRACT_UNAVAILABLE, f"{name}: {answer.status} {answer.body!r}"
    assert answer.status != CREATED, f"{name}: recorded"
    if answer.status >= 400:
        assert answer.problem()["status"] == answer.status, name
    assert CANARY.encode() not in answer.body, f"{name}: {answer.body!r}"
    assert CANARY not in repr(answer.headers), name


def rows_of(database_url: str) -> dict[str, int]:
    """How many rows each table has."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            tables = inspect(connection).get_table_names()
            return {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0 for name in tables}
    finally:
        engine.dispose()


def resident_bytes(server: Server) -> int:
    """Memory that the process holds."""
    status = Path(f"/proc/{server.process.pid}/status")
    if not status.is_file():
        pytest.skip("this system does not show the memory of a process")
    (line,) = (each for each in status.read_text().splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) * 1024
