"""The connection to the database is lost at the commit: nobody is told a guess, and a retry settles it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, text

from tests.support.cutting_proxy import Cut, CuttingProxy, cutting_proxy
from tests.support.http_writes import (
    CALLER,
    CREATED,
    LEDGER,
    REPLAYED,
    Write,
    batch,
    client_of,
    open_lines,
    payment,
    post,
    single,
)
from tests.support.processes import serving
from tests.support.whole_log import assert_dense, assert_sound, by_key, stored_events

CALLERS = 6
UNAVAILABLE = 503


@dataclass
class Service:
    """A server whose every word with the database passes the proxy; `database_url` goes around it."""

    url: str
    database_url: str
    proxy: CuttingProxy
    client: httpx.Client
    folder: Path


@pytest.fixture
def service(postgresql_url: str, tmp_path: Path) -> Iterator[Service]:
    # Without projector: the commit that comes next is then that of the next write.
    with (
        cutting_proxy(postgresql_url) as proxy,
        serving(tmp_path, proxy.url, "--no-projector") as server,
        client_of(server.url) as client,
    ):
        open_lines(server.url, {"L0": "100.00"})
        yield Service(server.url, postgresql_url, proxy, client, tmp_path)


def test_a_commit_whose_fate_nobody_knows_is_said_to_be_so_and_settled_by_a_retry(service: Service) -> None:
    for cut in Cut:
        writes = [
            single(f"{cut.name}-one", "/disbursements", payment("L0", "1.00", f"{cut.name}-1")),
            batch(
                f"{cut.name}-many",
                {"command": "record-disbursement", **payment("L0", "1.00", f"{cut.name}-2")},
                {"command": "record-disbursement", **payment("L0", "1.00", f"{cut.name}-3")},
            ),
        ]
        for write in writes:
            service.proxy.cut_next(cut)
            lost = post(service.client, write)
            assert service.proxy.has_cut
            assert (lost.status_code, lost.json()["code"]) == (UNAVAILABLE, "outcome-unknown")
            assert lost.headers["Retry-After"]

            settled = post(service.client, write)
            assert settled.status_code == CREATED, settled.text
            assert (settled.headers.get(REPLAYED) == "true") == (cut is Cut.AFTER)

            again = post(service.client, write)
            assert (again.headers[REPLAYED], again.content) == ("true", settled.content)
    assert_each_once(service, 6, [*writes])


def test_everyone_whose_command_was_in_the_lost_transaction_can_settle_it(service: Service) -> None:
    for cut in Cut:
        writes = [
            single(f"{cut.name}-{n}", "/disbursements", payment("L0", "2.00", f"{cut.name}-{n}"))
            for n in range(CALLERS)
        ]
        service.proxy.cut_next(cut)
        with ThreadPoolExecutor(CALLERS) as pool:
            answers = list(pool.map(lambda write: post_alone(service.url, write), writes))
        assert {answer.status_code for answer in answers} <= {CREATED, UNAVAILABLE}
        assert any(answer.status_code == UNAVAILABLE for answer in answers)
        for write in writes:
            first = write.answer
            settled = post(service.client, write)
            assert settled.status_code == CREATED, settled.text
            assert first is None or settled.content == first
        assert_each_once(service, None, writes)


def test_connections_that_the_database_ended_between_writes_cost_no_write(service: Service) -> None:
    for number in range(3):
        end_all_connections(service.database_url)
        write = single(f"after-{number}", "/disbursements", payment("L0", "1.00", f"after-{number}"))
        answer = post(service.client, write)
        assert answer.status_code == CREATED, answer.text
        assert REPLAYED not in answer.headers


def post_alone(url: str, write: Write) -> httpx.Response:
    """The answer, over a connection of its own."""
    with client_of(url) as client:
        return post(client, write)


def assert_each_once(service: Service, payments: int | None, writes: list[Write]) -> None:
    events = stored_events(service.database_url, LEDGER)
    assert_dense(events)
    for write in writes:
        assert [len(each) for each in by_key(events, LEDGER, CALLER, write.item_keys)] == [1] * len(write.item_keys)
    if payments is not None:
        assert sum(event.type == "funds-disbursed.v1" for event in events) == payments
    assert_sound(service.database_url, LEDGER, service.folder)


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
