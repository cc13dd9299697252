"""PostgreSQL goes away and comes back, once or again and again while clerks write.

Everyone is told so meanwhile, nobody loses a command or is told a wrong thing, and nothing else has to be restarted.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.cluster import FAST, IMMEDIATE, KILL, Cluster, cluster
from tests.support.effort import effort
from tests.support.http_writes import BASE, LEDGER, open_lines, payment
from tests.support.processes import DEADLINE_S, Server, serving, wait_for
from tests.support.steady_clerks import LINES, assert_kept, writing
from tests.support.whole_log import assert_sound

WAYS = (KILL, IMMEDIATE, FAST)
RESTARTS = effort(quick=2, full=24)
COMMANDS_BETWEEN = effort(quick=60, full=450)
BATCH_SIZE = 10
UNAVAILABLE = 503
READS = ("/lines", "/events", "/checkpoint", "/execution?group_by=source_level", "/events/3", "/units?as_of=2023-12-31")
QUICK_S = 5.0


@dataclass(frozen=True)
class Office:
    """A service, and its database."""

    database: Cluster
    service: Server


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with cluster() as database, serving(tmp_path_factory.mktemp("service"), database.url) as service:
        open_lines(service.url, LINES | {"L9": "100.00"})
        yield Office(database, service)


@pytest.fixture
def client(office: Office) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=office.service.url, timeout=DEADLINE_S) as made:
        yield made


def test_restarts_lose_nothing_double_nothing_and_refuse_nothing_wrongly(office: Office, tmp_path: Path) -> None:
    database = office.database
    with writing(office.service.url, batch_size=BATCH_SIZE) as clerks:
        for restart in range(RESTARTS):
            clerks.wait_for(COMMANDS_BETWEEN)
            database.end(WAYS[restart % len(WAYS)])
            database.start()
        clerks.wait_for(COMMANDS_BETWEEN)
    events = assert_kept(database.url, clerks.settled)
    print(  # noqa: T201 (the counts are what the test shows)
        f"{RESTARTS} restarts (kill -9, immediate, fast in turn): {clerks.acknowledged} commands acknowledged, "
        f"{len(events)} events, 0 lost, 0 half, 0 double, 0 false conflicts; answers {dict(clerks.answers)}; "
        f"longest wait {clerks.longest_s:.1f} s"
    )
    assert_sound(database.url, LEDGER, tmp_path)


def test_while_it_is_away_everything_says_so_and_goes_on_by_itself(office: Office, client: httpx.Client) -> None:
    assert paid(client, "one").status_code == 201
    assert available(client) == "99.00"
    # What failed during the restarts of the test before is tried again a few seconds later.
    wait_for("it is ready", lambda: client.get("/readyz").status_code == 200)

    office.database.end(FAST)
    assert_everything_says(client, "database-unavailable")
    found = client.get("/readyz")
    assert found.status_code == UNAVAILABLE
    assert (found.json()["ready"], found.json()["database"]) == (False, False)
    (problem,) = [each for each in found.json()["problems"] if each["check"] == "database"]
    assert problem["code"] == "database-unavailable"
    assert str(office.database.sockets) not in found.text
    assert client.get("/healthz").status_code == 200

    office.database.start()
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
    body = payment("L9", "1.00", key)
    return client.post(f"{BASE}/disbursements", json=body, headers={"Idempotency-Key": key})


def available(client: httpx.Client) -> str:
    """What the line has left, once the views know of everything."""
    answer = client.get(f"{BASE}/lines/L9")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["available"])
