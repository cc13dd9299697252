"""Each part of the program runs with the one role of the database that was made for it, and with no other right."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url, text

from adapters.database import open_database
from adapters.guards import event_triggers
from adapters.guards.rights import APP, AUDITOR, MIGRATOR, PROJECTOR
from tests.support.command_line import EXAMPLES, CommandLine
from tests.support.effort import full_only
from tests.support.logins import login
from tests.support.processes import FUNDTRAIL, serving, started, wait_for
from tests.support.tls import NO_TLS

PROJECTS = "/v1/ledgers/x/projects?as_of=2023-12-31"
DISBURSED = "5570000.00"
APP_IN_ACCESS = {
    "access_record": "SELECT INSERT DELETE",
    "access_head": "SELECT",
    "access_beginning": "SELECT INSERT",
    "api_key": "SELECT INSERT",
    "setup_token": "SELECT INSERT DELETE",
    "pseudonym": "SELECT INSERT DELETE",
    "deployment_secret": "SELECT INSERT",
    "alembic_version": "SELECT",
}
"""On whole tables; of columns it may change the head's, and the revocation of a key."""
POWERS = "serving-role-could-change-the-log"
PROJECTING_POWERS = "projecting-role-could-change-the-log"


@pytest.fixture
def migrated(tmp_path: Path, postgresql_url: str) -> CommandLine:
    """The command line of a superuser, on a database that he migrated."""
    line = CommandLine(postgresql_url, tmp_path)
    done = line("migrate")
    assert (done.code, "left out" in done.messages) == (0, False), done.messages
    return line


@contextmanager
def as_role(migrated: CommandLine, *groups: str) -> Iterator[CommandLine]:
    with login(migrated.url, *groups) as url:
        yield CommandLine(url, migrated.folder)


def imported(line: CommandLine) -> None:
    done = line("import", EXAMPLES / "story.jsonl", "--ledger", "x")
    assert done.code == 0, done.messages


def test_app_serves_and_records_beside_a_projector_and_neither_may_do_more(migrated: CommandLine) -> None:
    folder = migrated.folder
    with as_role(migrated, APP) as app, as_role(migrated, PROJECTOR) as projector:
        imported(app)
        with (
            started([*FUNDTRAIL, "project"], folder, projector.url) as projecting,
            serving(folder, app.url, "--no-projector") as server,
        ):
            answer = httpx.get(f"{server.url}{PROJECTS}", timeout=60, verify=NO_TLS)
            assert answer.json()["totals"]["disbursed"] == DISBURSED, projecting.said()
            assert httpx.get(f"{server.url}/readyz", timeout=60, verify=NO_TLS).status_code == 200
            assert POWERS not in server.said()
            assert PROJECTING_POWERS not in projecting.said()
            server.stop()
            projecting.stop()
        assert projector("rebuild", "balances").code == 0


@full_only
def test_one_server_with_both_roles_keeps_its_views_itself(migrated: CommandLine) -> None:
    with as_role(migrated, APP, PROJECTOR) as both:
        imported(both)
        with serving(migrated.folder, both.url) as server:
            assert (
                httpx.get(f"{server.url}{PROJECTS}", timeout=60, verify=NO_TLS).json()["totals"]["disbursed"]
                == DISBURSED
            )
            assert POWERS not in server.said()
            server.stop()


def test_app_alone_is_told_that_it_may_not_keep_the_views(migrated: CommandLine) -> None:
    with as_role(migrated, APP) as app:
        refused = app("serve", "--port", "0")
    assert refused.code == 1
    assert "--no-projector" in refused.messages
    assert PROJECTOR in refused.messages


def test_a_projector_may_not_record_and_an_app_may_not_project(migrated: CommandLine) -> None:
    with as_role(migrated, PROJECTOR) as projector:
        refused = projector("import", EXAMPLES / "story.jsonl", "--ledger", "x")
        assert (refused.code, "x" in migrated("ledgers").output) == (1, False), refused.messages
    with as_role(migrated, APP) as app:
        refused = app("rebuild")
        assert refused.code == 1
        assert "permission denied" in refused.messages


