"""What the four roles of PostgreSQL, and whoever is a member of them, may do beyond the rights of those roles.

A membership that does not inherit is one by which to act all the same (SET ROLE), so each counts, through any others.
Roles and memberships are the server's, shared by all its databases.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text

from adapters.guards.guard import Problem
from adapters.guards.rights import APP, AUDITOR, MIGRATOR, ROLES

WATCHING: Final = ("pg_monitor", "pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables")
"""Roles of the server's own that show what it does, and not what is stored."""

REACHED: Final = """
WITH RECURSIVE held AS (
    SELECT oid, rolname AS part FROM pg_roles WHERE rolname = ANY(:roles)
    UNION
    -- Who made a role is a member of it that can neither inherit from it nor act as it (version 16): he is no part of
    -- the service, though he could become one.
    SELECT m.member, held.part FROM held JOIN pg_auth_members m ON m.roleid = held.oid
    WHERE coalesce((to_jsonb(m) ->> 'set_option')::boolean OR (to_jsonb(m) ->> 'inherit_option')::boolean, true)),
migrating AS (
    -- Whoever migrates owns everything, and is told so if he serves; with a part of the service he is one of it.
    SELECT oid FROM held GROUP BY oid HAVING bool_or(part = :migrator) AND NOT bool_or(part = ANY(:served))),
reached AS (
    SELECT DISTINCT oid, oid AS role FROM held
    UNION
    SELECT reached.oid, m.roleid FROM reached JOIN pg_auth_members m ON m.member = reached.role)
"""
"""Whoever could act as one of the roles (`held`), who of them migrates, and as what else each could act."""
_TOLD: Final = f"""{REACHED},
told AS (
    SELECT reached.oid, who.rolname AS who, who.rolname = ANY(:roles) AS is_ours, role.rolname AS role,
        concat_ws(' ', CASE WHEN role.rolsuper THEN 'SUPERUSER' END, CASE WHEN role.rolcreaterole THEN 'CREATEROLE' END,
            CASE WHEN role.rolcreatedb THEN 'CREATEDB' END, CASE WHEN role.rolreplication THEN 'REPLICATION' END,
            CASE WHEN role.rolbypassrls THEN 'BYPASSRLS' END) AS attributes
    FROM reached JOIN pg_roles who ON who.oid = reached.oid JOIN pg_roles role ON role.oid = reached.role)
"""  # noqa: S608 (a text of our own)
_OF_ROLES: Final = text(f"""{_TOLD}
SELECT who, role, attributes FROM told WHERE is_ours AND (who <> role OR attributes <> '') ORDER BY who, role
""")  # noqa: S608 (a text of our own)
_OF_MEMBERS: Final = text(f"""{_TOLD}
SELECT who, role, attributes FROM told
WHERE NOT is_ours AND (attributes <> '' OR role = :migrator OR role LIKE 'pg\\_%' AND role <> ALL(:watching))
    AND oid NOT IN (SELECT oid FROM migrating)
ORDER BY who, role
""")  # noqa: S608 (the same)


def problems(connection: Connection) -> Iterator[Problem]:
    """What the four roles were made beside what this version makes them: they are members of none, and plain."""
    values = {"roles": list(ROLES), "migrator": MIGRATOR, "served": [APP, AUDITOR]}
    for row in connection.execute(_OF_ROLES, values):
        detail = _words(row.who, row.role, row.attributes)
        yield Problem(row.who, f"{detail}, which this version gives to nobody")


def powers_of_members(connection: Connection) -> list[str]:
    """What each member of the four roles could do beyond them, in words; whoever owns the log and migrates is free."""
    values = {"roles": list(ROLES), "migrator": MIGRATOR, "served": [APP, AUDITOR], "watching": list(WATCHING)}
    return [_words(row.who, row.role, row.attributes) for row in connection.execute(_OF_MEMBERS, values)]


def _words(who: str, role: str, attributes: str) -> str:
    if who == role:
        return f"{who} has {attributes}"
    return f"{who} is a member of {role}" + (f", which has {attributes}" if attributes else "")
