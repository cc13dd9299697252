"""What someone tries who can run SQL on PostgreSQL with the rights of one of fundtrail's roles.

In the statements `{superuser}` is who made the database.
"""

from typing import Final, NamedTuple


class Attempt(NamedTuple):
    """Statements of one transaction, at least the last of which must be refused."""

    name: str
    statements: tuple[str, ...]


def _try(name: str, *statements: str) -> Attempt:
    return Attempt(name, statements)


_COPY_OF_7: Final = (
    "INSERT INTO log.log_entry (ledger_id, position, event_id, type, effective_date, recorded_at_us, corrects, "
    "leaf_hash, entry) SELECT ledger_id, {position}, decode(repeat('00', 16), 'hex'), type, effective_date, "
    "recorded_at_us + {later}, corrects, leaf_hash, entry FROM log.log_entry WHERE position = 7"
)
_FORGE: Final = "UPDATE log.log_entry SET entry = 'forged' WHERE position = 7"
_DELETE: Final = "DELETE FROM log.log_entry WHERE position = 7"
_RETURNS_NEW: Final = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"


def _inserted(position: str, later: int = 10_000_000_000) -> str:
    return _COPY_OF_7.format(position=position, later=later)


UNOPENED: Final = {
    "tag": "log_tag VALUES ('other', 'ledger:other', 1, 1)",
    "stored state": "boundary_state VALUES ('other', 'line:L1', 1, 1, NULL)",
    "private value": "private_value VALUES ('other', 'x', 'payee', 'x', 'somebody')",
    "receipt": "ledger_receipt VALUES ('x', 'x', 'other')",
    "tile": "log_tile VALUES ('other', 0, 0, 'x', 'x')",
    "cosignature": "log_cosignature VALUES ('other', 1, 'w', 'x')",
}
"""Rows that would be taken for a ledger's own once somebody opens it; both engines take these words."""
CHANGES: Final = (
    _try("entry changed", _FORGE),
    _try("business dates changed", "UPDATE log.log_entry SET effective_date = '2022-01-01'"),
    _try("recorded instant changed", "UPDATE log.log_entry SET recorded_at_us = 1 WHERE position = 7"),
    _try("entry deleted", _DELETE),
    _try("every entry deleted", "DELETE FROM log.log_entry"),
    _try("entry deleted inside a query", f"WITH gone AS ({_DELETE} RETURNING 1) SELECT count(*) FROM gone"),
    _try("entry deleted by dynamic SQL", f"DO $do$ BEGIN EXECUTE '{_DELETE}'; END $do$"),
    _try("entries truncated", "TRUNCATE log.log_entry"),
    _try("tags truncated with what depends on them", "TRUNCATE log.log_tag CASCADE"),
    _try(
        "entry upserted",
        "INSERT INTO log.log_entry SELECT * FROM log.log_entry WHERE position = 7 "
        "ON CONFLICT (ledger_id, position) DO UPDATE SET entry = 'forged'",
    ),
    _try(
        "tag upserted",
        "INSERT INTO log.log_tag SELECT * FROM log.log_tag WHERE position = 7 "
        "ON CONFLICT (ledger_id, tag, position) DO UPDATE SET n = 99",
    ),
    _try(
        "entry merged over",
        "MERGE INTO log.log_entry t USING log.log_entry s ON t.ledger_id = s.ledger_id AND t.position = s.position "
        "WHEN MATCHED THEN UPDATE SET entry = 'forged'",
    ),
    _try(
        "entry merged away",
        "MERGE INTO log.log_entry t USING log.log_entry s ON t.ledger_id = s.ledger_id AND t.position = s.position "
        "WHEN MATCHED THEN DELETE",
    ),
    _try("entry beyond a gap", _inserted("99")),
    _try("entry at position 0", _inserted("0")),
    _try("entry at a position that is taken", _inserted("6")),
    _try("entry recorded before the last one", _inserted("9", later=-1_000_000)),
    _try("tag changed", "UPDATE log.log_tag SET n = n + 1"),
    _try("tag deleted", "DELETE FROM log.log_tag WHERE position = 7"),
    _try("tag number left out", "INSERT INTO log.log_tag VALUES ('qingshi', 'line:L1', 99, 99)"),
    _try("tag number twice", "INSERT INTO log.log_tag VALUES ('qingshi', 'line:L1', 99, 1)"),
    _try("tag put before others", "INSERT INTO log.log_tag VALUES ('qingshi', 'line:L1', 1, 1)"),
    _try("tag of no entry", "INSERT INTO log.log_tag VALUES ('qingshi', 'line:L9', 99, 1)"),
    *(_try(f"{name} of a ledger that nobody opened", f"INSERT INTO log.{row}") for name, row in UNOPENED.items()),
    _try("head set back", "UPDATE log.ledger_head SET position = position - 1"),
    _try("head set beyond the log", "UPDATE log.ledger_head SET position = position + 1"),
    _try("instant of the head changed", "UPDATE log.ledger_head SET recorded_at_us = recorded_at_us + 1"),
    _try("head given to another ledger", "UPDATE log.ledger_head SET ledger_id = 'other'"),
    _try("head deleted", "DELETE FROM log.ledger_head"),
    _try("heads truncated", "TRUNCATE log.ledger_head"),
    _try("receipt changed", "UPDATE log.ledger_receipt SET ledger_id = 'other'"),
    _try("receipt deleted", "DELETE FROM log.ledger_receipt"),
    _try("tile changed", "UPDATE log.log_tile SET hashes = 'forged'"),
    _try("tile deleted", "DELETE FROM log.log_tile"),
    _try("checkpoint changed", "UPDATE log.log_checkpoint SET note = 'forged'"),
    _try("checkpoint deleted", "DELETE FROM log.log_checkpoint"),
    _try("checkpoint beyond the log", "INSERT INTO log.log_checkpoint VALUES ('qingshi', 900000, 'x', 0)"),
    _try("checkpoint of no entry", "INSERT INTO log.log_checkpoint VALUES ('qingshi', 0, 'x', 0)"),
    _try("cosignature changed", "UPDATE log.log_cosignature SET value = 'forged'"),
    _try("cosignature deleted", "DELETE FROM log.log_cosignature"),
    _try("private value changed", "UPDATE log.private_value SET value = 'somebody'"),
    _try("private values truncated", "TRUNCATE log.private_value"),
    _try("refusal changed", "UPDATE access.access_record SET kind = 'denied'"),
    _try("refusals deleted", "DELETE FROM access.access_record"),
    _try("refusals truncated", "TRUNCATE access.access_record"),
    _try("refusal beyond a gap", "INSERT INTO access.access_record VALUES (9, 9, 'denied', NULL, 'x', 'x')"),
    _try("refusal written over", "INSERT INTO access.access_record VALUES (1, 9, 'denied', NULL, 'x', 'x')"),
    _try("head of the access log set back", "UPDATE access.access_head SET sequence = 0"),
    _try("head of the access log set beyond it", "UPDATE access.access_head SET sequence = 9"),
    _try("second head of the access log", "INSERT INTO access.access_head VALUES (2, 1, 1, 'x')"),
    _try("head of the access log deleted", "DELETE FROM access.access_head"),
    _try(
        "young refusals said to be old",
        "INSERT INTO access.access_beginning SELECT sequence, hash, 1 FROM access.access_record",
    ),
    _try("secret of pseudonyms changed", "UPDATE access.deployment_secret SET secret = 'x'"),
    _try("secret of pseudonyms deleted", "DELETE FROM access.deployment_secret"),
    _try("replica role, then delete", "SET session_replication_role = replica", _DELETE),
)
"""Which triggers refuse, whoever tries: the owner of the tables as well."""

