"""The connection to the database is lost at the commit: nobody is told a guess, and a retry settles it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from sqlalchemy import create_engine, text

from adapters.event_log.audit import audit_log
from tests.support.cutting_proxy import Cut, CuttingProxy, cutting_proxy
from tests.support.http_writes import (
    CALLER,
    CREATED,
    LEDGER,
    Answer,
    Caller,
    Write,
    batch,
    caller,
    open_lines,
    payment,
    single,
)
from tests.support.postgres import fresh_database
from tests.support.processes import serving
from tests.support.whole_log import assert_dense, by_key, opened, stored_events

CALLERS = 6
UNAVAILABLE = 503


@dataclass(frozen=True)
class Service:
    """A server whose every word with the database passes the proxy; `database_url` goes around it."""

    url: str
    database_url: str
    proxy: CuttingProxy
    clerk: Caller


@pytest.fixture(scope="module")
def service(postgresql_server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    # Without projector and checkpoints: the commit that comes next is then that of the next write.
    with (
        fresh_database(postgresql_server_url) as database_url,
        cutting_proxy(database_url) as proxy,
        serving(tmp_path_factory.mktemp("server"), proxy.url, "--no-projector", checkpoints="false") as server,
        caller(server.url) as clerk,
    ):
        open_lines(server.url, {"L0": "100.00"})
        yield Service(server.url, database_url, proxy, clerk)


@pytest.mark.parametrize("cut", Cut)
def test_a_commit_whose_fate_nobody_knows_is_said_to_be_so_and_settled_by_a_retry(service: Service, cut: Cut) -> None:
    one = single(f"{cut.name}-one", "/disbursements", payment("L0", "1.00", f"{cut.name}-1"))
    many = batch(
        f"{cut.name}-many",
        {"command": "record-disbursement", **payment("L0", "1.00", f"{cut.name}-2")},
        {"command": "record-disbursement", **payment("L0", "1.00", f"{cut.name}-3")},
    )
    for write in (one, many):
        service.proxy.cut_next(cut)
        lost = service.clerk.post(write)
        assert service.proxy.has_cut
        assert (lost.status, lost.json["code"]) == (UNAVAILABLE, "outcome-unknown")
        assert lost.headers["Retry-After"]

        settled = service.clerk.record(write)
        assert settled.is_replay == (cut is Cut.AFTER)
        again = service.clerk.record(write)
        assert (again.is_replay, again.content) == (True, settled.content)
    assert_each_once(service, [one, many])


@pytest.mark.parametrize("cut", Cut)
def test_everyone_whose_command_was_in_the_lost_transaction_can_settle_it(service: Service, cut: Cut) -> None:
    names = [f"{cut.name}-all-{number}" for number in range(CALLERS)]
    writes = [single(name, "/disbursements", payment("L0", "2.00", name)) for name in names]
    service.proxy.cut_next(cut)
    with ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(lambda write: post_alone(service.url, write), writes))
    assert {answer.status for answer in answers} <= {CREATED, UNAVAILABLE}
    assert any(answer.status == UNAVAILABLE for answer in answers)
    for write in writes:
        first = write.answer
        settled = service.clerk.record(write)
        assert first is None or settled.content == first
    assert_each_once(service, writes)


def test_connections_that_the_database_ended_between_writes_cost_no_write(service: Service) -> None:
    for number in range(3):
        end_all_connections(service.database_url)
        write = single(f"ended-{number}", "/disbursements", payment("L0", "1.00", f"ended-{number}"))
        assert not service.clerk.record(write).is_replay


def post_alone(url: str, write: Write) -> Answer:
    """The answer, over a connection of its own."""
    with caller(url) as clerk:
        return clerk.post(write)


def assert_each_once(service: Service, writes: Sequence[Write]) -> None:
    """Every command has one event, and the log is whole."""
    events = stored_events(service.database_url, LEDGER)
    assert_dense(events)
    for write in writes:
        found = by_key(events, LEDGER, CALLER, write.item_keys)
        assert [len(positions) for positions in found] == [1] * len(write.item_keys)
    with opened(service.database_url) as database:
        assert list(audit_log(database, LEDGER)) == []


def end_all_connections(database_url: str) -> None:
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
    finally:
        engine.dispose()
