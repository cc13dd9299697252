"""What each role may do with the tables of the log and of access on PostgreSQL, and who may do more than that, or less.

Everybody but PUBLIC may be given the right to read the log; what is private, and everything of access, is for those
named here alone.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlalchemy import Connection, text

from adapters.guards.guard import Problem
from adapters.guards.postgresql_log import APPEND_ONLY

MIGRATOR: Final = "fundtrail_migrator"
"""Owns the log and the access tables: `fundtrail migrate`."""
APP: Final = "fundtrail_app"
"""Adds to the log: `fundtrail serve --no-projector`, `import`."""
PROJECTOR: Final = "fundtrail_projector"
"""Owns the views and reads the log: `fundtrail project`, `rebuild`."""
AUDITOR: Final = "fundtrail_auditor"
"""Reads all but private values and the secrets of keys: `fundtrail verify`, `export`."""
ROLES: Final = (MIGRATOR, APP, PROJECTOR, AUDITOR)
READERS: Final = (APP, PROJECTOR, AUDITOR)
_WRITTEN: Final = (*APPEND_ONLY, "ledger_head", "boundary_state")
_KEY_COLUMNS: Final = (
    "key_id",
    "role",
    "ledgers",
    "units",
    "created_by",
    "expires_at_us",
    "revoked_at_us",
    "revoked_by",
)


class Right(NamedTuple):
    """What a role may do with a table, or with some columns of it."""

    role: str
    privilege: str
    table: str
    columns: tuple[str, ...] = ()

    @property
    def statement(self) -> str:
        """What grants it."""
        columns = f" ({', '.join(self.columns)})" if self.columns else ""
        return f"GRANT {self.privilege}{columns} ON {self.table} TO {self.role}"


def _of_app(table: str, *privileges: str) -> Iterator[Right]:
    for privilege in privileges:
        yield Right(APP, privilege, table)


# Columns are named where a row may be changed: the right to change a whole table is also one to lock it for all others.
LOG_RIGHTS: Final = (
    *(Right(role, "SELECT", f"log.{each}") for role in READERS for each in (*_WRITTEN, "alembic_version")),
    *(Right(APP, "INSERT", f"log.{each}") for each in _WRITTEN),
    *_of_app("log.private_value", "SELECT", "INSERT", "DELETE"),
    Right(APP, "UPDATE", "log.ledger_head", ("position", "recorded_at_us")),
    Right(APP, "UPDATE", "log.boundary_state", ("event_count", "position", "state")),
    # Enough to see that nothing is left of what was erased, and not what it says.
    Right(AUDITOR, "SELECT", "log.private_value", ("ledger_id", "event_id", "field")),
)
ACCESS_RIGHTS: Final = (
    # Of records only the oldest go, which a trigger sees to.
    *_of_app("access.access_record", "SELECT", "INSERT", "DELETE"),
    *_of_app("access.access_head", "SELECT"),
    Right(APP, "UPDATE", "access.access_head", ("sequence", "recorded_at_us", "hash")),
    *_of_app("access.access_beginning", "SELECT", "INSERT"),
    # A key stays what it was made: it can only be revoked.
    *_of_app("access.api_key", "SELECT", "INSERT"),
    Right(APP, "UPDATE", "access.api_key", ("revoked_at_us", "revoked_by")),
    *_of_app("access.setup_token", "SELECT", "INSERT", "DELETE"),
    *_of_app("access.pseudonym", "SELECT", "INSERT", "DELETE"),
    *_of_app("access.deployment_secret", "SELECT", "INSERT"),
    *(Right(AUDITOR, "SELECT", f"access.{each}") for each in ("access_record", "access_head", "access_beginning")),
    # What keys give, for who compares it with the records of their making; not their secrets.
    Right(AUDITOR, "SELECT", "access.api_key", _KEY_COLUMNS),
    *(Right(role, "SELECT", "access.alembic_version") for role in READERS),
)


def _rows(rights: tuple[Right, ...]) -> str:
    """The rights as rows of SQL, one for each column; a right on the whole table has the column ''."""
    return ", ".join(
        f"('{right.role}', '{right.privilege}', '{right.table}', '{column}')"
        for right in rights
        for column in right.columns or ("",)
    )


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _of_owner(role: str, schema: str, *tables: str) -> Iterator[Right]:
    yield from (Right(role, privilege, schema) for privilege in ("USAGE", "CREATE"))
    for table in tables:
        yield from (Right(role, each, f"{schema}.{table}") for each in ("SELECT", "INSERT", "UPDATE", "DELETE"))


def _tables_of(rights: tuple[Right, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(right.table.partition(".")[2] for right in rights))


_NEEDED: Final = (
    *LOG_RIGHTS,
    *ACCESS_RIGHTS,
    # An owner, too, can be left without a right.
    *_of_owner(MIGRATOR, "log", *_tables_of(LOG_RIGHTS)),
    *_of_owner(MIGRATOR, "access", *_tables_of(ACCESS_RIGHTS)),
    *_of_owner(PROJECTOR, "views"),
    *(Right(role, "USAGE", schema) for role in READERS for schema in ("log", "access", "views")),
)
_ON_VIEWS: Final = (
    *((role, "SELECT") for role in READERS),
    *((PROJECTOR, privilege) for privilege in ("INSERT", "UPDATE", "DELETE")),
)

# Every name in the texts is ours.
_GRANTED: Final = """granted AS (
    SELECT n.nspname || '.' || c.relname AS name, '' AS column_name, c.relowner AS owner,
        (pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner)))).*
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('log', 'access') AND c.relkind NOT IN ('i', 'I')
    UNION ALL
    SELECT n.nspname || '.' || c.relname, a.attname, c.relowner, (pg_catalog.aclexplode(a.attacl)).*
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('log', 'access') AND c.relkind NOT IN ('i', 'I') AND a.attnum > 0
    UNION ALL
    SELECT n.nspname, '', n.nspowner,
        (pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner)))).*
    FROM pg_catalog.pg_namespace n WHERE n.nspname IN ('log', 'access', 'guard', 'views')
    UNION ALL
    SELECT 'the database', '', d.datdba, (pg_catalog.aclexplode(d.datacl)).*
    FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())"""
TOO_MUCH: Final = f"""
WITH {_GRANTED}
SELECT coalesce(r.rolname, 'PUBLIC') || ' has ' || g.privilege_type || ' on ' || g.name
    || CASE g.column_name WHEN '' THEN '' ELSE ' (' || g.column_name || ')' END AS name
