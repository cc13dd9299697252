"""deploy/logins.sql: who may run it, and that it clears no password."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from adapters.guards.rights import APP, AUDITOR, PROJECTOR
from tests.support.effort import full_only
from tests.support.logins import login
from tests.support.postgres import SERVER_URL_VARIABLE
from tests.support.processes import ROOT
from tests.support.psql import libpq, psql_here

NAMES: Final = ("api", "projector", "auditor")
SCRIPT: Final = ROOT / "deploy" / "logins.sql"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / f"{name}_password").write_text(f"{name}'s own\n", "utf-8")
    return tmp_path


@pytest.fixture
def superuser(postgresql_url: str) -> Iterator[Connection]:
    if SERVER_URL_VARIABLE in os.environ:
        pytest.skip(f"the roles are the server's, and others may use the one that {SERVER_URL_VARIABLE} names")
    engine = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        drop_logins(connection)
        yield connection
        drop_logins(connection)
    engine.dispose()


def drop_logins(connection: Connection) -> None:
    for name in NAMES:
        connection.execute(text(f"DROP ROLE IF EXISTS fundtrail_{name}_login"))


def run(url: str, folder: Path) -> tuple[int, str]:
    """How the script ended, and what it said."""
    program = f"{psql_here()}/psql"
    where = libpq(url) | {"PGPASSWORD": make_url(url).password or "", "FUNDTRAIL_PASSWORDS": str(folder)}
    command = [program, "--quiet", "--no-psqlrc", f"--file={SCRIPT}"]
    done = subprocess.run(  # noqa: S603 (a tool of the system, and a script of ours)
        command, env=where | {"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def passwords(connection: Connection) -> list[str | None]:
    """What is stored of them."""
    statement = "SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'fundtrail_%_login' ORDER BY rolname"
    return list(connection.scalars(text(statement)))


def test_a_password_that_is_missing_or_empty_clears_none(
    postgresql_url: str, folder: Path, superuser: Connection
) -> None:
    assert run(postgresql_url, folder) == (0, "")
    before = passwords(superuser)
    assert None not in before
    assert len(before) == len(NAMES)
    for spoil in (lambda file: file.write_text("\n", "utf-8"), Path.unlink):
        spoil(folder / "projector_password")
        code, said = run(postgresql_url, folder)
        assert (code, "a password is missing" in said) == (3, True), said
        assert passwords(superuser) == before


@full_only
def test_a_role_that_may_create_roles_runs_it_where_nothing_is_logged(
    postgresql_url: str, folder: Path, superuser: Connection
) -> None:
    with login(postgresql_url, options="CREATEROLE") as url:
        name = make_url(url).username
        code, said = run(url, folder)
        assert (code, "permission denied to grant role" in said) == (3, True), said
        assert passwords(superuser) == [None] * len(NAMES)
        superuser.execute(text(f"GRANT {APP}, {PROJECTOR}, {AUDITOR} TO {name} WITH ADMIN OPTION"))
        assert run(url, folder) == (0, "")
        assert None not in passwords(superuser)
        superuser.execute(text(f"ALTER ROLE {name} SET log_statement = 'ddl'"))
        code, said = run(url, folder)
        assert (code, "let a superuser run this" in said) == (3, True), said
        drop_logins(superuser)
