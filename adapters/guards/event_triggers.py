"""Event triggers of PostgreSQL: nobody drops or alters what is in the schemas of the log and of access.

Nor does anybody put into the schema of the views what could run.

Only a superuser makes them, and only he takes them down, by statements that the server can log. `fundtrail migrate`
does so while it runs its steps, in their transaction.
"""

from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, text

from adapters.guards import postgresql_access, postgresql_log
from adapters.guards.guard import FUNCTION_PATH, Function, Problem, put_up_function
from adapters.guards.postgresql_views import NOT_PLAIN
from adapters.guards.rights import TOO_MUCH

SCHEMAS: Final = ("log", "access")
OWN_SCHEMA: Final = "guard"
"""Of their functions: who owns the log could drop what lies in its schema, with all that rests on it."""
_KEPT: Final = (
    "log.ledger_head",
    "log.log_entry",
    "log.log_tag",
    "log.log_tile",
    "log.log_checkpoint",
    "log.log_cosignature",
    "log.ledger_receipt",
    "log.private_value",
    "log.boundary_state",
    "access.access_record",
    "access.access_head",
    "access.access_beginning",
    "access.api_key",
    "access.setup_token",
    "access.deployment_secret",
    "access.pseudonym",
    "log.alembic_version",
    "access.alembic_version",
)
"""Tables that must be where they are after each statement that alters something: who moves one into another schema does
not touch ours any more when the trigger looks."""
_FUNCTIONS: Final = tuple(each.name for each in (*postgresql_log.FUNCTIONS, *postgresql_access.FUNCTIONS))
"""And the functions of the triggers on them."""


class EventTrigger(NamedTuple):
    """An event trigger, always enabled, and the function that it runs."""

    name: str
    event: str
    function: Function


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


# Every name in the texts is ours.
_ALTERING: Final = Function(
    f"{OWN_SCHEMA}.refuse_altering",
    f"""
    DECLARE command record;
    BEGIN
        FOR command IN
            SELECT c.command_tag, c.object_identity FROM pg_event_trigger_ddl_commands() c,
                LATERAL pg_identify_object_as_address(c.classid, c.objid, c.objsubid) a
            WHERE a.object_names[1] IN ({_quoted(SCHEMAS)}) AND c.command_tag <> 'REINDEX'
        LOOP
            RAISE EXCEPTION '% of % is refused: only `fundtrail migrate` of a superuser does that',
                command.command_tag, command.object_identity;
        END LOOP;
        IF TG_TAG LIKE 'ALTER %' AND {len(_KEPT)} <> (
            SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname || '.' || c.relname IN ({_quoted(_KEPT)}))
        THEN RAISE EXCEPTION '% of a table of the log is refused', TG_TAG; END IF;
        IF TG_TAG LIKE 'ALTER %' AND {len(_FUNCTIONS)} <> (
            SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE p.pronargs = 0 AND n.nspname || '.' || p.proname IN ({_quoted(_FUNCTIONS)}))
        THEN RAISE EXCEPTION '% of a function that guards the log is refused', TG_TAG; END IF;
        IF EXISTS (
            SELECT 1 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent
                JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname IN ({_quoted(SCHEMAS)}))
        THEN RAISE EXCEPTION 'a table that inherits one of the log would add rows to it: refused'; END IF;
        IF EXISTS ({NOT_PLAIN})
        THEN RAISE EXCEPTION '% is refused: the schema of the views holds tables of plain rows alone', TG_TAG; END IF;
        IF EXISTS ({TOO_MUCH})
        THEN RAISE EXCEPTION '% is refused: somebody would have a hold on the log that is given to nobody', TG_TAG;
        END IF;
    END
    """,  # noqa: S608 (see above)
)
_DROPPING: Final = Function(
    f"{OWN_SCHEMA}.refuse_dropping",
    f"""
    DECLARE dropped record;
    BEGIN
        FOR dropped IN
            SELECT d.object_type, d.object_identity FROM pg_event_trigger_dropped_objects() d
            WHERE d.address_names[1] IN ({_quoted(SCHEMAS)}) AND d.object_type NOT LIKE 'publication%'
        LOOP
            RAISE EXCEPTION 'dropping % % is refused: only `fundtrail migrate` of a superuser does that',
                dropped.object_type, dropped.object_identity;
        END LOOP;
    END
    """,  # noqa: S608 (see above)
)
EVENT_TRIGGERS: Final = (
    EventTrigger("fundtrail_no_altering", "ddl_command_end", _ALTERING),
    EventTrigger("fundtrail_no_dropping", "sql_drop", _DROPPING),
)
"""They belong to the superuser who made them: they run with the rights of whoever changes something."""