def test_an_auditor_verifies_and_exports_all_but_what_is_private(migrated: CommandLine) -> None:
    imported(migrated)
    assert migrated("rebuild").code == 0
    with as_role(migrated, AUDITOR) as auditor:
        verified = auditor("verify", "--json")
        assert verified.code == 0, verified.output
        (verdict,) = json.loads(verified.output)["ledgers"]
        assert (verdict["position"], verdict["views"]) == (56, {"balances": 56, "facts": 56})
        access = json.loads(verified.output)["access_log"]
        unread = ("the secrets of keys", "pseudonyms and setup tokens")
        assert (access["sound"], access["left_out"]) == (
            True,
            [f"{each}: this database role may not read them" for each in unread],
        )
        assert verdict["left_out"] == ["what private values say: this database role may not read them"]
        assert len(auditor("export").rows) == 55
        assert auditor("import", EXAMPLES / "story.jsonl", "--ledger", "y").code == 1
        assert auditor("rebuild").code == 1


@full_only
@pytest.mark.parametrize("role", [AUDITOR, APP, PROJECTOR])
def test_every_role_that_reads_takes_evidence_home(migrated: CommandLine, role: str) -> None:
    imported(migrated)
    assert migrated("rebuild").code == 0
    with as_role(migrated, role) as reader:
        exported = reader("log-export", "--ledger", "x")
        assert (exported.code, exported.messages.count("Traceback")) == (0, 0), exported.messages
        assert len((migrated.folder / exported.output.strip()).read_text("utf-8").splitlines()) > 56
        asked = ("evidence", "--ledger", "x", "--project", "road", "--as-of", "2023-12-31")
        taken = reader(*asked)
        assert (taken.code, taken.messages.count("permission denied")) == (0, 0), taken.messages
        assert (migrated.folder / taken.output.strip()).stat().st_size > 1_000


def test_app_makes_and_revokes_keys(migrated: CommandLine) -> None:
    with as_role(migrated, APP) as app:
        key = app("keys", "create", "--role", "viewer").output
        key_id = key.split("_")[1]
        assert app("keys", "revoke", key_id).code == 0
        assert key_id in app("keys", "list").output


def test_a_table_of_access_is_nobodys_until_it_is_named(migrated: CommandLine) -> None:
    database = open_database(migrated.url)
    with database.access_writer.begin() as connection:
        event_triggers.take_down(connection)
        connection.execute(text("CREATE TABLE access.new_table (id int)"))
    refused = migrated("migrate")
    assert (refused.code, "table access.new_table is none of this version's" in refused.messages) == (1, True)
    statement = text(
        "SELECT relname, held FROM pg_class, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) held "
        "WHERE relnamespace = 'access'::regnamespace AND relkind = 'r' AND has_table_privilege(:role, oid, held)"
    )
    with database.access_reader.begin() as connection:
        rights = {role: connection.execute(statement, {"role": role}).all() for role in (APP, PROJECTOR, AUDITOR)}
    database.dispose()
    assert {tuple(row) for row in rights[APP]} == {
        (table, right) for table, held in APP_IN_ACCESS.items() for right in held.split()
    }
    assert {row.held for role in (PROJECTOR, AUDITOR) for row in rights[role]} == {"SELECT"}
    assert "new_table" not in {row.relname for role in rights for row in rights[role]}


@full_only
def test_who_serves_or_logs_in_with_every_right_is_named_at_the_start(migrated: CommandLine) -> None:
    with login(migrated.url, AUDITOR, MIGRATOR) as url:
        name = make_url(url).username
        with serving(migrated.folder, migrated.url) as server:
            lines = server.messages.read_text("utf-8").splitlines()
            server.stop()
        found = migrated("verify", "--json")
    power = f"{name} is a member of {MIGRATOR}"
    assert [json.loads(each)["because"] for each in lines if "member-could-do-more" in each] == [power]
    assert (found.code, found.json["guards"]) == (1, [f"{power}, beyond what the service has a use for"])
    (line,) = [each for each in lines if POWERS in each]
    said = json.loads(line)
    assert (said["level"], said["because"]) == ("warning", "it is a superuser")
    assert APP in said["help"]


def test_a_projector_that_could_change_the_log_is_named_at_its_start(migrated: CommandLine) -> None:
    with (
        as_role(migrated, MIGRATOR, PROJECTOR) as both,
        started([*FUNDTRAIL, "project"], migrated.folder, both.url) as projecting,
    ):
        wait_for("it is named", lambda: PROJECTING_POWERS in projecting.said(), projecting)
        (line,) = [each for each in projecting.said().splitlines() if PROJECTING_POWERS in each]
        said = json.loads(line)
        assert (said["level"], said["because"]) == ("warning", "it owns tables of the log")
        assert PROJECTOR in said["help"]
