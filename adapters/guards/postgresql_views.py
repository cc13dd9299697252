"""The schema of the views on PostgreSQL holds plain rows: nothing in it can run when somebody reads or writes them.

It belongs to the projector, and is read by roles that may do more than he, a superuser among them. A view, a rule, an
expression in an index or a constraint, a type of his own: each would run his code with the rights of its reader.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text

from adapters.guards.guard import Problem

NOT_PLAIN: Final = """
WITH held AS (SELECT oid, relname, relkind, relrowsecurity, relpersistence, relispartition
              FROM pg_class WHERE relnamespace = to_regnamespace('views'))
SELECT 'relation ' || relname AS name FROM held
WHERE relkind NOT IN ('r', 'i', 'c') OR relrowsecurity OR relpersistence <> 'p' OR relispartition
UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = to_regnamespace('views')
UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite WHERE ev_class IN (SELECT oid FROM held)
UNION ALL SELECT 'policy ' || polname FROM pg_policy WHERE polrelid IN (SELECT oid FROM held)
UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM held)
UNION ALL SELECT 'default of a column of ' || held.relname FROM pg_attrdef JOIN held ON held.oid = adrelid
UNION ALL SELECT 'constraint ' || conname FROM pg_constraint
WHERE conrelid IN (SELECT oid FROM held) AND contype NOT IN ('p', 'u', 'n')
UNION ALL SELECT 'expression of index ' || held.relname FROM pg_index JOIN held ON held.oid = indexrelid
WHERE indexprs IS NOT NULL OR indpred IS NOT NULL
UNION ALL SELECT 'operator class of index ' || held.relname FROM pg_index JOIN held ON held.oid = indexrelid
JOIN pg_opclass o ON o.oid = ANY (indclass) WHERE o.opcnamespace <> 'pg_catalog'::regnamespace
UNION ALL SELECT 'type of column ' || attname FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
WHERE attrelid IN (SELECT oid FROM held) AND attnum > 0 AND NOT attisdropped
AND t.typnamespace <> 'pg_catalog'::regnamespace
UNION ALL SELECT 'type ' || typname FROM pg_type
WHERE typnamespace = to_regnamespace('views') AND typrelid = 0 AND typelem = 0
UNION ALL SELECT 'operator ' || oprname FROM pg_operator WHERE oprnamespace = to_regnamespace('views')
UNION ALL SELECT 'heir of table ' || held.relname FROM pg_inherits JOIN held ON held.oid = inhparent
UNION ALL SELECT 'statistics ' || stxname FROM pg_statistic_ext
WHERE stxrelid IN (SELECT oid FROM held) AND stxexprs IS NOT NULL
"""
"""What stands there and is no plain row, by name; asked of the server's own catalogue, where the projector puts
nothing."""


def problems(connection: Connection) -> Iterator[Problem]:
    """Whatever could run; nothing of it is touched by looking."""
    for name in connection.scalars(text(NOT_PLAIN)):
        yield Problem(name, f"{name} in the schema views could run with the rights of whoever reads the views")
