"""单位 as registered."""

from collections.abc import Iterable

from domain.boundary import Kind
from domain.unit import UnitKind, unit_key
from projections.rows import UnitRow
from projections.scope import Scope
from projections.things import Thing, every_thing, some_things


def rows(scope: Scope, unit_ids: Iterable[str] | None) -> list[UnitRow]:
    """The units of the ids that exist, by id; with None every unit."""
    found = every_thing(scope, Kind.UNIT) if unit_ids is None else some_things(scope, map(unit_key, unit_ids))
    return [_row(thing) for thing in found.values() if thing.exists]


def _row(thing: Thing) -> UnitRow:
    values = thing.attributes
    return UnitRow(
        unit_id=values["unit_id"],
        name=values["name"],
        kind=UnitKind(values["kind"]),
        parent_unit_id=values["parent_unit_id"],
    )
