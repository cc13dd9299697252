"""Whom the guarded schemas of PostgreSQL, and what is in them, belong to: an owner may do what no right says."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text

from adapters.guards.guard import Problem
from adapters.guards.rights import MIGRATOR, READERS

_HELD: Final = """
WITH schemas AS (SELECT oid, nspname, nspowner FROM pg_namespace WHERE nspname IN ('log', 'access', 'guard')),
held AS (
    SELECT 'schema ' || nspname AS name, nspname, nspowner AS owner FROM schemas
    UNION ALL
    SELECT 'table ' || nspname || '.' || relname, nspname, relowner
    FROM pg_class JOIN schemas ON schemas.oid = relnamespace WHERE relkind IN ('r', 'p')
    UNION ALL
    SELECT 'function ' || pg_proc.oid::regprocedure, nspname, proowner
    FROM pg_proc JOIN schemas ON schemas.oid = pronamespace)
SELECT name, rolname AS owner FROM held JOIN pg_roles r ON r.oid = owner
WHERE CASE nspname WHEN 'guard' THEN NOT rolsuper ELSE rolname = ANY(:readers)
    OR rolname <> :migrator AND EXISTS (SELECT 1 FROM schemas WHERE nspowner = to_regrole(:migrator)) END
ORDER BY name
"""
"""Without the four roles one role owns all, whatever it is called."""


def problems(connection: Connection) -> Iterator[Problem]:
    """What belongs to somebody whom this version does not give it to."""
    for row in connection.execute(text(_HELD), {"readers": list(READERS), "migrator": MIGRATOR}):
        yield Problem(row.name, f"{row.name} belongs to {row.owner}, to whom this version does not give it")