FROM granted g LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee
WHERE g.grantee <> g.owner AND g.name <> 'views'
    AND NOT (g.privilege_type = 'USAGE' AND g.grantee <> 0)
    AND NOT (g.name = 'the database'
        AND (g.privilege_type <> 'CREATE' OR (g.grantee <> 0 AND r.rolname NOT IN ({_names(ROLES)}))))
    AND NOT (g.privilege_type = 'SELECT' AND g.grantee <> 0 AND g.name LIKE 'log.%' AND g.name <> 'log.private_value')
    AND (coalesce(r.rolname, ''), g.privilege_type, g.name, g.column_name)
        NOT IN (VALUES {_rows((*LOG_RIGHTS, *ACCESS_RIGHTS))})
UNION ALL
SELECT 'foreign key ' || k.conname || ' of ' || k.conrelid::regclass || ' holds rows of ' || k.confrelid::regclass
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.confrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND n.nspname IN ('log', 'access')
"""  # noqa: S608 (see above)
"""Each right that somebody has beyond those named here, and each foreign key that keeps rows from being deleted."""
LARGE_OBJECTS: Final = ("lo_create(oid)", "lo_creat(integer)", "lo_from_bytea(oid, bytea)")
"""Functions of the server by which whoever may connect could fill its disk; nobody here has a use for them."""
_OPEN_TO_ALL: Final = f"""
WITH open AS (
    SELECT 'the database' AS name, datdba AS owner,
        (aclexplode(coalesce(datacl, acldefault('d', datdba)))).* FROM pg_database WHERE datname = current_database()
    UNION ALL
    SELECT 'the schema public', nspowner, (aclexplode(coalesce(nspacl, acldefault('n', nspowner)))).*
    FROM pg_namespace WHERE nspname = 'public'
    UNION ALL
    SELECT 'function ' || proname, proowner, (aclexplode(coalesce(proacl, acldefault('f', proowner)))).*
    FROM pg_proc WHERE oid = ANY (CAST(ARRAY[{_names(LARGE_OBJECTS)}] AS regprocedure[])))
