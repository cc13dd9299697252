"""What of the database and the server as a whole the four roles of PostgreSQL, and their members, hold.

The rights of `adapters.guards.rights` are those on our own tables. Whoever owns the database, may set what only a
superuser sets, or may run what acts as one, needs none of them. What an extension brings is left out, as whoever made
the extension chose it; so is what the server gave to everybody when it was made.
"""

from typing import Final

from sqlalchemy import Connection, text

from adapters.guards.memberships import REACHED, WATCHING
from adapters.guards.rights import APP, AUDITOR, MIGRATOR, ROLES

_FIRST_WITH_PARAMETERS: Final = (15,)
"""The version from which on the right to set a parameter can be granted."""
_OF_PARAMETERS: Final = """
UNION ALL
SELECT a.grantee, 'has ' || a.privilege_type || ' on the parameter ' || p.parname
FROM pg_parameter_acl p, aclexplode(p.paracl) a"""
_HELD: Final = """
SELECT coalesce(r.rolname, 'PUBLIC') || ' ' || what
FROM found LEFT JOIN pg_roles r ON r.oid = found.grantee
WHERE found.grantee = 0 OR found.grantee IN (SELECT oid FROM theirs) AND NOT r.rolsuper
ORDER BY 1"""
_FOUND: Final = f"""{REACHED},
theirs AS (SELECT DISTINCT role AS oid FROM reached WHERE oid NOT IN (SELECT oid FROM migrating)),
own AS (SELECT oid, datdba, datacl FROM pg_database WHERE datname = current_database()),
kept AS (
    -- What the server keeps from everybody when it is made, or an extension when it is.
    SELECT i.classoid, i.objoid, i.objsubid, i.initprivs, p.proacl AS acl,
        'the server''s function ' || p.oid::regprocedure AS name
    FROM pg_init_privs i JOIN pg_proc p ON i.classoid = 'pg_proc'::regclass AND p.oid = i.objoid
    UNION ALL
    SELECT i.classoid, i.objoid, i.objsubid, i.initprivs, c.relacl, 'the server''s table ' || c.oid::regclass
    FROM pg_init_privs i JOIN pg_class c ON i.classoid = 'pg_class'::regclass AND c.oid = i.objoid AND i.objsubid = 0
    UNION ALL
    SELECT 'pg_class'::regclass, t.attrelid, t.attnum, NULL, t.attacl,
        t.attname || ' of the server''s table ' || t.attrelid::regclass
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid
    WHERE c.relnamespace = 'pg_catalog'::regnamespace AND t.attacl IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_init_privs i WHERE (i.classoid, i.objoid, i.objsubid) = (c.tableoid, t.attrelid, t.attnum))),
powerful AS (
    -- A superuser is a member of every role.
    SELECT r.oid FROM pg_roles r
    WHERE r.rolcreaterole OR EXISTS (
        SELECT FROM pg_roles part
        WHERE (part.rolname = ANY(:roles) OR starts_with(part.rolname::text, 'pg_') AND part.rolname <> ALL(:watching))
            AND part.rolname <> 'pg_database_owner' AND pg_has_role(r.oid, part.oid, 'MEMBER'))),
elsewhere AS (
    -- What is in our own schemas is named as none of ours.
    SELECT oid FROM pg_namespace
    WHERE nspname NOT IN ('log', 'access', 'guard', 'views', 'pg_catalog', 'information_schema')
        AND EXISTS (SELECT FROM theirs WHERE has_schema_privilege(theirs.oid, pg_namespace.oid, 'USAGE'))),
found AS (
    SELECT datdba AS grantee, 'owns the database' AS what FROM own
    UNION ALL
    -- Of PUBLIC and the four roles themselves see `adapters.guards.rights`.
    SELECT a.grantee, 'has ' || a.privilege_type || ' on the database'
    FROM own, aclexplode(datacl) a
    WHERE a.privilege_type <> 'CONNECT' AND a.grantee <> datdba AND a.grantee <> 0
        AND a.grantee <> ALL(SELECT oid FROM pg_roles WHERE rolname = ANY(:roles))
    UNION ALL
    SELECT a.grantee, 'has ' || a.privilege_type || ' on ' || kept.name
    FROM kept, aclexplode(kept.acl) a
    WHERE NOT EXISTS (
        SELECT FROM aclexplode(kept.initprivs) made
        WHERE made.grantee IN (0, a.grantee) AND made.privilege_type = a.privilege_type)
    UNION ALL
    SELECT a.grantee, 'may run ' || p.oid::regprocedure || ', which acts as ' || p.proowner::regrole
    FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    WHERE p.prosecdef AND p.proowner IN (SELECT oid FROM powerful) AND a.grantee <> p.proowner
        AND p.pronamespace IN (SELECT oid FROM elsewhere)
        AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
        AND NOT EXISTS (
            SELECT FROM pg_depend d
            WHERE (d.classid, d.objid, d.deptype) = ('pg_proc'::regclass, p.oid, CAST('e' AS "char")))
    UNION ALL
    SELECT a.grantee,
        'has ' || a.privilege_type || ' on ' || c.oid::regclass || ', which acts as ' || c.relowner::regrole
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.relowner IN (SELECT oid FROM powerful) AND a.grantee <> c.relowner
        AND c.relnamespace IN (SELECT oid FROM elsewhere)
        AND (c.relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY(c.reloptions), false)
            OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal))
        AND NOT EXISTS (
            SELECT FROM pg_depend d
            WHERE (d.classid, d.objid, d.deptype) = ('pg_class'::regclass, c.oid, CAST('e' AS "char")))
    UNION ALL
    SELECT a.grantee, 'has USAGE on the foreign server ' || s.srvname
    FROM pg_foreign_server s, aclexplode(coalesce(s.srvacl, acldefault('S', s.srvowner))) a
    UNION ALL
    SELECT a.grantee, 'has USAGE on the foreign-data wrapper ' || w.fdwname
    FROM pg_foreign_data_wrapper w, aclexplode(coalesce(w.fdwacl, acldefault('F', w.fdwowner))) a"""  # noqa: S608 (the only part that is put in is a statement of ours)


def powers(connection: Connection) -> list[str]:
    """What they hold, in words: of whoever could act as one of the roles, but for those who migrate, and of PUBLIC."""
    has_parameters = (connection.dialect.server_version_info or ()) >= _FIRST_WITH_PARAMETERS
    statement = _FOUND + (_OF_PARAMETERS if has_parameters else "") + ")" + _HELD
    values = {"roles": list(ROLES), "migrator": MIGRATOR, "served": [APP, AUDITOR], "watching": list(WATCHING)}
    return list(connection.scalars(text(statement), values))