STRUCTURE: Final = (
    _try("table dropped", "DROP TABLE log.log_entry CASCADE"),
    _try("schema dropped", "DROP SCHEMA log CASCADE"),
    _try("schema of the guards dropped", "DROP SCHEMA guard CASCADE"),
    _try("schema renamed", "ALTER SCHEMA log RENAME TO old"),
    _try("access schema renamed", "ALTER SCHEMA access RENAME TO old"),
    _try("table renamed", "ALTER TABLE log.log_entry RENAME TO old"),
    _try("table moved to another schema", "ALTER TABLE log.log_entry SET SCHEMA public"),
    _try("column added", "ALTER TABLE log.log_entry ADD COLUMN more text"),
    _try("column of another type", "ALTER TABLE log.log_entry ALTER COLUMN type TYPE text"),
    _try("key dropped", "ALTER TABLE log.log_entry DROP CONSTRAINT log_entry_pkey"),
    _try("index dropped", "DROP INDEX log.log_entry_event_id"),
    _try("trigger dropped", "DROP TRIGGER log_entry_append_only ON log.log_entry"),
    _try("trigger disabled", "ALTER TABLE log.log_entry DISABLE TRIGGER log_entry_append_only", _FORGE),
    _try("all triggers disabled", "ALTER TABLE log.log_entry DISABLE TRIGGER ALL", _DELETE),
    _try("trigger not always enabled", "ALTER TABLE log.log_entry ENABLE TRIGGER log_entry_append_only"),
    _try("function of the triggers dropped", "DROP FUNCTION log.refuse_change() CASCADE"),
    _try("function of the triggers replaced", f"CREATE OR REPLACE FUNCTION log.refuse_change() {_RETURNS_NEW}"),
    _try("function of the triggers renamed", "ALTER FUNCTION log.refuse_change() RENAME TO old"),
    _try("function of the event triggers dropped", "DROP FUNCTION guard.refuse_altering() CASCADE"),
    _try("rule", "CREATE RULE nothing AS ON INSERT TO log.log_entry DO INSTEAD NOTHING"),
    _try("row security", "ALTER TABLE log.log_entry ENABLE ROW LEVEL SECURITY"),
    _try("policy", "CREATE POLICY none ON log.log_entry USING (false)"),
    _try("table not written ahead", "ALTER TABLE log.log_entry SET UNLOGGED"),
    _try("table taken over", "ALTER TABLE log.log_entry OWNER TO CURRENT_USER"),
    _try("access log dropped", "DROP TABLE access.access_record"),
    _try("event trigger dropped", "DROP EVENT TRIGGER fundtrail_no_dropping"),
    _try("event trigger disabled", "ALTER EVENT TRIGGER fundtrail_no_altering DISABLE"),
    _try(
        "event trigger of one's own",
        "CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION guard.refuse_altering()",
    ),
)
"""Which event triggers refuse to whoever owns the tables, and ownership to everybody else."""

