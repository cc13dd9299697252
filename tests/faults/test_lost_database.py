"""The database goes away and comes back: everyone is told so meanwhile, and nobody has to restart anything."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.cluster import FAST, cluster
from tests.support.http_writes import BASE, open_lines, payment
from tests.support.processes import DEADLINE_S, serving, wait_for

UNAVAILABLE = 503
READS = ("/lines", "/events", "/checkpoint", "/execution?group_by=source_level", "/events/3", "/units?as_of=2023-12-31")
QUICK_S = 5.0


@contextmanager
def served(folder: Path, url: str) -> Iterator[httpx.Client]:
    """A client of a service on the database."""
    with (
        serving(folder, url) as service,
        httpx.Client(base_url=service.url, timeout=DEADLINE_S, headers={"Accept-Language": "en"}) as client,
    ):
        open_lines(service.url, {"L0": "100.00"})
        yield client


def test_postgresql_goes_and_comes_back_and_everything_goes_on(tmp_path: Path) -> None:
    with cluster() as server, served(tmp_path, server.url) as client:
        assert paid(client, "one").status_code == 201
        assert available(client) == "99.00"
        assert client.get("/readyz").status_code == 200

        server.end(FAST)
        assert_everything_says(client, "database-unavailable")
        found = client.get("/readyz")
        assert found.status_code == UNAVAILABLE
        assert (found.json()["ready"], found.json()["database"]) == (False, False)
        (problem,) = [each for each in found.json()["problems"] if each["check"] == "database"]
        assert problem["code"] == "database-unavailable"
        assert str(server.sockets) not in found.text
        assert client.get("/healthz").status_code == 200

        server.start()
        wait_for("it is ready again", lambda: client.get("/readyz").status_code == 200)
        assert paid(client, "two").status_code == 201
        assert available(client) == "98.00", "the projector's process goes on too"


def assert_everything_says(client: httpx.Client, code: str) -> None:
    """Every read and write answers 503 with the code, without waiting for long."""
    begin = time.monotonic()
    answers = [client.get(f"{BASE}{path}") for path in READS]
    answers += [client.get("/v1/ledgers"), client.get(f"{BASE}/events/stream"), paid(client, "meanwhile")]
    answers.append(client.post("/v1/ledgers", json={"ledger_id": "n", "name": "新"}, headers={"Idempotency-Key": "n"}))
    told = [(each.request.url.path, each.status_code, each.json()["code"]) for each in answers]
    assert [each for each in told if each[1:] != (UNAVAILABLE, code)] == []
    assert all(each.headers["Retry-After"] for each in answers)
    assert time.monotonic() - begin < QUICK_S * len(answers)
    print(f"{len(told)} requests without the database: all {UNAVAILABLE} {code}")  # noqa: T201 (the count is what the test shows)


def paid(client: httpx.Client, key: str) -> httpx.Response:
    """The answer to a payment of 1 yuan."""
    body = payment("L0", "1.00", key)
    return client.post(f"{BASE}/disbursements", json=body, headers={"Idempotency-Key": key})


def available(client: httpx.Client) -> str:
    """What the line has left, once the views know of everything."""
    answer = client.get(f"{BASE}/lines/L0")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["available"])
