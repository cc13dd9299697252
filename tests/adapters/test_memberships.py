"""What the four roles, and whoever logs in with one, could do beyond the rights of that role is named."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from adapters.database import open_database
from adapters.guards import memberships, server_rights
from adapters.guards.rights import APP, AUDITOR, MIGRATOR, PROJECTOR
from adapters.migrations.schema import migrate
from tests.support.postgres import fresh_database

BOSS: Final = f"boss_{uuid.uuid4().hex[:12]}"
MEMBER: Final = f"member_{uuid.uuid4().hex[:12]}"
OF_ROLES: Final = {
    f"GRANT {MIGRATOR} TO {APP}": f"{APP} is a member of {MIGRATOR}",
    f"GRANT pg_execute_server_program TO {APP}": f"{APP} is a member of pg_execute_server_program",
    f"GRANT pg_read_all_data TO {PROJECTOR}": f"{PROJECTOR} is a member of pg_read_all_data",
    f"CREATE ROLE {BOSS}; GRANT {BOSS} TO {AUDITOR}": f"{AUDITOR} is a member of {BOSS}",
    f"ALTER ROLE {APP} CREATEROLE BYPASSRLS": f"{APP} has CREATEROLE BYPASSRLS",
    f"ALTER ROLE {MIGRATOR} SUPERUSER": f"{MIGRATOR} has SUPERUSER",
}
OF_MEMBERS: Final = {
    f"GRANT {APP} TO {MEMBER}; CREATE ROLE {BOSS} SUPERUSER; GRANT {BOSS} TO {MEMBER}": (
        f"{MEMBER} is a member of {BOSS}, which has SUPERUSER"
    ),
    f"ALTER ROLE {MEMBER} NOINHERIT; GRANT {APP}, {MIGRATOR} TO {MEMBER}": f"{MEMBER} is a member of {MIGRATOR}",
    f"GRANT {AUDITOR}, {MIGRATOR} TO {MEMBER}": f"{MEMBER} is a member of {MIGRATOR}",
    f"GRANT {PROJECTOR} TO {MEMBER}; ALTER ROLE {MEMBER} SUPERUSER": f"{MEMBER} has SUPERUSER",
    f"CREATE ROLE {BOSS} NOINHERIT; GRANT {AUDITOR} TO {BOSS}; GRANT {BOSS} TO {MEMBER}; ALTER ROLE {BOSS} CREATEDB": (
        f"{MEMBER} is a member of {BOSS}, which has CREATEDB"
    ),
    f"GRANT {APP}, pg_write_server_files TO {MEMBER}": f"{MEMBER} is a member of pg_write_server_files",
}
RIGHTFUL: Final = (
    f"GRANT {APP}, {PROJECTOR} TO {MEMBER}",
    f"GRANT {AUDITOR}, pg_monitor TO {MEMBER}",
    f"ALTER ROLE {MEMBER} CREATEROLE CREATEDB; GRANT {MIGRATOR}, {PROJECTOR} TO {MEMBER}",
    f"ALTER ROLE {MEMBER} SUPERUSER",
)
EXECUTING: Final = (
    "CREATE FUNCTION {}.run(statement text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
    "AS 'BEGIN EXECUTE statement; END'"
)
FOREIGN: Final = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w"
OF_SERVER: Final = {
    f"ALTER DATABASE this OWNER TO {APP}": f"{APP} owns the database",
    f"GRANT CREATE ON DATABASE this TO {MEMBER}": f"{MEMBER} has CREATE on the database",
    f"GRANT ALTER SYSTEM ON PARAMETER archive_command TO {APP}": (
        f"{APP} has ALTER SYSTEM on the parameter archive_command"
    ),
    f"CREATE ROLE {BOSS}; GRANT {BOSS} TO {MEMBER}; GRANT EXECUTE ON FUNCTION pg_read_file(text) TO {BOSS}": (
        f"{BOSS} has EXECUTE on the server's function pg_read_file(text)"
    ),
    "GRANT EXECUTE ON FUNCTION lo_export(oid, text) TO PUBLIC": (
        "PUBLIC has EXECUTE on the server's function lo_export(oid,text)"
    ),
    f"GRANT SELECT ON pg_authid TO {PROJECTOR}": f"{PROJECTOR} has SELECT on the server's table pg_authid",
    f"GRANT SELECT (rolpassword) ON pg_authid TO {MEMBER}": (
        f"{MEMBER} has SELECT on rolpassword of the server's table pg_authid"
    ),
    EXECUTING.format("public"): "PUBLIC may run run(text), which acts as postgres",
    f"CREATE ROLE {BOSS}; GRANT pg_execute_server_program TO {BOSS}; {EXECUTING.format('public')}; "
    f"ALTER FUNCTION public.run OWNER TO {BOSS}": f"PUBLIC may run run(text), which acts as {BOSS}",
    f"CREATE VIEW public.all_roles AS SELECT * FROM pg_authid; GRANT UPDATE ON public.all_roles TO {APP}": (
        f"{APP} has UPDATE on all_roles, which acts as postgres"
    ),
    f"{FOREIGN}; GRANT USAGE ON FOREIGN SERVER far TO {APP}": f"{APP} has USAGE on the foreign server far",
}


@pytest.fixture(scope="module")
def url(postgresql_server_url: str) -> Iterator[str]:
    """A server where the four roles are."""
    with fresh_database(postgresql_server_url) as fresh:
        database = open_database(fresh)
        migrate(database)
        database.dispose()
        yield fresh


@contextmanager
def never_committed(url: str, *statements: str) -> Iterator[Connection]:
    """Every database of the server shares its roles, so no other test is to see what is done to them."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE ROLE {MEMBER} LOGIN"))
            for statement in statements:
                connection.execute(text(statement))
            yield connection
            connection.rollback()
    finally:
        engine.dispose()


