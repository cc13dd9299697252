"""The first administrator's key over HTTP: made once, written down with it, and not for who guesses."""

import threading
from collections.abc import Iterator

import httpx
import pytest

from api.callers import FAILURES_AT_ONCE
from domain.access_log import AccessQuery
from tests.support.caller import problem
from tests.support.identified import client_with, identifying_server
from tests.support.server import RunningServer
from tests.support.tls import NO_TLS


@pytest.fixture
def server(sqlite_url: str) -> Iterator[RunningServer]:
    with identifying_server(sqlite_url) as running:
        yield running


def issued(server: RunningServer) -> str:
    token = server.services.setup_tokens.issue()
    assert token is not None
    return token


def use(server: RunningServer, token: str) -> httpx.Response:
    return httpx.post(f"{server.url}/v1/setup", json={"token": token}, timeout=30, verify=NO_TLS)


def test_the_first_key_is_made_once_with_the_token_of_the_first_start(server: RunningServer) -> None:
    assert server.client.get("/v1/setup").json() == {"open": False}, "nobody has a token yet"
    token = issued(server)
    assert server.client.get("/v1/setup").json() == {"open": True}
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(use(server, token))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]
    assert server.client.get("/v1/setup").json() == {"open": False}
    made = next(answer.json() for answer in answers if answer.status_code == 201)
    assert (made["role"], made["created_by"]) == ("admin", "setup")
    with client_with(server, made["key"]) as client:
        assert client.get("/v1/keys").status_code == 200
    answer = use(server, token)
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_address_that_guessed_too_often_is_not_asked_for_its_token(server: RunningServer) -> None:
    token = issued(server)
    for _ in range(FAILURES_AT_ONCE):
        problem(use(server, "setup_" + "A" * 43), 401, "unauthenticated")
    answer = use(server, token)
    problem(answer, 429, "too-many-failures")
    assert int(answer.headers["retry-after"]) >= 1
    server.services.denials.write_counted()
    records = server.services.access_log.page(AccessQuery(limit=1_000)).records
    assert {(each.entry.action, each.entry.code) for each in records} == {
        ("setup", "unauthenticated"),
        ("setup", "too-many-failures"),
    }


def test_a_first_key_that_cannot_be_written_down_is_not_made_and_its_token_stays_good(server: RunningServer) -> None:
    token = issued(server)
    with server.services.database.access_writer.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE access_head RENAME TO hidden")
    problem(use(server, token), 503, "access-log-unavailable")
    with server.services.database.access_writer.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO access_head")
    assert server.services.callers.keys.every() == []
    made = use(server, token)
    assert made.status_code == 201, made.text
