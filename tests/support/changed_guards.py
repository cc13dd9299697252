"""What somebody with every right changes in the guards of PostgreSQL, and how each start then names it."""

from typing import Final

ON_POSTGRESQL: Final = {
    "trigger log_entry_append_only of log.log_entry is not always enabled": (
        "ALTER TABLE log.log_entry DISABLE TRIGGER log_entry_append_only"
    ),
    "trigger log_tag_in_order of log.log_tag is not always enabled": (
        "ALTER TABLE log.log_tag ENABLE TRIGGER log_tag_in_order"
    ),
    "trigger ledger_head_forward_only of log.ledger_head is missing": (
        "DROP TRIGGER ledger_head_forward_only ON log.ledger_head"
    ),
    "trigger log_tile_append_only of log.log_tile is not as this version made it": (
        "DROP TRIGGER log_tile_append_only ON log.log_tile; CREATE TRIGGER log_tile_append_only BEFORE TRUNCATE "
        "ON log.log_tile EXECUTE FUNCTION log.refuse_change()"
    ),
    "function log.refuse_change is not as this version made it": (
        "CREATE OR REPLACE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NULL; END $$"
    ),
    "function log.refuse_entry_gap is not as this version made it": "ALTER FUNCTION log.refuse_entry_gap() RESET ALL",
    "trigger evil of log.log_entry is none of this version's": (
        "CREATE TRIGGER evil BEFORE INSERT ON log.log_entry EXECUTE FUNCTION log.refuse_change()"
    ),
    "table log.log_entry has a rule, which may do something else than it is told": (
        "CREATE RULE evil AS ON INSERT TO log.log_entry DO INSTEAD NOTHING"
    ),
    "table log.log_entry has row security, which may hide rows": "ALTER TABLE log.log_entry ENABLE ROW LEVEL SECURITY",
    "table log.log_entry is inherited, so its rows are not only its own": (
        "CREATE TABLE public.more () INHERITS (log.log_entry)"
    ),
    "table log.log_tag does not survive a crash of the server": "ALTER TABLE log.log_tag SET UNLOGGED",
    "foreign key evil of public.held holds rows of log.ledger_head, which this version gives to nobody": (
        'CREATE TABLE public.held (a text COLLATE "C", CONSTRAINT evil FOREIGN KEY (a) REFERENCES log.ledger_head)'
    ),
    "PUBLIC has SELECT on log.log_entry, which this version gives to nobody": "GRANT SELECT ON log.log_entry TO PUBLIC",
    "fundtrail_auditor has SELECT on log.private_value, which this version gives to nobody": (
        "GRANT SELECT ON log.private_value TO fundtrail_auditor"
    ),
    "fundtrail_app has UPDATE on access.api_key (role), which this version gives to nobody": (
        "GRANT UPDATE (role) ON access.api_key TO fundtrail_app"
    ),
    "function log.refuse_loss(integer) is none of this version's": (
        "CREATE FUNCTION log.refuse_loss(int) RETURNS int LANGUAGE sql AS 'SELECT 1'"
    ),
    "function guard.more() is none of this version's": (
        "CREATE FUNCTION guard.more() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    ),
    "function access.refuse_change is not as this version made it": (
        "ALTER FUNCTION access.refuse_change() SECURITY DEFINER"
    ),
    "table log.private_value has row security, which may hide rows": (
        "CREATE POLICY evil ON log.private_value USING (false)"
    ),
    "table access.api_key inherits, so its rows are another's as well": (
        "CREATE TABLE public.every_key (LIKE access.api_key); ALTER TABLE access.api_key INHERIT public.every_key"
    ),
    "table log.log_checkpoint has triggers or indexes that the server is told not to look for": (
        "UPDATE pg_class SET relhastriggers = false WHERE oid = 'log.log_checkpoint'::regclass"
    ),
    "table log.log_tag belongs to fundtrail_app, to whom this version does not give it": (
        "ALTER TABLE log.log_tag OWNER TO fundtrail_app"
    ),
    "function guard.refuse_dropping() belongs to fundtrail_app, to whom this version does not give it": (
        "ALTER FUNCTION guard.refuse_dropping() OWNER TO fundtrail_app"
    ),
    "table log.more is none of this version's": "CREATE TABLE log.more (a int)",
    "view access.shown is none of this version's": "CREATE VIEW access.shown AS SELECT * FROM access.api_key",
    "type log.kind is none of this version's": "CREATE TYPE log.kind AS ENUM ('x')",
    "column log.log_tile.more is none of this version's": "ALTER TABLE log.log_tile ADD COLUMN more text DEFAULT 'x'",
    "column access.access_record.kind is not as this version made it": (
        "ALTER TABLE access.access_record ALTER COLUMN kind DROP NOT NULL"
    ),
    "constraint log.log_entry.log_entry_pkey is missing": "ALTER TABLE log.log_entry DROP CONSTRAINT log_entry_pkey",
    "constraint access.access_head.access_head_is_one is missing": (
        "ALTER TABLE access.access_head DROP CONSTRAINT access_head_is_one"
    ),
    "constraint log.log_tag.log_tag_pkey is not as this version made it": (
        "ALTER TABLE log.log_tag DROP CONSTRAINT log_tag_pkey, "
        "ADD CONSTRAINT log_tag_pkey PRIMARY KEY (ledger_id, tag, position) DEFERRABLE"
    ),
    "index log.log_entry_event_id is not as this version made it": (
        "DROP INDEX log.log_entry_event_id; CREATE INDEX log_entry_event_id ON log.log_entry (ledger_id, event_id)"
    ),
    "index log.log_entry_sampled_instant is missing": "DROP INDEX log.log_entry_sampled_instant",
    "index access.access_record_kind is not as this version made it": (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'access.access_record_kind'::regclass"
    ),
    "index log.evil is none of this version's": "CREATE INDEX evil ON log.log_entry (entry)",
    "PUBLIC has TEMPORARY on the database, which this version gives to nobody": (
        "DO $do$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database()); END $do$"
    ),
    "PUBLIC has CREATE on the schema public, which this version gives to nobody": (
        "GRANT CREATE ON SCHEMA public TO PUBLIC"
    ),
    "PUBLIC has EXECUTE on function lo_create, which this version gives to nobody": (
        "GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid) TO PUBLIC"
    ),
    "fundtrail_app lacks INSERT on log.log_tag, which this version needs": (
        "REVOKE INSERT ON log.log_tag FROM fundtrail_app"
    ),
    "fundtrail_app lacks UPDATE on log.ledger_head (position), which this version needs": (
        "REVOKE UPDATE (position) ON log.ledger_head FROM fundtrail_app"
    ),
    "fundtrail_auditor lacks SELECT on access.access_head, which this version needs": (
        "REVOKE SELECT ON access.access_head FROM fundtrail_auditor"
    ),
    "fundtrail_projector lacks USAGE on log, which this version needs": (
        "REVOKE USAGE ON SCHEMA log FROM fundtrail_projector"
    ),
    "fundtrail_migrator lacks DELETE on log.private_value, which this version needs": (
        "REVOKE DELETE ON log.private_value FROM fundtrail_migrator"
    ),
    "fundtrail_app lacks SELECT on views.projection_pointer, which this version needs": (
        "REVOKE SELECT ON views.projection_pointer FROM fundtrail_app"
    ),
    "fundtrail_auditor lacks SELECT on what is added to the schema views, which this version needs": (
        "ALTER DEFAULT PRIVILEGES FOR ROLE fundtrail_projector IN SCHEMA views "
        "REVOKE SELECT ON TABLES FROM fundtrail_auditor"
    ),
}
MENDED: Final = ("always enabled", "missing", "as this version made it", "does not give it", "version needs")
TAKEN_BACK: Final = ("PUBLIC has", "fundtrail_")
LEFT: Final = ("column ",)
"""What a table holds in a column is not made anew."""
_KEEPS_THE_WORDS: Final = (
    "DO $do$ DECLARE words text := (SELECT prosrc FROM pg_proc WHERE oid = 'log.refuse_change()'::regprocedure); "
    "kind text; BEGIN FOREACH kind IN ARRAY ARRAY['int', 'text', 'bytea', 'date', 'uuid'] LOOP EXECUTE format("
    "'CREATE FUNCTION log.refuse_change(%s) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS %L', "
    "kind, words); END LOOP; END $do$"
)
"""In functions of the same name that nothing calls, while the one that the triggers call loses them."""
_PARTITIONED: Final = (
    "CREATE TABLE public.part (LIKE log.ledger_receipt INCLUDING ALL)",
    "DROP TABLE log.ledger_receipt",
    "CREATE TABLE log.ledger_receipt (LIKE public.part) PARTITION BY LIST (ledger_id)",
    "ALTER TABLE log.ledger_receipt ATTACH PARTITION public.part DEFAULT",
    "ALTER TABLE public.part OWNER TO fundtrail_app",
    "ALTER TABLE log.ledger_receipt OWNER TO fundtrail_migrator",
    "GRANT SELECT, INSERT ON log.ledger_receipt TO fundtrail_app",
    "GRANT SELECT ON log.ledger_receipt TO fundtrail_projector, fundtrail_auditor",
    "CREATE TRIGGER ledger_receipt_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.ledger_receipt "
    "FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()",
    "ALTER TABLE log.ledger_receipt ENABLE ALWAYS TRIGGER ledger_receipt_append_only",
)
"""The service's role then owns the rows of receipts, outside the schema."""
WITH_EVERY_RIGHT: Final = {
    "function log.refuse_change is not as this version made it": (
        _KEEPS_THE_WORDS,
        "CREATE OR REPLACE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql "
        "SET search_path = pg_catalog AS $$ BEGIN RETURN NULL; END $$",
    ),
    "partitioned table log.ledger_receipt is none of this version's": _PARTITIONED,
}
ON_EVENT_TRIGGERS: Final = {
    "event trigger fundtrail_no_altering is not always enabled": "ALTER EVENT TRIGGER fundtrail_no_altering DISABLE",
    "event trigger fundtrail_no_dropping is missing": "DROP EVENT TRIGGER fundtrail_no_dropping",
    "event trigger fundtrail_no_dropping is not as this version made it": (
        "CREATE OR REPLACE FUNCTION guard.refuse_dropping() RETURNS event_trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN; END $$"
    ),
}
