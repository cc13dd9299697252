"""Without authentication: nothing but this machine is served, and only who means this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.security import UnsafeExposureError
from api.serve import serve
from api.settings import Settings
from domain.access import Role
from domain.access_log import AccessQuery
from tests.support.caller import UNIT, new_caller, problem
from tests.support.effort import sampled
from tests.support.identified import bearing, identifying_server, made_key
from tests.support.raw import exchanged
from tests.support.server import RunningServer, running_server

FOREIGN = (
    "fundtrail.example",
    "fundtrail.example:8000",
    "127.0.0.1.example.org",
    "localhost.example.org:8000",
    "127.0.0.1@example.org",
    "example.org@127.0.0.1",
    "127.0.0.1/",
    "127.0.0.1:8000:8000",
    "[::1].example.org",
    "192.168.1.10",
    "0.0.0.0:8000",
    "",
)
OUR_OWN = ("localhost", "LOCALHOST:8000", "127.0.0.1", "127.8.9.10:1", "[::1]", "[::1]:8000")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(f"sqlite:///{tmp_path_factory.mktemp('open')}/fundtrail.db") as running:
        yield running


@pytest.mark.parametrize(
    "host",
    sampled(["0.0.0.0", "192.168.1.10", "::", "example.org"], one_in=4),  # noqa: S104 (it is refused)
)
def test_without_authentication_nothing_but_loopback_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    # What it opens by default lies where it is started.
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnsafeExposureError):
        serve(Settings(host=host), lambda _url: None)


@pytest.mark.parametrize("host", FOREIGN)
def test_a_page_that_had_its_own_name_lead_here_reads_and_records_nothing(server: RunningServer, host: str) -> None:
    caller = new_caller(server.client)
    problem(server.client.get(f"{caller.base}/events", headers={"Host": host}), 403, "foreign-host")
    written = server.client.post(f"{caller.base}/units", json=UNIT, headers={"Host": host, "Idempotency-Key": "k"})
    problem(written, 403, "foreign-host")
    assert len(caller.read("/events")["items"]) == 1


def test_what_the_page_of_another_sends_through_a_browser_is_not_done(server: RunningServer) -> None:
    caller = new_caller(server.client)
    headers = {"Origin": "http://evil.example", "Idempotency-Key": "k"}
    problem(server.client.post(f"{caller.base}/units", json=UNIT, headers=headers), 403, "foreign-host")
    problem(server.client.post("/v1/keys/aaaaaaaaaaaa/revocation", headers=headers), 403, "foreign-host")
    own = {**headers, "Origin": server.url}
    assert server.client.post(f"{caller.base}/units", json=UNIT, headers=own).status_code == 201


@pytest.mark.parametrize("host", OUR_OWN)
def test_whatever_names_this_machine_is_answered(server: RunningServer, host: str) -> None:
    assert server.client.get("/v1/ledgers", headers={"Host": host}).status_code == 200


def test_who_names_no_host_is_no_browser_and_is_answered(server: RunningServer) -> None:
    answer = exchanged(server.url, b"GET /v1/ledgers HTTP/1.0\r\n\r\n")
    assert answer is not None
    assert answer.status == 200


def test_a_foreign_host_is_written_down_and_not_repeated(sqlite_url: str) -> None:
    with running_server(sqlite_url) as server:
        answer = server.client.get("/v1/ledgers", headers={"Host": "evil.example"})
        records = server.services.access_log.page(AccessQuery()).records
    assert [(each.entry.kind, each.entry.action, each.entry.code) for each in records] == [
        ("unauthenticated", "ledgers", "foreign-host")
    ]
    assert "evil" not in answer.text + str(records)


def test_with_authentication_the_service_is_reached_by_any_name(sqlite_url: str) -> None:
    with identifying_server(sqlite_url) as server:
        headers = bearing(made_key(server, Role.VIEWER).text) | {"Host": "fundtrail.example"}
        assert server.client.get("/v1/ledgers", headers=headers).status_code == 200
