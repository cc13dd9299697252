"""单位 as registered."""

from domain.boundary import Kind
from domain.unit import UnitKind
from projections.rows import UnitRow
from projections.scope import Scope
from projections.things import Thing, every_thing


def rows(scope: Scope) -> list[UnitRow]:
    """Every unit, by id."""
    return [_row(thing) for thing in every_thing(scope, Kind.UNIT).values() if thing.exists]


def _row(thing: Thing) -> UnitRow:
    values = thing.attributes
    return UnitRow(
        unit_id=values["unit_id"],
        name=values["name"],
        kind=UnitKind(values["kind"]),
        parent_unit_id=values["parent_unit_id"],
    )