def is_superuser(connection: Connection) -> bool:
    """Whether the role of the connection may make event triggers."""
    return bool(connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")))


def take_down(connection: Connection) -> None:
    """Until `put_up` in the same transaction; the role is a superuser."""
    for each in EVENT_TRIGGERS:
        connection.execute(text(f"DROP EVENT TRIGGER IF EXISTS {each.name}"))


def put_up(connection: Connection) -> None:
    """Makes them anew; the role is a superuser."""
    take_down(connection)
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {OWN_SCHEMA}"))
    connection.execute(text(f"ALTER SCHEMA {OWN_SCHEMA} OWNER TO CURRENT_USER"))
    for each in EVENT_TRIGGERS:
        put_up_function(connection, each.function, "event_trigger")
        connection.execute(text(f"ALTER FUNCTION {each.function.name}() OWNER TO CURRENT_USER"))
    for each in EVENT_TRIGGERS:
        connection.execute(
            text(f"CREATE EVENT TRIGGER {each.name} ON {each.event} EXECUTE FUNCTION {each.function.name}()")
        )
        connection.execute(text(f"ALTER EVENT TRIGGER {each.name} ENABLE ALWAYS"))


def are_missing(connection: Connection) -> bool:
    """Whether none is there, as after a migration without a superuser."""
    names = [each.name for each in EVENT_TRIGGERS]
    found = text("SELECT count(*) FROM pg_event_trigger WHERE evtname = ANY(:names)")
    return not connection.scalar(found, {"names": names})


_FOUND: Final = text(
    "SELECT e.evtname, e.evtevent, e.evtenabled::text AS enabled, e.evttags, p.oid::regprocedure::text AS signature, "
    "p.prosrc, p.proconfig, l.lanname, p.prosecdef FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid "
    "JOIN pg_language l ON l.oid = p.prolang WHERE e.evtname = ANY(:names)"
)
_CONFIGURATION: Final = [f"search_path={FUNCTION_PATH}"]
_STRANGE: Final = text(
    "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = to_regnamespace(:schema) "
    "AND p.oid::regprocedure::text <> ALL(:own)"
)


_SETTINGS: Final = text(
    "SELECT coalesce(d.datname, 'every database') || coalesce(' for ' || r.rolname, '') AS of_what, setting "
    "FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase LEFT JOIN pg_roles r ON r.oid = setrole, "
    "unnest(setconfig) setting "
    "WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) "
    "AND setting LIKE 'event\\_triggers=%'"
)
"""From version 17 on a setting takes all event triggers out of force, however they are enabled."""
_IN_FORCE: Final = ("on", "true", "yes", "1")


def problems(connection: Connection) -> list[Problem]:
    """What is wrong with them, where there ever were any: whoever takes them down may leave their schema."""
    found = {row.evtname: row for row in connection.execute(_FOUND, {"names": [e.name for e in EVENT_TRIGGERS]})}
    if not found and not were_made(connection):
        return []
    wrong = []
    for each in EVENT_TRIGGERS:
        row = found.get(each.name)
        if row is None:
            wrong.append(Problem(each.name, f"event trigger {each.name} is missing"))
        elif _as_found(row) != _as_made(each):
            wrong.append(Problem(each.name, f"event trigger {each.name} is not as this version made it"))
        elif row.enabled != "A":
            wrong.append(Problem(each.name, f"event trigger {each.name} is not always enabled"))
    own = [f"{each.function.name}()" for each in EVENT_TRIGGERS]
    strange = connection.scalars(_STRANGE, {"schema": OWN_SCHEMA, "own": own})
    wrong += [Problem(each, f"function {each} is none of this version's") for each in strange]
    return [*wrong, *_switched_off(connection)]


def _switched_off(connection: Connection) -> list[Problem]:
    """One problem for each place whose setting keeps them from working: of the server, a database or a role."""
    places = [("the server", connection.scalar(text("SELECT current_setting('event_triggers', true)")) or "on")]
    places += [(row.of_what, row.setting.partition("=")[2]) for row in connection.execute(_SETTINGS)]
    return [
        Problem("event_triggers", f"event triggers are switched off by the setting event_triggers of {place}")
        for place, value in places
        if value.lower() not in _IN_FORCE
    ]


def _as_made(each: EventTrigger) -> tuple[object, ...]:
    return each.event, None, f"{each.function.name}()", each.function.body, _CONFIGURATION, "plpgsql", False


def _as_found(row: Row[Any]) -> tuple[object, ...]:
    return row.evtevent, row.evttags, row.signature, row.prosrc, row.proconfig, row.lanname, row.prosecdef


def were_made(connection: Connection) -> bool:
    """Whether a superuser has migrated this database: the schema of their functions is made with them."""
    statement = text("SELECT count(*) FROM pg_namespace WHERE nspname = :name")
    return bool(connection.scalar(statement, {"name": OWN_SCHEMA}))
