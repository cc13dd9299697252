"""单位: finance bureaus, departments, towns, villages and enterprises that hold or spend money."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from domain.boundary import States, known, later_of, refuse_before_registration, refuse_existing
from domain.command import Command
from domain.errors import UnknownUnit
from domain.event import Effect, ProposedEvent
from domain.shape import Identifier, Name


class UnitKind(StrEnum):
    """What sort of body a unit is."""

    FINANCE = "finance"
    DEPARTMENT = "department"
    TOWN = "town"
    VILLAGE = "village"
    ENTERPRISE = "enterprise"
    THIRD_PARTY = "third_party"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRegistered:
    """A unit and, if it has one, its parent."""

    unit_id: Identifier
    name: Name
    kind: UnitKind
    parent_unit_id: Identifier | None = None


class UnitState(NamedTuple):
    """A unit's standing; nothing else of it limits a command."""

    registered_on: date | None = None
    live_count: int = 0
    last_on: date | None = None


def unit_key(unit_id: str) -> str:
    """Boundary key and tag of a unit."""
    return "unit:" + unit_id


def known_unit(states: States, unit_id: str, pointer: str) -> UnitState:
    """The unit's state, or UnknownUnit."""
    return known(states, unit_key(unit_id), UnitState, UnknownUnit, pointer)


def known_units(states: States, unit_ids: tuple[str, ...], pointer: str) -> list[UnitState]:
    """The states of all the units, or UnknownUnit at the first one missing."""
    return [known_unit(states, unit_id, f"{pointer}/{index}") for index, unit_id in enumerate(unit_ids)]


def tags_of_registration(fact: UnitRegistered) -> tuple[str, ...]:
    """The unit and its parent."""
    parent = (unit_key(fact.parent_unit_id),) if fact.parent_unit_id else ()
    return (unit_key(fact.unit_id), *parent)


def decide_registration(fact: UnitRegistered, command: Command, states: States) -> ProposedEvent:
    """Registers a unit.

    Raises:
        UnknownUnit, AlreadyExists, DateBeforeRegistration: in this order.
    """
    parents = [known_unit(states, fact.parent_unit_id, "/parent_unit_id")] if fact.parent_unit_id else []
    refuse_existing(states, unit_key(fact.unit_id), "/unit_id")
    refuse_before_registration(command.effective_date, *parents)
    return ProposedEvent(data=fact, tags=tags_of_registration(fact))


def evolve(key: str, state: UnitState | None, effect: Effect) -> UnitState:
    """The unit's state after an event bearing its tag."""
    state = state or UnitState()
    event, fact, sign, _ = effect
    registered_on = state.registered_on
    if isinstance(fact, UnitRegistered) and unit_key(fact.unit_id) == key:
        registered_on = event.effective_date if sign > 0 else None
    return UnitState(registered_on, state.live_count + sign, later_of(state.last_on, event.effective_date))
