"""Hostile requests to every operation there is, to a service that asks who calls: by who may, and by who may not.

None fails, none takes long, none is echoed, and nothing stays of them but who was turned away, and what was refused.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import create_engine, inspect, make_url, text

from adapters.access.reading import read_page
from adapters.database import access_file_of
from domain.access_log import AccessKind, AccessQuery, AccessRecord
from domain.errors import Refusal, UnknownLedger
from tests.support.caller import DISBURSEMENT, EVALUATION, new_caller
from tests.support.hostile import CANARY
from tests.support.hostile_attempts import (
    FLOODED_FROM,
    SEED,
    Attempt,
    Target,
    against_the_rules,
    at_the_first_start,
    by_who_may,
    by_who_may_not,
    in_two_readings,
    with_no_credential,
)
from tests.support.hostile_credentials import Credentials, credentials_of, hostile_credentials
from tests.support.identified import bearing
from tests.support.issuer import Issuer, issuer_settings
from tests.support.processes import Server, serving
from tests.support.raw import first_answer, request
from tests.support.resident import resident_bytes, with_children
from tests.support.waiting import eventually
from tests.support.whole_log import opened

SLOWEST_S: Final = 1.0
GROWTH_BYTES: Final = 64_000_000
WARMING: Final = 100
CREATED: Final = 201
MAY_BE_CUT_OFF: Final = 1_000_000
"""A body that was refused before it was sent to its end may take its answer with it."""
STANDING: Final = ("api_key", "setup_token", "pseudonym", "deployment_secret")
"""What must stay as it is, to the letter."""


@pytest.mark.skipif(
    sys.platform != "linux", reason="memory is read from /proc, and callers have addresses of their own"
)
def test_no_hostile_request_fails_or_lasts_or_is_echoed_or_stored(tmp_path: Path, sqlite_url: str) -> None:
    issuer, known = Issuer(), credentials_of(sqlite_url, tmp_path)
    with serving(tmp_path, sqlite_url, auth="on", **issuer_settings(issuer, tmp_path)) as server:
        target = attacked(server.url, issuer, known)
        attempts = list(every_attempt(target, issuer))
        before, kept_before = state_of(sqlite_url), len(access_records(sqlite_url))
        # What each kind of request needs for good is no growth.
        answers = [answer_to(server, each, known) for each in attempts[:: len(attempts) // WARMING]]
        bytes_before = held_bytes(server)
        answers += [answer_to(server, each, known) for each in attempts]
        grown = held_bytes(server) - bytes_before
        taken = first_answer(server.url, asking(target), source=FLOODED_FROM)
        assert taken is not None
        assert taken.status == 200, "a valid key is taken all the same from where there was a flood"
        server.stop()
    assert state_of(sqlite_url) == before
    kept = kinds_of(access_records(sqlite_url)[kept_before:])
    assert_kept_is_what_was_told(kept, answers)
    assert_nowhere_written(tmp_path, server, known)
    slowest = max(answers, key=lambda each: each.took_s)
    show(answers, slowest, grown, kept)
    assert len(attempts) >= 200
    assert slowest.took_s < SLOWEST_S, slowest.attempt.name
    assert grown < GROWTH_BYTES


@dataclass(frozen=True)
class Answer:
    """What was answered to an attempt, and after how many seconds. Status 0: the answer was cut off with the body."""

    attempt: Attempt
    took_s: float
    status: int = 0
    code: str = ""


def attacked(url: str, issuer: Issuer, known: Credentials) -> Target:
    """A ledger with something behind every address, and somebody whom a token let in."""
    with httpx.Client(base_url=url, headers=bearing(known.approver), timeout=30) as client:
        caller = new_caller(client)
        caller.found()
        caller.record("/disbursements", DISBURSEMENT)
        caller.record("/evaluations", EVALUATION)
        head = caller.head()
        eventually("a checkpoint", lambda: f"\n{head}\n" in caller.ask("/checkpoint").text or None)
        caller.read("/projects")
        token = issuer.token(time.time())
        assert client.get("/metrics", headers=bearing(token)).status_code == 200
        return Target(client.get("/openapi.json").json(), caller, known)


def every_attempt(target: Target, issuer: Issuer) -> Iterator[Attempt]:
    credentials = list(hostile_credentials(target.known, issuer, int(time.time())))
    yield from by_who_may(target)
    yield from by_who_may_not(target)
    yield from with_no_credential(target, credentials)
    yield from at_the_first_start(target)
    yield from in_two_readings(target)
    yield from against_the_rules(target)


def asking(target: Target) -> bytes:
    return request("GET", target.caller.base, Connection="close", **bearing(target.known.approver))


def answer_to(server: Server, attempt: Attempt, known: Credentials) -> Answer:
    """Fails when it is none that may be given."""
    begin = time.monotonic()
    answer = first_answer(server.url, attempt.sent, source=attempt.source)
    took_s = time.monotonic() - begin
    if answer is None:
        assert len(attempt.sent) > MAY_BE_CUT_OFF, f"{attempt.name}: no answer"
        return Answer(attempt, took_s)
    shown = f"{attempt.name}: {answer.status} {answer.body[:500]!r}"
    # Not even 503: nothing that the service needs is away.
    assert answer.status < 500, shown
    assert answer.status != CREATED, shown
    assert attempt.allowed is None or answer.status in attempt.allowed, shown
    said = answer.body + repr(answer.headers).encode()
    for secret in (*attempt.secret, *secrets_of(known)):
        assert secret not in said, shown
    if answer.status < 400:
        return Answer(attempt, took_s, answer.status)
    document = answer.problem()
    assert document["status"] == answer.status, shown
    return Answer(attempt, took_s, answer.status, document["code"])


def secrets_of(known: Credentials) -> list[bytes]:
    """What nobody may be told, and the log of the server may not hold."""
    return [CANARY.encode(), *(each.encode() for each in vars(known).values())]


def assert_kept_is_what_was_told(kept: Mapping[AccessKind, int], answers: list[Answer]) -> None:
    """As many were written down as were told that they are nobody, that they may not, and that the rules refuse it."""
    assert "too-many-failures" in {each.code for each in answers}
    # That there is no such ledger is said before there is a command.
    refusals = set(codes_of(Refusal)) - {UnknownLedger.code}
    nobody = sum(each.code in {"unauthenticated", "too-many-failures"} for each in answers)
    # A head is turned away before its body is there, which may then turn out to be none.
    broken = [each for each in answers if each.code == "bad-request" and each.attempt.by == "nobody"]
    unreadable = sum(b"chunked" in each.attempt.sent for each in broken)
    assert nobody <= kept[AccessKind.UNAUTHENTICATED] <= nobody + unreadable
    assert kept[AccessKind.DENIED] == sum(each.code == "forbidden" for each in answers)
    commands = [each for each in answers if each.attempt.sent.startswith(b"POST ")]
    assert kept[AccessKind.REFUSED] == sum(each.code in refusals for each in commands)
    assert AccessKind.ADMINISTERED not in kept, "nothing was done with keys"


def codes_of(kind: type[Refusal]) -> Iterator[str]:
    for each in kind.__subclasses__():
        yield from codes_of(each)
        if "code" in vars(each):
            yield each.code


def state_of(database_url: str) -> tuple[dict[str, int], dict[str, list[Any]]]:
    """How many rows each table of the log has, and what stands in those of keys, tokens and pseudonyms."""
    access_url = make_url(database_url).set(database=access_file_of(make_url(database_url).database or ""))
    log, access = create_engine(database_url), create_engine(access_url)
    try:
        with log.connect() as to_log, access.connect() as to_access:
            tables = inspect(to_log).get_table_names()
            counts = {name: to_log.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0 for name in tables}
            rows = {name: [tuple(row) for row in to_access.execute(text(f"SELECT * FROM {name}"))] for name in STANDING}
    finally:
        log.dispose()
        access.dispose()
    assert all(rows.values()), "there is something of each that could be changed"
    return counts, rows


def access_records(database_url: str) -> list[AccessRecord]:
    records: list[AccessRecord] = []
    with opened(database_url) as database:
        more = True
        while more:
            after = records[-1].sequence if records else 0
            page = read_page(database.access_reader, AccessQuery(after=after, limit=1_000))
            records += page.records
            more = page.more
    return records


def kinds_of(records: list[AccessRecord]) -> dict[AccessKind, int]:
    """How much was written down, by kind; a record may stand for many that were alike."""
    kinds: Counter[AccessKind] = Counter()
    for record in records:
        kinds[record.entry.kind] += record.entry.count
    return dict(kinds)


def assert_nowhere_written(folder: Path, server: Server, known: Credentials) -> None:
    """Neither what they said nor what they bore is in the access log or among the messages of the server."""
    written = [path.read_bytes() for path in sorted(folder.glob("fundtrail-access.db*"))]
    assert written
    for secret in secrets_of(known):
        assert not any(secret in each for each in written)
        assert secret not in server.said().encode()


def held_bytes(server: Server) -> int:
    """Memory of the server and of its projector."""
    processes = list(with_children(server.process.pid))
    assert len(processes) == 2
    return sum(map(resident_bytes, processes))


def show(answers: list[Answer], slowest: Answer, grown: int, kept: Mapping[AccessKind, int]) -> None:
    by = Counter(each.attempt.by for each in answers)
    print(  # noqa: T201 (the figures are what the test is for)
        f"{len(answers)} hostile requests, seed {SEED}: {by['somebody']} by who may, {by['nobody']} by nobody, "
        f"{by['somebody else']} by who may not; slowest {slowest.took_s * 1000:.0f} ms ({slowest.attempt.name}), "
        f"{grown / 1e6:.1f} MB more memory of server and projector; "
        f"kept in the access log: {', '.join(f'{number} {kind}' for kind, number in kept.items())}"
    )