ESCAPES: Final = (
    _try("role of the owner", "SET ROLE fundtrail_migrator", _FORGE),
    _try("role of the superuser", 'SET ROLE "{superuser}"', _FORGE),
    _try("session of the superuser", 'SET SESSION AUTHORIZATION "{superuser}"', _FORGE),
    _try("membership of the owner", "GRANT fundtrail_migrator TO CURRENT_USER"),
    _try("made superuser", "ALTER ROLE CURRENT_USER SUPERUSER"),
    _try("new superuser", "CREATE ROLE fundtrail_evil SUPERUSER"),
    _try("owner's things taken", "REASSIGN OWNED BY fundtrail_migrator TO CURRENT_USER"),
    _try("owner's things dropped", "DROP OWNED BY fundtrail_migrator CASCADE"),
    _try("setting of the database", "ALTER SYSTEM SET session_replication_role = replica"),
    _try("catalogue changed", "UPDATE pg_catalog.pg_trigger SET tgenabled = 'D'"),
    _try("catalogue emptied", "DELETE FROM pg_catalog.pg_trigger"),
    _try("catalogue made changeable", "SET allow_system_table_mods = on"),
    _try("program run by COPY", "COPY log.log_tag FROM PROGRAM 'id'"),
    _try("program fed by COPY", "COPY log.log_tag TO PROGRAM 'cat'"),
    _try("file read by COPY", "COPY log.log_tag FROM '/etc/passwd'"),
    _try("file written by COPY", "COPY log.log_tag TO '/tmp/fundtrail-evil'"),
    _try("file read", "SELECT pg_read_file('/etc/passwd')"),
    _try("file made a large object", "SELECT lo_import('/etc/passwd')"),
    _try("large object made a file", "SELECT lo_export(lo_from_bytea(0, 'evil'), '/tmp/fundtrail-evil')"),
    _try("large objects changed", "UPDATE pg_catalog.pg_largeobject SET data = 'evil'"),
    _try("extension that reads files", "CREATE EXTENSION file_fdw"),
)
"""Ways to other rights, or out of the database."""

LARGE_OBJECTS: Final = (
    _try("large object made", "SELECT lo_create(0)"),
    _try("large object of a mode made", "SELECT lo_creat(-1)"),
    _try("large object with content made", "SELECT lo_from_bytea(0, repeat('x', 1000)::bytea)"),
)
"""By which anybody could fill the disk."""

