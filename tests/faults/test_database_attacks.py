"""Nobody changes the log through the database with the program's own rights. Counts are printed (`pytest -rP`)."""

import hashlib
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, Engine, create_engine, make_url, select, text
from sqlalchemy.exc import DBAPIError

from adapters.access.api_keys import ApiKeys, NewKey, hash_of
from adapters.access.audit import audit_access_log
from adapters.access.log import SqlAccessLog
from adapters.access.pseudonyms import Pseudonyms
from adapters.access.tables import metadata as access_metadata
from adapters.clock import SystemClock
from adapters.database import open_database
from adapters.event_log.audit import audit_log
from adapters.event_log.feed import SqlFeed
from adapters.event_log.tables import metadata
from adapters.guards import check, event_triggers
from adapters.guards.rights import APP, AUDITOR, MIGRATOR, PROJECTOR
from adapters.migrations.schema import LOCK_ID
from api.bootstrap import prepare_schema
from api.database_guards import GuardsDownError, guard_problems
from api.databases import existing_database, migrate_database
from api.projecting import projector_of
from api.settings import Settings
from api.terminal import CommandFailed
from domain.access import Grant, Role
from domain.errors import DatabaseUnavailable
from domain.ports import Coordinates
from projections.tracking import PREPARING
from projections.views import Views
from tests.support.access import refused
from tests.support.attacks_on_keys import INVENTED, SECRET, STRANGER
from tests.support.attacks_on_postgresql import (
    AS_APP,
    AS_AUDITOR,
    AS_OWNER,
    AS_PROJECTOR,
    CODE_IN_VIEWS,
    REVOKED,
    Attempt,
)
from tests.support.attacks_on_sqlite import IGNORED, KEYS_REPLACED, REFUSED, SECRETS_REPLACED, TAKING_DOWN
from tests.support.commands import disburse, ready_line
from tests.support.effort import sampled
from tests.support.identified import by
from tests.support.ledger import LEDGER, Ledger, opened_ledger
from tests.support.logins import login

AT_LEAST: Final = 40


def _fill_the_tree(ledger: Ledger) -> None:
    """One row in each table that has rows in a longer log only."""
    with ledger.database.log_writer.begin() as connection:
        for rows in (
            "log_tile VALUES (:ledger, 0, 0, x'11', x'11')",
            "log_checkpoint VALUES (:ledger, 8, x'11', 1)",
            "log_cosignature VALUES (:ledger, 8, 'w', x'11')",
        ):
            connection.execute(text(f"INSERT INTO {rows}"), {"ledger": LEDGER})


def _turn_somebody_away(ledger: Ledger) -> None:
    # Now: what is older than six months may be taken away.
    kept = SqlAccessLog(ledger.database, SystemClock(), list)
    kept.record([refused(1)]).result(timeout=60)
    kept.stop()


def _revoke_a_key(ledger: Ledger) -> None:
    """One of two."""
    keys = ApiKeys(ledger.database, SystemClock())
    made = keys.create(NewKey(grant=Grant(role=Role.CLERK)), by("test"))
    keys.revoke(made.key.key_id, by("test"))
    keys.create(NewKey(grant=Grant(role=Role.CLERK)), by("test"))


def _content(engine: Engine) -> str:
    """A hash over every row of the log, and on PostgreSQL, where it is in the same database, of the access log."""
    digest = hashlib.sha256()
    beside = access_metadata.sorted_tables if engine.dialect.name == "postgresql" else []
    with engine.connect() as connection:
        for table in [*metadata.sorted_tables, *beside]:
            for row in connection.execute(select(table).order_by(*table.primary_key)):
                digest.update(repr((table.name, tuple(row))).encode())
    return digest.hexdigest()


def _is_refused(connection: Connection, attempt: Attempt, superuser: str = "") -> bool:
    try:
        for statement in attempt.statements:
            connection.exec_driver_sql(statement.replace("{superuser}", superuser))
    except DBAPIError:
        return True
    else:
        return False
    finally:
        connection.rollback()


