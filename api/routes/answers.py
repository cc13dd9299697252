"""What a write answers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.languages import Language
from api.ledgers import LedgerIdentity
from api.problems import language_of, problem_of, response_of
from api.rendering.events import events_json, reversals_among
from api.wiring import Services
from domain.errors import Refusal
from domain.event import RecordedEvent
from domain.submission import Accepted, Answer, Outcome, Refused

CREATED: Final = 201
OK: Final = 200
MULTI_STATUS: Final = 207
MANY: Final = 100
"""From so many events on, an answer is made beside the loop, which serves others meanwhile."""


def json_response(content: object, status: int = OK, headers: Mapping[str, str] | None = None) -> Response:
    """The content as JSON."""
    return Response(msgspec.json.encode(content), status, headers, "application/json")


def refusal_response(request: Request, refusal: Refusal, sent: Mapping[str, Any], index: int | None = None) -> Response:
    """The refusal of a command, in whose body an id that is unknown is a conflict."""
    return response_of(refusal_problem(refusal, language_of(request), sent, index))


def refusal_problem(
    refusal: Refusal, language: Language, sent: Mapping[str, Any], index: int | None = None
) -> dict[str, Any]:
    """The problem; it points at `event_key` when the command named its event by key."""
    problem = problem_of(refusal, language, index=index)
    if "event_key" in sent and refusal.pointer == "/event_id":
        problem["errors"][0]["pointer"] = "/event_key"
    return problem


async def created_response(services: Services, ledger: LedgerIdentity, answer: Answer) -> Response:
    """201 with every event, as known at the last position among them."""
    accepted = [outcome for outcome in answer.outcomes if isinstance(outcome, Accepted)]
    events = [event for outcome in accepted for event in outcome.events]
    last = max(event.position for event in events)
    reversed_by = await _reversals(services, ledger, accepted, last)
    headers = {"Location": f"/v1/ledgers/{ledger.ledger_id}/events/{last}"} | replay_header(answer.outcomes)

    def answered() -> Response:
        body = {"position": last, "events": events_json(events, ledger.time_zone, reversed_by)}
        return json_response(body, CREATED, headers)

    return answered() if len(events) < MANY else await run_in_threadpool(answered)


async def partial_response(
    request: Request, services: Services, ledger: LedgerIdentity, answer: Answer, sent: Sequence[Mapping[str, Any]]
) -> Response:
    """207 with the events or the problem of each item."""
    accepted = [outcome for outcome in answer.outcomes if isinstance(outcome, Accepted)]
    last = max((event.position for outcome in accepted for event in outcome.events), default=0)
    reversed_by = await _reversals(services, ledger, accepted, last)
    language = language_of(request)

    def answered() -> Response:
        results = [
            {"index": index, "status": CREATED, "events": events_json(outcome.events, ledger.time_zone, reversed_by)}
            if isinstance(outcome, Accepted)
            else refused_result(outcome, language, sent[index], index)
            for index, outcome in enumerate(answer.outcomes)
        ]
        body = {"position": last or None, "results": results}
        return json_response(body, MULTI_STATUS, replay_header(answer.outcomes))

    return await run_in_threadpool(answered)


def dry_run_response(request: Request, outcomes: Sequence[Outcome], sent: Sequence[Mapping[str, Any]]) -> Response:
    """200 with what each item would answer, up to the first refusal of an atomic batch.

    What was accepted before says so: who comes back to a file then knows what is recorded of it.
    """
    language = language_of(request)
    results = [
        {"index": index, "status": CREATED} | ({"replayed": True} if outcome.replayed else {})
        if isinstance(outcome, Accepted)
        else refused_result(outcome, language, sent[index], index)
        for index, outcome in enumerate(outcomes)
    ]
    return json_response({"position": None, "results": results})


def refused_result(outcome: Refused, language: Language, sent: Mapping[str, Any], index: int) -> dict[str, Any]:
    """One result of several."""
    problem = refusal_problem(outcome.refusal, language, sent, index)
    return {"index": index, "status": problem["status"], "problem": problem}


def replay_header(outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Says so when everything in the answer had been accepted before."""
    replayed = all(isinstance(outcome, Accepted) and outcome.replayed for outcome in outcomes)
    return {"Idempotency-Replayed": "true"} if replayed else {}


async def _reversals(
    services: Services, ledger: LedgerIdentity, accepted: Sequence[Accepted], last: int
) -> dict[str, int]:
    events: list[RecordedEvent] = [event for outcome in accepted for event in outcome.events]
    if len(accepted) == 1 or not any(outcome.replayed for outcome in accepted):
        # All of them are the last ones of the log, so only one of them can have reversed another.
        return reversals_among(events)
    return await run_in_threadpool(services.feed.reversed_by, ledger.ledger_id, events, last)
