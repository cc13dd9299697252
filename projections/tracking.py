"""Which generation of each projection is read, and how far each generation has come in each ledger."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    MetaData,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateSchema, DropTable

from projections import shape
from projections.balances import BALANCES
from projections.facts import FACTS
from projections.projection import Projection
from projections.tables import SCHEMA, projection_pointer, projection_position, tracking

PROJECTIONS: Final = (BALANCES, FACTS)
"""The only stored projections."""

VERSION: Final = ".".join(str(each.version) for each in PROJECTIONS)
"""Changes when any stored row would."""

PREPARING: Final = 6_021_023
"""Number of the advisory lock under which one process at a time creates or drops tables."""

_OWNER: Final = text(
    "SELECT quote_ident(rolname) FROM pg_namespace JOIN pg_roles r ON r.oid = nspowner WHERE nspname = :schema "
    "AND rolname <> current_user AND pg_has_role(current_user, r.oid, "
    "CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)"
)
"""Another role that owns the schema of the views, and that this one may take."""

_pointer = projection_pointer.c
_tracker = projection_position.c

_OF_THIS_CODE: Final = tuple_(_pointer.name, _pointer.version).in_([(each.name, each.version) for each in PROJECTIONS])
"""Servers of two releases may run beside each other: each reads, and keeps up, the generations of its own code."""

_REACHED: Final = (
    select(
        _pointer.name,
        _pointer.generation,
        func.coalesce(_tracker.position, 0).label("position"),
        _tracker.stalled_reason,
        _tracker.leaf_hash,
    )
    .select_from(
        projection_pointer.outerjoin(
            projection_position,
            and_(
                _tracker.name == _pointer.name,
                _tracker.generation == _pointer.generation,
                _tracker.ledger_id == bindparam("ledger"),
            ),
        )
    )
    .where(_OF_THIS_CODE)
)

# Made once: a step of a few events spends more time on making its statements than on running them.
_ACTIVE: Final = select(_pointer.name, _pointer.generation).where(_OF_THIS_CODE)
_TRACKERS: Final = (
    select(projection_position)
    .where(tuple_(_tracker.name, _tracker.generation).in_(bindparam("wanted", expanding=True)))
    .order_by(_tracker.ledger_id, _tracker.name)
)
_TRACKERS_OF_LEDGER: Final = _TRACKERS.where(_tracker.ledger_id == bindparam("ledger"))
_WAIT_FOR_TRACKERS: Final = _TRACKERS_OF_LEDGER.with_for_update()
# SQLite has no such clause and needs none: its writers begin with the lock on the whole file.
_FREE_TRACKERS: Final = _TRACKERS_OF_LEDGER.with_for_update(skip_locked=True)
_ADVANCE: Final = (
    update(projection_position)
    .where(
        _tracker.name == bindparam("of_name"),
        _tracker.generation == bindparam("of_generation"),
        _tracker.ledger_id == bindparam("ledger"),
    )
    .values(position=bindparam("reached"), stalled_reason=bindparam("reason"), leaf_hash=bindparam("reached_leaf_hash"))
)


Generations = Mapping[str, int]
"""One generation of each of some projections, by name."""


class Tracker(NamedTuple):
    """How far one generation of a projection has come in a ledger; `stalled_reason` is None while it moves.

    `leaf_hash` is that of the entry at the position; None at 0.
    """

    name: str
    generation: int
    position: int = 0
    stalled_reason: str | None = None
    leaf_hash: bytes | None = None


Trackers = Mapping[str, list[Tracker]]
"""By ledger id."""


def prepare(connection: Connection) -> None:
    """Creates what is missing, retries what had stalled, and drops generations that are no longer read.

    A projection whose code has a version that no generation was made by gets a new one, empty: it starts from the
    beginning. The generation of an older version stays until the new one has come as far.
    """
    wait_to_change_tables(connection)
    # IF NOT EXISTS would ask for the right to create it even where it exists.
    if connection.dialect.name == "postgresql" and not inspect(connection).has_schema(SCHEMA):
        connection.execute(CreateSchema(SCHEMA))
    _drop_altered(connection)
    tracking.create_all(connection)
    found = active(connection)
    for each in PROJECTIONS:
        if each.name not in found:
            point_to(connection, each, create_generation(connection, each))
        drop_older(connection, each)
        _drop_older_versions(connection, each)
    stalled = _tracker.stalled_reason.is_not(None)
    connection.execute(update(projection_position).where(stalled).values(stalled_reason=None))


def may_change(connection: Connection) -> bool:
    """Whether the connection's role may create the tables of the views."""
    if connection.dialect.name != "postgresql":
        return True
    if not inspect(connection).has_schema(SCHEMA):
        return bool(connection.scalar(text("SELECT has_database_privilege(current_database(), 'CREATE')")))
    return bool(connection.scalar(text("SELECT has_schema_privilege(:schema, 'CREATE')"), {"schema": SCHEMA}))


