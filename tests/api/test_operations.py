"""Whether it lives, whether it can serve, what it counts, and how it stops."""

import threading

import httpx
import pytest

from api.settings import Settings
from tests.support.caller import DISBURSEMENT, UNIT, Caller, new_caller, problem
from tests.support.server import RunningServer, running_server


def test_a_process_that_is_up_says_so(server: RunningServer) -> None:
    assert server.client.get("/healthz").json() == {"status": "up"}


def test_it_is_ready_when_database_and_projections_are(server: RunningServer, founded: Caller) -> None:
    founded.read("/projects")
    document = server.client.get("/readyz").json()
    assert (document["ready"], document["database"], document["projections"]) == (True, True, True)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/units", "GET, POST"),
        ("PUT", "/projects", "GET, POST"),
        ("GET", "/batch", "POST"),
        ("POST", "/events/1", "GET"),
        ("DELETE", "", "GET"),
    ],
)
def test_a_wrong_method_learns_every_right_one(ledger: Caller, method: str, path: str, allowed: str) -> None:
    answer = ledger.client.request(method, ledger.base + path)
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == allowed


def test_head_answers_as_get_without_the_body(ledger: Caller) -> None:
    asked = ledger.client.get(ledger.base + "/units")
    answer = ledger.client.head(ledger.base + "/units")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(asked.content))
    problem(ledger.client.get(ledger.base + "/batch"), 405, "method-not-allowed")
    assert ledger.client.head(ledger.base + "/batch").status_code == 405


def test_metrics_count_requests_by_the_template_of_their_address(server: RunningServer, founded: Caller) -> None:
    founded.post("/disbursements", DISBURSEMENT)
    founded.read("/projects/P1")
    text = server.client.get("/metrics").text
    counted = 'fundtrail_requests_total{method="POST",route="/v1/ledgers/{ledger}/disbursements",status="201"}'
    assert counted in text
    assert 'route="/v1/ledgers/{ledger}/projects/{id}",status="200"' in text


def test_metrics_say_how_far_the_views_are_behind_and_name_no_ledger(sqlite_url: str) -> None:
    with running_server(sqlite_url, projector=False) as server:
        near, far = new_caller(server.client), new_caller(server.client)
        server.services.projector.catch_up(near.ledger_id)
        far.record("/units", UNIT)
        text = server.client.get("/metrics").text
    assert 'fundtrail_projection_lag_events{projection="balances"} 2.0\n' in text
    assert 'fundtrail_projection_stalled_ledgers{projection="balances"} 0.0\n' in text
    assert near.ledger_id not in text
    assert far.ledger_id not in text


def test_without_a_projector_a_read_says_that_the_views_are_behind(sqlite_url: str) -> None:
    with running_server(sqlite_url, projector=False, projection_wait_ms=50) as server:
        caller = new_caller(server.client)
        answer = caller.ask("/units")
        problem(answer, 503, "projection-behind")
        assert answer.headers["retry-after"] == "1"
        server.services.projector.catch_up(caller.ledger_id)
        assert caller.read("/units")["items"] == []
        caller.record("/units", UNIT)
        assert caller.read("/events")["coordinates"]["position"] == 2


def test_an_open_stream_ends_when_the_server_stops(sqlite_url: str) -> None:
    ended = threading.Event()
    opened = threading.Event()

    def listen(url: str) -> None:
        with httpx.stream("GET", url, timeout=30) as answer:
            opened.set()
            answer.read()
        ended.set()

    with running_server(sqlite_url) as server:
        caller = new_caller(server.client)
        reader = threading.Thread(target=listen, args=(f"{server.url}{caller.base}/events/stream",))
        reader.start()
        assert opened.wait(10)
    reader.join(10)
    assert ended.is_set()


def test_an_unknown_way_of_authentication_is_no_setting() -> None:
    with pytest.raises(ValueError, match="auth"):
        Settings.model_validate({"auth": "none"})


def test_settings_pass_through_the_environment_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(port=0, projector=False, queue_limit=7, database_url="sqlite:////tmp/x.db")
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in Settings.model_fields.values())
