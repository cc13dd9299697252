"""`fundtrail serve` and `fundtrail project` as processes."""

import os
import signal
import socket
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, make_url, text

from tests.support.command_line import EXAMPLES, CommandLine
from tests.support.effort import full_only, quick_on_sqlite_only, sampled
from tests.support.processes import FUNDTRAIL, fundtrail, serving, started, wait_for

PROJECTS = "/v1/ledgers/x/projects?as_of=2023-12-31"


@quick_on_sqlite_only
def test_what_was_imported_while_serving_is_served(tmp_path: Path, database_url: str) -> None:
    with serving(tmp_path, database_url) as server:
        done = fundtrail(tmp_path, database_url, "import", str(EXAMPLES / "story.jsonl"), "--ledger", "x")
        assert done.returncode == 0, done.stderr
        answer = httpx.get(f"{server.url}{PROJECTS}", timeout=30)
        assert answer.json()["totals"]["disbursed"] == "5570000.00"
        verified = fundtrail(tmp_path, database_url, "verify")
        assert verified.stdout.startswith("x: sound; log to position 56"), verified.stdout
        os.kill(server.process.pid, signal.SIGTERM)
        server.process.wait(30)


def test_views_may_be_kept_up_by_a_process_of_their_own(tmp_path: Path, sqlite_url: str) -> None:
    with started([*FUNDTRAIL, "project"], tmp_path, sqlite_url) as projector:
        wait_for("the projector runs", lambda: "keeping" in projector.messages.read_text("utf-8"), projector)
        with serving(tmp_path, sqlite_url, "--no-projector") as server:
            fundtrail(tmp_path, sqlite_url, "import", str(EXAMPLES / "story.jsonl"), "--ledger", "x")
            assert httpx.get(f"{server.url}{PROJECTS}", timeout=30).status_code == 200
        os.kill(projector.process.pid, signal.SIGTERM)
        assert projector.process.wait(30) == 0


@pytest.mark.parametrize(
    "command", sampled([["serve", "--port", "0"], ["project"], ["import", "rows.jsonl", "--ledger", "x"]], one_in=3)
)
def test_a_role_that_may_not_migrate_is_told_so(tmp_path: Path, postgresql_url: str, command: list[str]) -> None:
    (tmp_path / "rows.jsonl").write_text("")
    role = f"reader_{os.getpid()}"
    owner = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        database = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'pw'"))
        connection.execute(text(f"REVOKE CREATE ON DATABASE {database} FROM PUBLIC"))
        connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    try:
        url = make_url(postgresql_url).set(username=role, password="pw").render_as_string(hide_password=False)
        refused = fundtrail(tmp_path, url, *command)
        assert refused.returncode == 1, refused.stderr
        assert "fundtrail migrate" in refused.stderr
        assert "permission denied" in refused.stderr
    finally:
        with owner.connect() as connection:
            connection.execute(text(f"DROP ROLE {role}"))
        owner.dispose()


def test_serving_beyond_this_machine_is_wrong_usage(tmp_path: Path, sqlite_url: str) -> None:
    line = CommandLine(sqlite_url, tmp_path)
    assert line("serve", "--host", "0.0.0.0").code == 2  # noqa: S104 (that is what is refused)
    assert line("serve", "--workers", "0").code == 2
    assert line("serve", "--port", "70000").code == 2


def test_an_import_on_postgresql_is_as_on_sqlite(tmp_path: Path, database_url: str) -> None:
    line = CommandLine(database_url, tmp_path)
    assert line("import", EXAMPLES / "story.jsonl", "--ledger", "x", "--dry-run").code == 0
    assert line.position("x") == 0
    assert line("import", EXAMPLES / "story.jsonl", "--ledger", "x").code == 0
    assert line("rebuild").code == 0
    assert line("verify").code == 0
    assert len(line("export").rows) == 55


@full_only
def test_a_port_that_is_taken_is_said(tmp_path: Path, sqlite_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = CommandLine(sqlite_url, tmp_path)("serve", "--port", str(port))
    assert refused.code == 1
    assert f"127.0.0.1 port {port}: " in refused.messages
