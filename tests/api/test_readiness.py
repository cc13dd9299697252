"""What /readyz says is wrong: in which words, since when, and for how long."""

from collections.abc import Iterator

import jsonschema_rs
import pytest

from adapters.writable import NoWrites
from api.languages import Language
from api.readiness import CHECKS, TROUBLE_S, Readiness
from domain.errors import ClockBehind, InsufficientFunds, StorageFull
from tests.support.server import RunningServer


class Watched:
    """A readiness whose clock and last failure of a transaction a test sets."""

    def __init__(self, server: RunningServer) -> None:
        services = server.services
        self.now_s = 0.0
        self.failure: Exception | None = None
        self.refusal: NoWrites | None = None
        self.readiness = Readiness(
            services.projector.status,
            services.transparency,
            services.access_log,
            lambda: self.failure,
            lambda: None,
            lambda: self.refusal,
            lambda: self.now_s,
        )

    def codes(self) -> list[str]:
        """Of everything that is wrong."""
        return [each["code"] for each in self.readiness.look(Language.ENGLISH, stopping=False)["problems"]]


@pytest.fixture
def watched(sqlite_server: RunningServer) -> Watched:
    return Watched(sqlite_server)


@pytest.fixture
def differing(sqlite_server: RunningServer) -> Iterator[RunningServer]:
    problems = sqlite_server.services.transparency.self_check.problems
    problems["some-ledger"] = "position 9: the entry is missing"
    yield sqlite_server
    problems.clear()


def test_a_failed_write_is_held_against_it_for_a_while(watched: Watched) -> None:
    assert watched.codes() == []
    watched.failure = StorageFull()
    assert watched.codes() == ["storage-full"]
    watched.now_s += TROUBLE_S - 1
    assert watched.codes() == ["storage-full"]
    watched.now_s += 1
    assert watched.codes() == [], "who is not ready gets no writes that could show that it is over"
    watched.failure = ClockBehind()
    assert watched.codes() == ["clock-behind"]
    watched.failure = None
    assert watched.codes() == []


def test_what_concerns_one_command_alone_is_not_held_against_it(watched: Watched) -> None:
    watched.failure = InsufficientFunds(available=1, requested=2)
    assert watched.codes() == []


def test_the_moment_it_was_first_seen_stays(differing: RunningServer) -> None:
    first, second = (differing.client.get("/readyz").json()["problems"] for _ in range(2))
    assert first == second
    assert (first[0]["check"], first[0]["ledgers"]) == ("self_check", 1)


@pytest.mark.parametrize(("language", "word"), [("en", "differences"), ("zh", "自检")])
def test_it_is_said_in_the_callers_language_and_without_names(
    differing: RunningServer, language: str, word: str
) -> None:
    answer = differing.client.get("/readyz", headers={"Accept-Language": language})
    assert word in answer.json()["problems"][0]["detail"]
    assert "some-ledger" not in answer.text


def test_an_answer_that_says_no_is_as_documented(differing: RunningServer) -> None:
    document = differing.client.get("/openapi.json").json()
    answer = differing.client.get("/readyz")
    assert answer.status_code == 503
    schema = document["paths"]["/readyz"]["get"]["responses"]["503"]["content"]["application/json"]["schema"]
    jsonschema_rs.validate({**schema, "components": document["components"]}, answer.json())


def test_while_stopping_it_is_not_ready(watched: Watched) -> None:
    found = watched.readiness.look(Language.ENGLISH, stopping=True)
    assert (found["ready"], found["service"]) == (False, False)
    assert {check for check in CHECKS if not found[check]} == {"service"}
