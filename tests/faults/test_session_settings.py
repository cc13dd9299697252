"""What an administrator of PostgreSQL sets for a role or a database: it changes no meaning, and read-only is said."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, make_url, text

from adapters.database import Database, open_database
from adapters.database_faults import database_errors, fault_of
from domain.errors import DatabaseUnavailable
from tests.support.caller import UNIT, new_caller, problem
from tests.support.commands import ready_line
from tests.support.effort import full_only
from tests.support.ledger import LEDGER, opened_ledger
from tests.support.server import running_server

MISLEADING = {
    "client_encoding": "'SQL_ASCII'",
    "transaction_timeout": "'30s'",
    "idle_in_transaction_session_timeout": "'30s'",
    "DateStyle": "'SQL, DMY'",
    "IntervalStyle": "'sql_standard'",
    "TimeZone": "'Asia/Shanghai'",
    "bytea_output": "'escape'",
    "standard_conforming_strings": "off",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "synchronous_commit": "off",
}


@pytest.fixture
def misled_url(postgresql_url: str) -> str:
    """A database that has other settings for whoever connects."""
    for name, value in MISLEADING.items():
        alter(postgresql_url, f"SET {name} = {value}")
    return postgresql_url


def alter(url: str, what: str) -> None:
    """By way of another database: what is set is for whoever connects to this one."""
    engine = create_engine(make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{make_url(url).database}" {what}'))
    engine.dispose()


def test_settings_of_the_database_change_no_meaning(misled_url: str) -> None:
    with opened_ledger(misled_url) as ledger:
        ledger.submit(*ready_line())
        with ledger.database.log_reader.connect() as connection:
            shown = {name: connection.scalar(text(f"SHOW {name}")) for name in MISLEADING}
    assert shown == {
        "client_encoding": "UTF8",
        "transaction_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        "DateStyle": "ISO, YMD",
        "IntervalStyle": "postgres",
        "TimeZone": "UTC",
        "bytea_output": "hex",
        "standard_conforming_strings": "on",
        "array_nulls": "on",
        "transform_null_equals": "off",
        "quote_all_identifiers": "off",
        "synchronous_commit": "on",
    }
    with running_server(misled_url) as server:
        assert server.client.get(f"/v1/ledgers/{LEDGER}/lines").status_code == 200
        assert server.client.get("/readyz").status_code == 200


@pytest.mark.parametrize("limit", ["transaction_timeout", "idle_in_transaction_session_timeout"])
def test_a_transaction_that_a_limit_ends_is_unavailable(postgresql_url: str, limit: str) -> None:
    database = open_database(postgresql_url)
    with pytest.raises(database_errors()) as failure:
        exceed(database, limit)
    database.dispose()
    assert isinstance(fault_of(failure.value), DatabaseUnavailable)


def exceed(database: Database, limit: str) -> None:
    """Stays in a transaction until the server ends it: at work, or asking nothing."""
    with database.log_reader.connect() as connection:
        connection.execute(text(f"SET {limit} = '10ms'"))
        if limit == "transaction_timeout":
            connection.execute(text("SELECT pg_sleep(5)"))
        driver: Any = connection.connection.dbapi_connection
        for _ in driver.notifies(timeout=5):
            pass


@pytest.fixture
def client(postgresql_url: str) -> Iterator[httpx.Client]:
    with running_server(postgresql_url, checkpoints=False) as server:
        yield server.client


@full_only
def test_a_database_that_is_set_read_only_is_said_at_once(postgresql_url: str, client: httpx.Client) -> None:
    ledger = new_caller(client)
    assert client.get("/readyz").json()["writes"]
    alter(postgresql_url, "SET default_transaction_read_only = on")
    found = client.get("/readyz")
    assert (found.status_code, found.json()["writes"]) == (503, False)
    assert [each["code"] for each in found.json()["problems"]] == ["database-read-only"]
    alter(postgresql_url, "RESET default_transaction_read_only")
    assert client.get("/readyz").status_code == 200
    ledger.record("/units", UNIT)


@full_only
def test_a_service_whose_sessions_are_read_only_records_nothing_and_says_so(postgresql_url: str) -> None:
    with running_server(postgresql_url) as server:
        ledger_id = new_caller(server.client).ledger_id
    alter(postgresql_url, "SET default_transaction_read_only = on")
    with running_server(postgresql_url, projector=False, checkpoints=False) as server:
        for number in range(6):
            # Readers and writers share the connections.
            assert server.client.get(f"/v1/ledgers/{ledger_id}/events").status_code == 200
            key = {"Idempotency-Key": f"k{number}"}
            refused = server.client.post(f"/v1/ledgers/{ledger_id}/units", json=UNIT, headers=key)
            problem(refused, 503, "database-unavailable")
            assert server.client.get("/readyz").json()["writes"] is False