def found(connection: Connection) -> list[str]:
    """Of the member of this test: other tests may be making theirs."""
    return [each for each in memberships.powers_of_members(connection) if each.startswith(MEMBER)]


@pytest.mark.parametrize(("statement", "problem"), OF_ROLES.items(), ids=range(len(OF_ROLES)))
def test_what_one_of_the_four_roles_was_made_beside_is_a_problem_of_the_guards(
    url: str, statement: str, problem: str
) -> None:
    with never_committed(url, statement) as connection:
        details = [each.detail for each in memberships.problems(connection)]
        assert details == [f"{problem}, which this version gives to nobody"]


@pytest.mark.parametrize(("statement", "power"), OF_MEMBERS.items(), ids=range(len(OF_MEMBERS)))
def test_what_a_member_could_do_beyond_his_part_is_named(url: str, statement: str, power: str) -> None:
    with never_committed(url, statement) as connection:
        assert found(connection) == [power]
        assert list(memberships.problems(connection)) == []


def test_who_serves_reads_audits_watches_or_migrates_and_no_more_is_not_named(url: str) -> None:
    for statement in RIGHTFUL:
        with never_committed(url, statement) as connection:
            assert found(connection) == []
            assert list(memberships.problems(connection)) == []


@pytest.mark.parametrize(("statement", "power"), OF_SERVER.items(), ids=range(len(OF_SERVER)))
def test_what_a_role_or_member_holds_of_the_whole_database_or_server_is_named(
    url: str, statement: str, power: str
) -> None:
    statement = statement.replace("DATABASE this", f"DATABASE {make_url(url).database}")
    with never_committed(url, f"GRANT {APP} TO {MEMBER}", statement) as connection:
        assert server_rights.powers(connection) == [power]


def test_what_a_superuser_who_migrates_or_an_extension_holds_is_not_named(url: str) -> None:
    this = f"DATABASE {make_url(url).database}"
    for statement in (
        "SELECT 1",
        f"GRANT {MIGRATOR}, {PROJECTOR} TO {MEMBER}; ALTER {this} OWNER TO {MEMBER}",
        f"GRANT {APP} TO {MEMBER}; GRANT CONNECT ON {this} TO {MEMBER}",
        "CREATE FUNCTION public.theirs() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        f"CREATE SCHEMA closed; {EXECUTING.format('closed')}",
    ):
        with never_committed(url, statement) as connection:
            assert server_rights.powers(connection) == [], statement