def _succeeded(url: str, attempts: Sequence[Attempt], superuser: str) -> list[str]:
    """The attempts that nothing refused."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [each.name for each in attempts if not _is_refused(connection, each, superuser)]
    finally:
        engine.dispose()


def _said(who: str, attempts: Sequence[Attempt]) -> None:
    names = [each.name for each in attempts]
    assert len(names) == len(set(names)) >= AT_LEAST
    sys.stdout.write(f"\n{who}: {len(names)} attacks, 0 succeeded\n")


@pytest.mark.parametrize(
    ("role", "attempts"),
    [(APP, AS_APP), (MIGRATOR, AS_OWNER), (PROJECTOR, AS_PROJECTOR), (AUDITOR, AS_AUDITOR)],
    ids=["app", "owner", "projector", "auditor"],
)
def test_no_role_of_postgresql_changes_the_log(postgresql_url: str, role: str, attempts: tuple[Attempt, ...]) -> None:
    with opened_ledger(postgresql_url) as ledger:
        ledger.submit(*ready_line())
        ledger.submit(disburse(100, "1", payee="甲公司"), disburse(200, "2"))
        projector_of(ledger.database).prepare()
        _turn_somebody_away(ledger)
        _revoke_a_key(ledger)
        before = _content(ledger.database.log_reader)
        superuser = make_url(postgresql_url).username or ""
        with login(postgresql_url, role) as url:
            assert _succeeded(url, attempts, superuser) == []
        assert _content(ledger.database.log_reader) == before
        assert guard_problems(ledger.database) == []
        assert list(audit_log(ledger.database, LEDGER)) == []
        assert ledger.submit(disburse(1, "afterwards")).refusal is None
    _said(f"PostgreSQL as {role}", attempts)


def test_a_key_that_the_services_role_puts_in_is_found_and_opens_nothing(postgresql_url: str) -> None:
    with opened_ledger(postgresql_url) as ledger:
        _revoke_a_key(ledger)
        with login(postgresql_url, APP) as url:
            engine = create_engine(url)
            with engine.begin() as connection:
                connection.execute(text(INVENTED.format("access.")), {"hash": hash_of(SECRET)})
            engine.dispose()
            service = open_database(url)
            found = ApiKeys(service, SystemClock()).find(STRANGER)
            assert found is not None
            assert not found.is_usable(SystemClock().now())
            service.dispose()
        assert [each.key_id for each in audit_access_log(ledger.database)] == [STRANGER]


def test_no_connection_as_the_applications_changes_the_log_on_sqlite(sqlite_url: str) -> None:
    with opened_ledger(sqlite_url) as ledger:
        ledger.submit(*ready_line())
        ledger.submit(disburse(100, "1", payee="甲公司"), disburse(200, "2"))
        _fill_the_tree(ledger)
        before = _content(ledger.database.log_reader)
        allowed = []
        # Settings of a connection stay: another one than the ledger's own is spoiled.
        spoiled = open_database(sqlite_url)
        with spoiled.log_writer.connect() as connection:
            for attempt in REFUSED:
                if not _is_refused(connection, attempt) and attempt.name not in IGNORED:
                    allowed.append(attempt.name)
                assert _content(ledger.database.log_reader) == before, attempt.name
        spoiled.dispose()
        assert allowed == []
        assert guard_problems(ledger.database) == []
        assert ledger.submit(disburse(1, "afterwards")).refusal is None
    _said("SQLite as the application", REFUSED)


@pytest.mark.parametrize(
    "attempt", sampled([*REVOKED, *KEYS_REPLACED, *SECRETS_REPLACED], one_in=3), ids=lambda each: each.name
)
def test_a_revoked_key_and_the_secret_of_pseudonyms_stay_so_on_sqlite(sqlite_url: str, attempt: Attempt) -> None:
    with opened_ledger(sqlite_url) as ledger:
        _revoke_a_key(ledger)
        Pseudonyms(ledger.database, SystemClock()).of("https://login.example", "wang")
        with ledger.database.access_writer.connect() as connection:
            # The file of access is a database of its own, without a name for its schema.
            plain = Attempt(attempt.name, tuple(each.replace("access.", "") for each in attempt.statements))
            assert _is_refused(connection, plain)


def test_code_in_the_views_is_not_run_but_named(postgresql_url: str) -> None:
    with opened_ledger(postgresql_url) as ledger:
        projector_of(ledger.database).prepare()
        with ledger.database.log_writer.begin() as connection:
            event_triggers.take_down(connection)
            for statement in CODE_IN_VIEWS[0].statements:
                connection.execute(text(statement))
            event_triggers.put_up(connection)
        with pytest.raises(GuardsDownError, match="function run in the schema views"):
            prepare_schema(ledger.database)
        with pytest.raises(GuardsDownError, match="function run"), existing_database(postgresql_url):
            pass
        with pytest.raises(GuardsDownError, match="function run"):
            migrate_database(Settings(database_url=postgresql_url))


def test_a_name_that_the_projector_wrote_down_is_no_statement(postgresql_url: str) -> None:
    with opened_ledger(postgresql_url) as ledger:
        projector_of(ledger.database).prepare()
        with login(postgresql_url, PROJECTOR) as url:
            projector = make_url(url).username
            payload = f"x;RESET/**/ROLE;ALTER/**/ROLE/**/{projector}/**/SUPERUSER;--"
            engine = create_engine(url)
            with engine.begin() as connection:
                pointers = "INSERT INTO views.projection_pointer VALUES ('balances', 0, 0, :names)"
                connection.execute(text(pointers), {"names": payload})
                # And what an older form of the views would be made anew by.
                connection.execute(text(f'CREATE TABLE views."{payload}" ()'))
                connection.execute(text("CREATE TABLE views.projection ()"))
            engine.dispose()
            migrate_database(Settings(database_url=postgresql_url))
            with ledger.database.log_reader.connect() as connection:
                is_superuser = text("SELECT rolsuper FROM pg_roles WHERE rolname = :name")
                assert connection.scalar(is_superuser, {"name": projector}) is False


def test_a_number_that_the_projector_made_a_text_is_no_part_of_a_statement(postgresql_url: str) -> None:
    with opened_ledger(postgresql_url) as ledger:
        ledger.submit(*ready_line())
        projector = projector_of(ledger.database)
        projector.prepare()
        projector.catch_up(LEDGER)
        with ledger.database.views_writer.begin() as connection:
            for table in ("projection_pointer", "projection_position"):
                connection.execute(text(f"ALTER TABLE views.{table} ALTER COLUMN generation TYPE text"))
                connection.execute(text(f"UPDATE views.{table} SET generation = '1 CROSS JOIN pg_roles'"))
        views = Views(ledger.database.views_reader, SqlFeed(ledger.database.log_reader))
        at = Coordinates(as_of=date(2024, 1, 1), position=1)
        with pytest.raises(DatabaseUnavailable):
            views.line(LEDGER, at, "L1")
        projector.prepare()
        projector.catch_up(LEDGER)
        assert views.line(LEDGER, at, "L1") is None


def test_a_lock_that_a_reader_holds_ends_a_migration_in_words(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.session.LOCK_TIMEOUT_MS", 50)
    migrate_database(Settings(database_url=postgresql_url))
    with login(postgresql_url, AUDITOR) as url:
        engine = create_engine(url)
        for number in (LOCK_ID, PREPARING):
            with engine.connect() as reader:
                reader.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
                with pytest.raises(CommandFailed, match="lock timeout"):
                    migrate_database(Settings(database_url=postgresql_url))
        engine.dispose()


def test_a_function_in_a_schema_named_as_the_role_is_not_called(postgresql_url: str) -> None:
    opened = open_database(postgresql_url)
    with opened.log_writer.begin() as connection:
        superuser = make_url(postgresql_url).username
        connection.execute(text(f'CREATE SCHEMA "{superuser}"'))
        body = "RETURNS void LANGUAGE sql AS 'CREATE TABLE public.called ()'"
        for kind in ("integer", "bigint"):
            connection.execute(text(f'CREATE FUNCTION "{superuser}".pg_advisory_xact_lock({kind}) {body}'))
    opened.dispose()
    migrate_database(Settings(database_url=postgresql_url))
    opened = open_database(postgresql_url)
    with opened.log_reader.connect() as connection:
        assert connection.scalar(text("SELECT to_regclass('public.called')")) is None
    opened.dispose()


@pytest.mark.parametrize("less", ["off", "local"])
def test_what_is_acknowledged_is_durable_whatever_the_role_was_set_to(postgresql_url: str, less: str) -> None:
    prepared = open_database(postgresql_url)
    with login(postgresql_url, APP) as url:
        with prepared.log_writer.begin() as connection:
            connection.execute(text(f"ALTER ROLE {make_url(url).username} SET synchronous_commit = {less}"))
        database = open_database(url)
        with database.log_writer.connect() as connection:
            assert connection.scalar(text("SHOW synchronous_commit")) == "on"
        database.dispose()
    prepared.dispose()


def test_reading_writes_nothing_whatever_it_is_made_to_call(postgresql_url: str) -> None:
    with opened_ledger(postgresql_url) as ledger, ledger.database.views_reader.connect() as connection:
        refusal = pytest.raises(DBAPIError, match="read-only transaction")
        with refusal:
            connection.execute(text("CREATE TABLE views.more (x int)"))


@pytest.mark.parametrize("attempt", sampled(TAKING_DOWN, one_in=3), ids=lambda each: each.name)
def test_whoever_takes_guards_down_on_sqlite_is_found_out_at_the_next_start(tmp_path: Path, attempt: Attempt) -> None:
    database = open_database(f"sqlite:///{tmp_path}/fundtrail.db")
    try:
        prepare_schema(database)
        with database.log_writer.begin() as connection:
            for statement in attempt.statements:
                connection.exec_driver_sql(statement)
        database.dispose()
        with pytest.raises(GuardsDownError, match="fundtrail verify") as refused:
            prepare_schema(database)
        (first, *_) = check.problems(database)
        assert first.detail in str(refused.value)
    finally:
        database.dispose()