SHADOWS: Final = (
    _try("trigger function", f"CREATE FUNCTION pg_temp.evil() {_RETURNS_NEW}"),
    _try(
        "function in the schema of temporary things",
        "CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1'",
    ),
    _try("temporary table in front of the log", "CREATE TEMPORARY TABLE log_entry (position bigint)"),
    _try("schema of one's own", "CREATE SCHEMA evil"),
    _try("function in the public schema", "CREATE FUNCTION public.evil() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    _try(
        "operator in front of ours",
        "SET search_path = public, pg_catalog",
        "CREATE OPERATOR public.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = int8ne)",
    ),
    _try("table that inherits the log", "CREATE TABLE public.more () INHERITS (log.log_entry)"),
    _try("path to the log without its name", "SET search_path = log", "DELETE FROM log_entry"),
)
"""What would stand in front of ours, where names are looked for."""

RIGHTS: Final = (
    _try("right to change given to oneself", "GRANT UPDATE ON log.log_entry TO CURRENT_USER", _FORGE),
    _try("whole table locked", "LOCK TABLE log.log_entry IN ACCESS EXCLUSIVE MODE"),
    _try("writers locked out", "LOCK TABLE log.log_entry IN SHARE ROW EXCLUSIVE MODE"),
    _try("heads locked", "LOCK TABLE log.ledger_head IN EXCLUSIVE MODE"),
    _try("entries locked", "SELECT 1 FROM log.log_entry FOR UPDATE"),
    _try("positions set", "SELECT setval('log.log_entry_position', 1)"),
    _try("version of the schema changed", "UPDATE log.alembic_version SET version_num = '0001'"),
    _try("version of the schema deleted", "DELETE FROM access.alembic_version"),
    _try("view changed", "UPDATE views.balance_lane_g1 SET disbursed = 0"),
    _try("view deleted", "DELETE FROM views.balance_lane_g1"),
    _try("view dropped", "DROP TABLE views.balance_lane_g1"),
    _try("another role for a key", "UPDATE access.api_key SET role = 'admin'"),
    _try("key deleted", "DELETE FROM access.api_key"),
    _try("tracker of a view set", "UPDATE views.projection_position SET position = 0"),
)
"""Which missing rights refuse."""

KEYS: Final = (
    _try("hashes of keys read", "SELECT secret_hash FROM access.api_key"),
    _try("secret of pseudonyms read", "SELECT secret FROM access.deployment_secret"),
    _try("persons behind pseudonyms read", "SELECT subject FROM access.pseudonym"),
    _try("key given another role", "UPDATE access.api_key SET role = 'admin'"),
    _try("setup token invented", "INSERT INTO access.setup_token VALUES ('x', 9223372036854775807)"),
)
"""What nobody but the app has to do with."""

REVOKED: Final = (
    _try("revocation of a key taken back", "UPDATE access.api_key SET revoked_at_us = NULL, revoked_by = NULL"),
    _try("revocation of a key moved", "UPDATE access.api_key SET revoked_at_us = 1"),
    *(
        _try(
            f"key revoked, and its {column} changed",
            f"UPDATE access.api_key SET revoked_at_us = 1, revoked_by = 'x', {column} = {value} "
            "WHERE revoked_at_us IS NULL",
        )
        for column, value in (("role", "'admin'"), ("expires_at_us", "99"), ("key_id", "'aaaaaaaaaaaa'"))
    ),
)
"""Where one key was revoked, and another was not."""

