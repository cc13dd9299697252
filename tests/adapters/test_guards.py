"""A start notices each guard that is missing, changed or disabled, and what stands between a table and its readers."""

import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from adapters.database import Database, open_database
from adapters.guards import event_triggers, roles
from adapters.guards.rights import APP, MIGRATOR, PROJECTOR
from adapters.migrations.schema import is_current, migrate
from api.bootstrap import prepare_schema
from api.database_guards import GuardsDownError, guard_problems
from tests.support.changed_guards import LEFT, MENDED, ON_EVENT_TRIGGERS, ON_POSTGRESQL, TAKEN_BACK, WITH_EVERY_RIGHT
from tests.support.command_line import CommandLine
from tests.support.effort import full_only, quick_on_sqlite_only
from tests.support.logins import login
from tests.support.postgres import fresh_database
from tests.support.processes import FUNDTRAIL, started, wait_for


@pytest.fixture
def database(postgresql_url: str) -> Iterator[Database]:
    opened = open_database(postgresql_url)
    prepare_schema(opened)
    yield opened
    opened.dispose()


def run(database: Database, *statements: str) -> None:
    with database.log_writer.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_each_change_of_a_guard_is_named_and_can_be_mended(database: Database) -> None:
    for problem, statement in ON_POSTGRESQL.items():
        run(
            database,
            *(f"DROP EVENT TRIGGER IF EXISTS {each.name}" for each in event_triggers.EVENT_TRIGGERS),
            statement,
        )
        assert problem in guard_problems(database)
    with pytest.raises(GuardsDownError, match="fundtrail verify"):
        prepare_schema(database)
    migrate(database)
    # What is none of ours is left to the operator.
    left = {
        each
        for each in ON_POSTGRESQL
        if each.startswith(LEFT) or not (each.endswith(MENDED) or each.startswith(TAKEN_BACK))
    }
    assert set(guard_problems(database)) == left


@pytest.mark.parametrize(("problem", "statements"), WITH_EVERY_RIGHT.items(), ids=["overloads", "partition"])
def test_what_a_superuser_does_while_the_event_triggers_are_off_is_named(
    database: Database, problem: str, statements: tuple[str, ...]
) -> None:
    names = [each.name for each in event_triggers.EVENT_TRIGGERS]
    off = (f"ALTER EVENT TRIGGER {each} DISABLE" for each in names)
    on = (f"ALTER EVENT TRIGGER {each} ENABLE ALWAYS" for each in names)
    run(database, *off, *statements, *on)
    assert problem in guard_problems(database)
    with pytest.raises(GuardsDownError, match=problem):
        prepare_schema(database)


def test_each_change_of_an_event_trigger_is_named_and_can_be_mended(database: Database) -> None:
    for problem, statement in ON_EVENT_TRIGGERS.items():
        run(database, statement)
        assert guard_problems(database) == [problem]
        migrate(database)
        assert guard_problems(database) == []


def test_event_triggers_that_a_setting_switches_off_are_named(database: Database) -> None:
    run(database, f'ALTER DATABASE "{database.url.database}" SET event_triggers = off')
    assert guard_problems(database) == [
        f"event triggers are switched off by the setting event_triggers of {database.url.database}"
    ]


@full_only
def test_both_event_triggers_taken_down_are_missed_wherever_it_is_looked(database: Database, tmp_path: Path) -> None:
    down = [each.name for each in event_triggers.EVENT_TRIGGERS]
    run(database, *(f"DROP EVENT TRIGGER {each}" for each in down))
    missing = [f"event trigger {each} is missing" for each in down]
    assert guard_problems(database) == missing
    line = CommandLine(database.url.render_as_string(hide_password=False), tmp_path)
    rows = line.file("rows.jsonl", [])
    changing: list[list[str | Path]] = [["access-log", "prune", "--yes"], ["access-log", "mend", "--yes"]]
    changing += [["keys", "revoke", "x"], ["pseudonyms", "show", "x"], ["pseudonyms", "erase", "x"]]
    starting: list[list[str | Path]] = [["serve", "--port", "0"], ["project"], ["import", rows, "--ledger", "x"]]
    for command in starting + changing:
        refused = line(*command)
        assert (refused.code, missing[0] in refused.messages) == (1, True), refused.messages
    assert line("verify", "--json").json["guards"] == missing
    checked = line("restore-check", "--unproven", "--json")
    assert (checked.code, checked.json["reasons"]) == (1, [f"guards: {each}" for each in missing])
    assert line("migrate").code == 0
    assert guard_problems(database) == []


def test_what_guards_the_log_is_not_moved_by_whoever_owns_it(database: Database) -> None:
    run(database, f"CREATE SCHEMA mine AUTHORIZATION {MIGRATOR}")
    for moved in ("FUNCTION log.refuse_change()", "TABLE log.alembic_version", "TABLE access.api_key"):
        with pytest.raises(DBAPIError, match="is refused"):
            run(database, f"SET LOCAL ROLE {MIGRATOR}", f"ALTER {moved} SET SCHEMA mine")
    assert guard_problems(database) == []


def test_a_publication_can_be_dropped_again(database: Database) -> None:
    run(database, "CREATE PUBLICATION shown FOR TABLE log.ledger_head", "DROP PUBLICATION shown")


