"""The server of PostgreSQL dies and its standby takes over: what was acknowledged under synchronous replication stays.

Without it, acknowledged commands are lost: the control shows that this test would see it.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from adapters.database_faults import database_errors, fault_of
from domain.errors import DatabaseUnavailable
from tests.support.effort import effort, full_only
from tests.support.http_writes import (
    CALLER,
    CREATED,
    LEDGER,
    Answer,
    Write,
    caller,
    open_lines,
    payment,
    positions_told,
    single,
)
from tests.support.pair import ASYNCHRONOUS, SYNCHRONOUS, Pair, pair
from tests.support.processes import Server, serving, wait_for
from tests.support.server import running_server
from tests.support.steady_clerks import LINES, assert_kept, writing
from tests.support.whole_log import assert_sound, by_write, stored_events

FAILOVERS = effort(quick=1, full=6)
COMMANDS_BETWEEN = effort(quick=100, full=3_600)
BATCH_SIZE = effort(quick=10, full=50)
STALL_S = 0.7
LOST = 20
OK, UNAVAILABLE = 200, 503
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@dataclass(frozen=True)
class Office:
    """A service whose database is the pair."""

    servers: Pair
    service: Server


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with pair(SYNCHRONOUS) as made, serving(tmp_path_factory.mktemp("service"), made.url) as service:
        open_lines(service.url, LINES)
        yield Office(made, service)


@full_only
def test_a_service_on_a_standby_says_that_nothing_can_be_recorded(office: Office) -> None:
    settings = {"projector": False, "checkpoints": False}
    with running_server(office.servers.standby.url, **settings) as server:
        path = f"/v1/ledgers/{LEDGER}"
        for write in ("one", "two"):
            # Readers and writers share the connections.
            assert server.client.get(f"{path}/events").status_code == OK
            answer = server.client.post(
                f"{path}/disbursements", json=payment("L1", "1.00", write), headers={"Idempotency-Key": write}
            )
            assert (answer.status_code, answer.json()["code"]) == (UNAVAILABLE, "database-unavailable")
        found = server.client.get("/readyz")
    assert (found.status_code, found.json()["writes"]) == (UNAVAILABLE, False)
    assert "database-read-only" in {each["code"] for each in found.json()["problems"]}


def test_a_standby_that_is_asked_to_write_is_unavailable(office: Office) -> None:
    engine = create_engine(office.servers.standby.url, execution_options={"postgresql_readonly": False})
    with pytest.raises(database_errors()) as failure, engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()
    assert isinstance(fault_of(failure.value), DatabaseUnavailable)


def test_failovers_to_a_synchronous_standby_lose_nothing(office: Office, tmp_path: Path) -> None:
    servers = office.servers
    gaps: list[float] = []
    with writing(office.service.url, batch_size=BATCH_SIZE) as clerks:
        for failover in range(FAILOVERS):
            clerks.wait_for(COMMANDS_BETWEEN)
            if failover % 2 == 0:
                servers.link.stall()
                before = clerks.acknowledged
                time.sleep(STALL_S)  # the length of the fault itself, not a wait for anything
                print(f"link stalled for {STALL_S} s: {clerks.acknowledged - before} commands acknowledged")  # noqa: T201 (the counts are what the test shows)
            begin = time.monotonic()
            servers.fail_over()
            servers.renew()
            clerks.wait_for(1)
            gaps.append(time.monotonic() - begin)
        clerks.wait_for(COMMANDS_BETWEEN)
    assert_kept(servers.url, clerks.settled)
    print(  # noqa: T201 (as above)
        f"{FAILOVERS} failovers: {clerks.acknowledged} commands acknowledged, 0 lost, 0 half, 0 double, "
        f"0 false conflicts; answers {dict(clerks.answers)}; "
        f"until the next acknowledgement, a new standby made meanwhile: {max(gaps):.1f} s at most"
    )
    assert_sound(servers.url, LEDGER, tmp_path)


def test_a_commit_whose_wait_was_cancelled_is_not_acknowledged_until_the_standby_has_it(office: Office) -> None:
    servers = office.servers
    write = single("cancelled", "/disbursements", payment("L0", "1.00", "V-1"))
    servers.link.stall()
    # The second and third find it stored: it is visible, and would be lost with this server all the same.
    ways = ("pg_cancel_backend", "pg_cancel_backend", "pg_terminate_backend")
    for way in ways:
        answer = answered_while_waits_end(office, write, way)
        assert (answer.status, answer.json["code"]) == (UNAVAILABLE, "outcome-unknown")
        assert positions(servers, write), "it is there, for the moment"
    assert write.answer is None
    servers.fail_over()
    assert not positions(servers, write), "the standby never had it: nothing is shown here otherwise"
    servers.renew()
    with caller(office.service.url) as clerk:
        wait_for("the service has found the other server", lambda: clerk.post(write).status == CREATED)
        assert positions(servers, write) == positions_told(clerk.record(write).content)
    print(f"{len(ways)} commits whose wait was ended: 0 acknowledged; recorded once by a retry after the failover")  # noqa: T201 (as above)


@full_only
def test_the_test_would_see_what_an_asynchronous_standby_loses(tmp_path: Path) -> None:
    with pair(ASYNCHRONOUS) as made, serving(tmp_path, made.url, "--no-projector", checkpoints="false") as service:
        open_lines(service.url, LINES)
        lines = "SELECT count(*) > 9 FROM log.log_entry"
        wait_for("the standby has the lines", lambda: bool(made.standby.ask(lines)[0][0]))
        made.link.stall()
        writes = [single(f"lost-{each}", "/disbursements", payment("L0", "1.00", f"V-{each}")) for each in range(LOST)]
        with caller(service.url) as clerk:
            for write in writes:
                clerk.record(write)
        made.fail_over()
        kept = [found for found in by_write(stored_events(made.url, LEDGER), LEDGER, CALLER, writes) if found]
        print(f"asynchronous standby: {len(writes)} commands acknowledged, {len(writes) - len(kept)} lost")  # noqa: T201 (as above)
        with pytest.raises(AssertionError, match="lost-0"):
            assert_kept(made.url, writes)


def answered_while_waits_end(office: Office, write: Write, way: str) -> Answer:
    """What the write is answered while whatever waits for the standby is made to end its wait."""

    def post() -> Answer:
        with caller(office.service.url) as clerk:
            return clerk.post(write)

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post)
        while not answer.done():
            for (pid,) in office.servers.primary.ask(WAITING):
                office.servers.primary.ask(f"SELECT {way}({pid})")
        return answer.result()


def positions(of: Pair, write: Write) -> list[int]:
    """Where the commands of a write are stored."""
    (found,) = by_write(stored_events(of.url, LEDGER), LEDGER, CALLER, [write])
    return found