SELECT coalesce(rolname, 'PUBLIC') || ' has ' || privilege_type || ' on ' || name
FROM open LEFT JOIN pg_roles r ON r.oid = grantee
WHERE grantee <> owner AND (grantee = 0 OR rolname IN ({_names(ROLES)}))
    AND (name, privilege_type) NOT IN (('the database', 'CREATE'), ('the database', 'CONNECT'))
    AND privilege_type <> 'USAGE' AND to_regnamespace('guard') IS NOT NULL
"""  # noqa: S608 (see above)
"""What a new database gives to everybody, and `migrate` of a superuser takes; a dump does not say that it was taken."""
_TOO_LITTLE: Final = f"""
WITH {_GRANTED},
is_migrated AS (SELECT FROM pg_namespace WHERE nspname = 'log' AND nspowner = to_regrole('{MIGRATOR}'))
SELECT needed.role || ' lacks ' || privilege || ' on ' || needed.name
    || CASE needed.column_name WHEN '' THEN '' ELSE ' (' || needed.column_name || ')' END AS name
FROM (VALUES {_rows(_NEEDED)}) AS needed (role, privilege, name, column_name)
WHERE EXISTS (SELECT FROM is_migrated) AND NOT EXISTS (
    SELECT FROM granted g WHERE g.grantee = to_regrole(needed.role)
    AND (g.privilege_type, g.name, g.column_name) = (needed.privilege, needed.name, needed.column_name))
UNION ALL
SELECT needed.role || ' lacks ' || privilege || ' on views.' || relname
FROM pg_class, (VALUES {", ".join(map(str, _ON_VIEWS))}) AS needed (role, privilege)
WHERE relnamespace = to_regnamespace('views') AND relkind = 'r' AND EXISTS (SELECT FROM is_migrated)
    AND NOT has_table_privilege(to_regrole(needed.role), pg_class.oid, privilege)
UNION ALL
SELECT role || ' lacks SELECT on what is added to the schema views'
FROM (VALUES ('{APP}'), ('{AUDITOR}')) AS needed (role)
WHERE EXISTS (SELECT FROM is_migrated) AND NOT EXISTS (
    SELECT FROM pg_default_acl, aclexplode(defaclacl) a
    WHERE defaclrole = to_regrole('{PROJECTOR}') AND defaclnamespace = to_regnamespace('views')
    AND defaclobjtype = 'r' AND a.grantee = to_regrole(role) AND a.privilege_type = 'SELECT')
"""  # noqa: S608 (see above)
"""Where the four roles have a part each, which `migrate` gives them together with the tables' owner."""


def problems(connection: Connection) -> Iterator[Problem]:
    """Who may do more than his part needs, or less."""
    for name in (*connection.scalars(text(TOO_MUCH)), *connection.scalars(text(_OPEN_TO_ALL))):
        yield Problem(name, f"{name}, which this version gives to nobody")
    for name in connection.scalars(text(_TOO_LITTLE)):
        yield Problem(name, f"{name}, which this version needs")


def lacking(connection: Connection) -> list[str]:
    """Each right that a role of this version needs and does not have."""
    return list(connection.scalars(text(_TOO_LITTLE)))