def test_a_server_whose_guards_are_down_does_not_start_and_verify_says_so(tmp_path: Path, database_url: str) -> None:
    line = CommandLine(database_url, tmp_path)
    assert line("migrate").code == 0
    database = open_database(database_url)
    if database.is_sqlite:
        run(database, "DROP TRIGGER log_entry_no_update")
    else:
        run(database, "DROP EVENT TRIGGER fundtrail_no_altering", "DROP EVENT TRIGGER fundtrail_no_dropping")
        run(database, "ALTER TABLE log.log_entry DISABLE TRIGGER ALL")
    database.dispose()
    for command in (["serve", "--port", "0"], ["project"], ["import", str(tmp_path / "rows"), "--ledger", "x"]):
        (tmp_path / "rows").write_text("")
        refused = line(*command)
        assert refused.code == 1
        assert "of log" in refused.messages
        assert "fundtrail verify" in refused.messages
    found = line("verify")
    assert (found.code, found.output.startswith("guards: trigger log_entry")) == (1, True)
    assert json.loads(line("verify", "--json").output)["guards"]
    assert line("migrate").code == 0
    assert line("verify").code == 0


@quick_on_sqlite_only
def test_a_key_of_the_log_that_was_dropped_is_named_and_made_anew_unless_rows_do_not_allow_it(
    tmp_path: Path, database_url: str
) -> None:
    line = CommandLine(database_url, tmp_path)
    assert line("migrate").code == 0
    database = open_database(database_url)
    log = "" if database.is_sqlite else "log."
    if not database.is_sqlite:
        run(database, *(f"DROP EVENT TRIGGER {each.name}" for each in event_triggers.EVENT_TRIGGERS))
    run(database, f"DROP INDEX {log}log_entry_event_id")
    missing = "index log.log_entry_event_id is missing"
    assert missing in line("serve", "--port", "0").messages
    assert missing in line("verify", "--json").json["guards"]
    assert f"guards: {missing}" in line("restore-check", "--unproven", "--json").json["reasons"]
    assert line("migrate").code == 0
    assert guard_problems(database) == []
    run(
        database,
        *() if database.is_sqlite else [f"DROP EVENT TRIGGER {each.name}" for each in event_triggers.EVENT_TRIGGERS],
    )
    run(database, f"CREATE TABLE {log}more (a int)")
    refused = line("migrate")
    assert (refused.code, "table log.more is none of this version's" in refused.messages) == (1, True)
    database.dispose()


def test_looking_at_the_guards_costs_little(database_url: str) -> None:
    database = open_database(database_url)
    prepare_schema(database)
    began = time.perf_counter()
    assert guard_problems(database) == []
    # A few milliseconds; a machine that is busy with other tests may take a hundred times as long.
    assert time.perf_counter() - began < 1
    database.dispose()


@full_only
def test_databases_of_one_server_that_are_migrated_at_once_share_the_roles(
    postgresql_server_url: str, tmp_path: Path
) -> None:
    with fresh_database(postgresql_server_url) as one, fresh_database(postgresql_server_url) as other:
        command = [*FUNDTRAIL, "migrate"]
        with started(command, tmp_path, one) as first, started(command, tmp_path, other) as second:
            first.wait()
            second.wait()
        for url in (one, other):
            migrated = open_database(url)
            assert is_current(migrated)
            assert guard_problems(migrated) == []
            migrated.dispose()


def test_a_role_that_somebody_else_is_just_creating_is_waited_for(postgresql_url: str) -> None:
    name = f"role_{uuid.uuid4().hex}"
    create = f"CREATE ROLE {name} NOLOGIN"
    engine = create_engine(postgresql_url)
    with engine.connect() as first, engine.connect() as second, ThreadPoolExecutor() as pool:
        first.execute(text(create))
        waiting = pool.submit(roles.create_unless_there, second, name)
        wait_for("the other waits", lambda: is_waiting(engine, create))
        first.commit()
        waiting.result(timeout=60)
        second.commit()
        second.execute(text(f"DROP ROLE {name}"))
        second.commit()
    engine.dispose()


def is_waiting(engine: Engine, for_: str) -> bool:
    statement = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE :query")
    with engine.connect() as connection:
        return bool(connection.scalar(statement, {"query": f"%{for_}%"}))


@full_only
def test_without_a_superuser_what_is_left_out_is_said_and_the_rest_is_there(
    empty_postgresql_url: str, tmp_path: Path
) -> None:
    with login(empty_postgresql_url, options="CREATEDB") as url:
        run_as_superuser = open_database(empty_postgresql_url)
        with run_as_superuser.log_writer.begin() as connection:
            name = open_database(url).url.username
            connection.execute(text(f'GRANT ALL ON DATABASE "{run_as_superuser.url.database}" TO {name}'))
        run_as_superuser.dispose()
        line = CommandLine(url, tmp_path)
        migrated = line("migrate")
        assert migrated.code == 0, migrated.messages
        assert migrated.messages.count("left out: ") >= 2, migrated.messages
        assert "event triggers" in migrated.messages
        database = open_database(url)
        assert guard_problems(database) == []
        with database.log_reader.connect() as reader:
            assert roles.powers_over_log(reader) == "it owns tables of the log"
            assert event_triggers.are_missing(reader)
        database.dispose()


def test_an_owner_who_is_no_superuser_migrates_with_the_roles(postgresql_url: str, database: Database) -> None:
    with login(postgresql_url, MIGRATOR, PROJECTOR) as url:
        owner = open_database(url)
        # Nothing is pending: the event triggers stay, and nothing of what they refuse is done.
        assert migrate(owner) == []
        owner.dispose()
    assert guard_problems(database) == []
    with login(postgresql_url, APP) as url:
        app = open_database(url)
        with app.log_reader.connect() as connection:
            assert roles.powers_over_log(connection) is None
        app.dispose()