def is_prepared(connection: Connection) -> bool:
    """Whether each projection of this code has a generation to read."""
    schema = SCHEMA if connection.dialect.name == "postgresql" else None
    if not inspect(connection).has_table(projection_pointer.name, schema=schema):
        return False
    return active(connection).keys() >= {each.name for each in PROJECTIONS}


def wait_to_change_tables(connection: Connection) -> None:
    """Waits until no other process creates or drops tables. On SQLite the transaction itself began with that lock.

    On PostgreSQL it then acts as the role that owns the schema, where it may: whoever makes a table of the views, all
    who keep them up can drop it.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PREPARING})
        owner = connection.scalar(_OWNER, {"schema": SCHEMA})
        if owner is not None:
            connection.execute(text(f"SET LOCAL ROLE {owner}"))


def altered(connection: Connection) -> list[str]:
    """What of the views is missing or not as this code makes it, each in words; of the generations that are read."""
    return shape.differences(connection, tracking.sorted_tables) or shape.differences(
        connection,
        [
            table
            for each in PROJECTIONS
            for generation in [active(connection).get(each.name)]
            if generation is not None
            for table in each.tables(generation)
        ],
    )


def _drop_altered(connection: Connection) -> None:
    """Views are made anew that are from before each version of the code had a pointer of its own, or were altered."""
    schema = SCHEMA if connection.dialect.name == "postgresql" else None
    names = inspect(connection).get_table_names(schema=schema)
    if "projection" in names or altered(connection):
        _drop(connection, names)


def _drop_older_versions(connection: Connection, of: Projection) -> None:
    """Drops the generations of older code, unless they are ahead: then servers may still read them."""
    own = pointer(connection, of)
    pointers = select(_pointer.version, _pointer.generation, _pointer.table_names)
    for version, generation, table_names in connection.execute(
        pointers.where(_pointer.name == of.name, _pointer.version < of.version)
    ).all():
        if _is_ahead(connection, of.name, generation, own):
            continue
        _drop(connection, table_names.split())
        connection.execute(delete(projection_pointer).where(_pointer.name == of.name, _pointer.version == version))
        connection.execute(
            delete(projection_position).where(_tracker.name == of.name, _tracker.generation == generation)
        )


def _is_ahead(connection: Connection, name: str, generation: int, than: int) -> bool:
    """Whether one generation of a projection has come further than another in any ledger."""
    positions: dict[int, dict[str, int]] = {generation: {}, than: {}}
    for row in connection.execute(_TRACKERS, {"wanted": [(name, each) for each in positions]}):
        positions[row.generation][row.ledger_id] = row.position
    return any(position > positions[than].get(ledger_id, 0) for ledger_id, position in positions[generation].items())


def _drop(connection: Connection, table_names: Iterable[str]) -> None:
    """Drops what is there of them. Whoever keeps the views wrote the names: each is quoted, and can be only a name."""
    for name in table_names:
        connection.execute(DropTable(Table(name, MetaData(schema=SCHEMA)), if_exists=True))


def begin_again(connection: Connection, ledger_id: str, tracker: Tracker) -> None:
    """Removes the rows of one generation of a ledger: it starts from the beginning."""
    [of] = [each for each in PROJECTIONS if each.name == tracker.name]
    for table in of.tables(tracker.generation):
        connection.execute(delete(table).where(table.c.ledger_id == ledger_id))
    advance(connection, ledger_id, Tracker(tracker.name, tracker.generation))


def active(connection: Connection) -> dict[str, int]:
    """The generation that readers use, by projection name."""
    return {row.name: row.generation for row in connection.execute(_ACTIVE)}


def reached(connection: Connection, ledger_id: str, wanted: Iterable[Projection]) -> list[Tracker]:
    """How far the generations that readers use have come in a ledger, in the order wanted; 0 where none has begun."""
    found = {row.name: _tracker_of(row) for row in connection.execute(_REACHED, {"ledger": ledger_id})}
    return [found.get(each.name, Tracker(each.name, 0)) for each in wanted]


def trackers(connection: Connection, generations: Generations, ledger_id: str | None = None) -> Trackers:
    """How far the generations have come in each ledger they began, or in the one, each list by name."""
    statement = _TRACKERS if ledger_id is None else _TRACKERS_OF_LEDGER
    values = {"wanted": list(generations.items())} | ({} if ledger_id is None else {"ledger": ledger_id})
    found: dict[str, list[Tracker]] = {}
    for row in connection.execute(statement, values):
        found.setdefault(row.ledger_id, []).append(_tracker_of(row))
    return found


def lock(connection: Connection, ledger_id: str, generations: Generations) -> list[Tracker]:
    """Those of the trackers of a ledger that nobody else holds, locked until the end of the transaction."""
    found = _of_ledger(connection, _FREE_TRACKERS, ledger_id, generations)
    if len(found) < len(generations):
        begin(connection, ledger_id, generations)
        found = _of_ledger(connection, _FREE_TRACKERS, ledger_id, generations)
    return found


def wait_for_lock(connection: Connection, ledger_id: str, generations: Generations) -> list[Tracker]:
    """The trackers of a ledger, locked until the end of the transaction, once nobody else holds them."""
    return _of_ledger(connection, _WAIT_FOR_TRACKERS, ledger_id, generations)


def begin(connection: Connection, ledger_id: str, generations: Generations) -> None:
    """Tracks the generations in the ledger from position 0, where they are not yet tracked."""
    rows = [
        {"name": name, "generation": generation, "ledger_id": ledger_id, "position": 0}
        for name, generation in generations.items()
    ]
    new = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(new(projection_position).on_conflict_do_nothing(), rows)


def advance(connection: Connection, ledger_id: str, tracker: Tracker) -> None:
    """Records how far a generation has come, and why it does not move on."""
    values = {
        "of_name": tracker.name,
        "of_generation": tracker.generation,
        "ledger": ledger_id,
        "reached": tracker.position,
        "reason": tracker.stalled_reason,
        "reached_leaf_hash": tracker.leaf_hash,
    }
    connection.execute(_ADVANCE, values)


def _of_ledger(
    connection: Connection, statement: Select[Any], ledger_id: str, generations: Generations
) -> list[Tracker]:
    values = {"wanted": list(generations.items()), "ledger": ledger_id}
    return [_tracker_of(row) for row in connection.execute(statement, values)]


def _tracker_of(row: Any) -> Tracker:
    return Tracker(row.name, row.generation, row.position, row.stalled_reason, row.leaf_hash)


def pointer(connection: Connection, of: Projection) -> int:
    """The generation that readers use of one projection."""
    statement = select(_pointer.generation).where(_pointer.name == of.name, _pointer.version == of.version)
    generation: int = connection.execute(statement).scalar_one()
    return generation


def create_generation(connection: Connection, of: Projection) -> int:
    """A new, empty generation, numbered above every other of the projection."""
    pointed = select(_pointer.generation).where(_pointer.name == of.name)
    tracked = select(_tracker.generation).where(_tracker.name == of.name)
    highest = connection.scalar(select(func.max(pointed.union(tracked).subquery().c.generation)))
    generation = (highest or 0) + 1
    for table in of.tables(generation):
        table.create(connection, checkfirst=True)
    return generation


def point_to(connection: Connection, to: Projection, generation: int) -> None:
    """Lets readers use a generation from now on."""
    own = (_pointer.name == to.name, _pointer.version == to.version)
    table_names = " ".join(table.name for table in to.tables(generation))
    values = {"generation": generation, "table_names": table_names}
    if not connection.execute(update(projection_pointer).where(*own).values(values)).rowcount:
        connection.execute(insert(projection_pointer).values(name=to.name, version=to.version, **values))


def drop_older(connection: Connection, of: Projection) -> None:
    """Drops what lies below the generation that is read: no reader has begun on it since the switch."""
    _drop_generations(connection, of, _tracker.generation < pointer(connection, of))


def drop_unread(connection: Connection, of: Projection) -> None:
    """Drops what no version of the code reads, also what a killed rebuild left; while no rebuild is running."""
    _drop_generations(connection, of, true())


def _drop_generations(connection: Connection, of: Projection, which: ColumnElement[bool]) -> None:
    pointed = select(_pointer.generation).where(_pointer.name == of.name)
    unread = and_(_tracker.name == of.name, _tracker.generation.not_in(pointed), which)
    for generation in connection.scalars(select(_tracker.generation).where(unread).distinct()).all():
        for table in of.tables(generation):
            table.drop(connection, checkfirst=True)
    connection.execute(delete(projection_position).where(unread))