_ROWS: Final = "SELECT * FROM views.projection_position"
_RUN: Final = "LANGUAGE plpgsql AS $$BEGIN RETURN true; END$$"
CODE_IN_VIEWS: Final = (
    _try("function", f"CREATE FUNCTION views.run() RETURNS boolean {_RUN}"),
    _try("view", f"CREATE VIEW views.more AS {_ROWS}"),
    _try(
        "view in the place of a table",
        "ALTER TABLE views.projection_position RENAME TO hidden",
        f"CREATE VIEW views.projection_position AS {_ROWS.replace('projection_position', 'hidden')}",
    ),
    _try("materialized view", f"CREATE MATERIALIZED VIEW views.more AS {_ROWS}"),
    _try("rule", "CREATE RULE more AS ON INSERT TO views.projection_position DO ALSO SELECT 1"),
    _try("row security", "ALTER TABLE views.projection_position ENABLE ROW LEVEL SECURITY"),
    _try("policy", "CREATE POLICY more ON views.projection_position USING (pg_notify('x', 'y') IS NULL)"),
    _try(
        "default",
        "ALTER TABLE views.projection_position ADD more text DEFAULT query_to_xml('SELECT 1', true, true, '')",
    ),
    _try("constraint", "ALTER TABLE views.projection_position ADD CHECK (position IS NOT NULL)"),
    _try("expression of an index", "CREATE INDEX more ON views.projection_position (lower(ledger_id))"),
    _try("condition of an index", "CREATE INDEX more ON views.projection_position (position) WHERE position > 1"),
    _try("type", "CREATE TYPE views.more AS ENUM ('x')"),
    _try("domain", "CREATE DOMAIN views.more AS text CHECK (value <> '')"),
    _try("unlogged table", "CREATE UNLOGGED TABLE views.more (x int)"),
    _try("heir", "CREATE TABLE views.more () INHERITS (views.projection_position)"),
    _try("sequence", "CREATE SEQUENCE views.more"),
)
"""What would run, or stand in the way of plain rows, when a role that may do more reads the views."""

HOLDS: Final = (
    _try("private values shown to the auditor", "GRANT SELECT ON log.private_value TO fundtrail_auditor"),
    _try("a private column shown", "GRANT SELECT (value) ON log.private_value TO fundtrail_projector"),
    _try("hashes of keys shown to everybody", "GRANT SELECT ON access.api_key TO PUBLIC"),
    _try("right to change the log given away", "GRANT UPDATE ON log.log_entry TO fundtrail_app"),
    _try("right to add tables given away", "GRANT CREATE ON SCHEMA log TO fundtrail_app"),
    _try(
        "what is to be erased held by a foreign key",
        'CREATE TABLE views.held (a text COLLATE "C", b bytea, c text COLLATE "C", '
        "FOREIGN KEY (a, b, c) REFERENCES log.private_value)",
    ),
)
"""What an owner could give to others."""

OUTSIDE: Final = (
    _try("schema of the owner's own", "CREATE SCHEMA mine"),
    _try("function of the triggers moved", "ALTER FUNCTION log.refuse_change() SET SCHEMA public"),
    _try("versions of the schema moved", "ALTER TABLE log.alembic_version SET SCHEMA public"),
    _try("view of the keys elsewhere", "CREATE VIEW public.shown AS SELECT * FROM access.api_key"),
    _try(
        "function with the owner's rights elsewhere",
        "CREATE FUNCTION public.shown() RETURNS SETOF access.api_key LANGUAGE sql SECURITY DEFINER "
        "AS 'SELECT * FROM access.api_key'",
    ),
    _try("publication", "CREATE PUBLICATION shown FOR TABLE log.ledger_head WHERE (position > 0)"),
)
"""What an owner could put elsewhere in the database."""

AS_APP: Final = (*CHANGES, *STRUCTURE, *ESCAPES, *LARGE_OBJECTS, *SHADOWS, *RIGHTS, *REVOKED)
AS_OWNER: Final = (
    *CHANGES,
    *STRUCTURE,
    *REVOKED,
    *LARGE_OBJECTS,
    *HOLDS,
    *OUTSIDE,
    _try("log inherited", "CREATE TABLE views.more () INHERITS (log.log_entry)"),
)
"""By a role that owns log and access, as whoever migrates without being a superuser."""
AS_PROJECTOR: Final = (
    *CHANGES,
    _try("entry recorded", _inserted("9")),
    _try("head locked", "SELECT 1 FROM log.ledger_head FOR UPDATE"),
    _try("private value read", "SELECT value FROM log.private_value"),
    _try("access log read", "SELECT 1 FROM access.access_record"),
    *KEYS,
    *LARGE_OBJECTS,
    *CODE_IN_VIEWS,
)
AS_AUDITOR: Final = (
    *CHANGES,
    *RIGHTS,
    _try("entry recorded", _inserted("9")),
    _try("private value read", "SELECT value FROM log.private_value"),
    _try("salt of a private value read", "SELECT salt FROM log.private_value"),
    _try("private value deleted", "DELETE FROM log.private_value"),
    *KEYS,
    *LARGE_OBJECTS,
    _try(
        "next refusal invented",
        "INSERT INTO access.access_record VALUES (2, 9223372036854775807, 'denied', NULL, 'x', 'x')",
    ),
)
