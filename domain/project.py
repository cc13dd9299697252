"""项目: registered once, amended by dated facts, with statuses that are dated facts too, not a narrow machine."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from domain.boundary import Standing, States, known, later_of, refuse_before_registration, refuse_existing
from domain.command import Command
from domain.errors import StatusNotAllowed, UnknownProject
from domain.event import Effect, ProposedEvent, RecordedEvent, reversed_position
from domain.flow import NO_FLOW, Flow
from domain.shape import Amount, Code, Count, Identifier, Name, Prose, Reference, Year
from domain.unit import known_unit, known_units, unit_key

MAX_REMEMBERED: Final = 64
"""How many amendments, and how many ends, of one project its state remembers: the youngest ones."""


class Recurrence(StrEnum):
    """Whether the project ends or comes again each year."""

    ONE_OFF = "one_off"
    RECURRENT = "recurrent"


class ProjectStatus(StrEnum):
    """What happened to a project on a date."""

    PROPOSED = "proposed"
    REVIEWED = "reviewed"
    IN_LIBRARY = "in_library"
    INITIATED = "initiated"
    FEASIBILITY_APPROVED = "feasibility_approved"
    APPROVED = "approved"
    FUNDED = "funded"
    PROCURED = "procured"
    STARTED = "started"
    UNDER_CONSTRUCTION = "under_construction"
    COMPLETED = "completed"
    PRELIMINARILY_ACCEPTED = "preliminarily_accepted"
    FINALLY_ACCEPTED = "finally_accepted"
    SETTLED = "settled"
    ASSET_REGISTERED = "asset_registered"
    IN_USE = "in_use"
    UPKEEP = "upkeep"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    NOT_CARRIED_OUT = "not_carried_out"
    CANCELLED = "cancelled"
    OUT_OF_USE = "out_of_use"
    DEMOLITION_PLANNED = "demolition_planned"
    DEMOLISHED = "demolished"


END_STATUSES: Final = (ProjectStatus.CANCELLED, ProjectStatus.DEMOLISHED)
"""Nothing may happen to a project on or after the date of one of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRegistered:
    """A project. `represents` is the number of projects behind one printed row of a report."""

    project_id: Identifier
    name: Name
    programme: Name | None = None
    parent_project_id: Identifier | None = None
    category: Code
    recurrence: Recurrence = Recurrence.ONE_OFF
    lead_unit_id: Identifier
    implementing_unit_ids: tuple[Identifier, ...] = ()
    start_year: Year
    end_year: Year | None = None
    planned_amount: Amount | None = None
    total_investment: Amount | None = None
    location: Prose | None = None
    represents: Count = 1


Attribute = str | int | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAmended:
    """New values of some attributes of the registration but `project_id`; None clears an optional one."""

    project_id: Identifier
    changes: dict[str, Attribute]
    reason: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectStatusChanged:
    """One thing that happened to a project."""

    project_id: Identifier
    status: ProjectStatus
    document_no: Reference | None = None
    note_code: Code | None = None


class End(NamedTuple):
    """An unreversed cancellation or demolition."""

    position: int
    effective_date: date


class ProjectState(NamedTuple):
    """Sums of its lines, positions of its unreversed amendments (ascending), and its unreversed ends."""

    registered_on: date | None = None
    live_count: int = 0
    flow: Flow = NO_FLOW
    amendments: tuple[int, ...] = ()
    ends: tuple[End, ...] = ()
    last_on: date | None = None


def project_key(project_id: str) -> str:
    """Boundary key and tag of a project."""
    return "project:" + project_id


def known_project(states: States, project_id: str, pointer: str) -> ProjectState:
    """The project's state, or UnknownProject."""
    return known(states, project_key(project_id), ProjectState, UnknownProject, pointer)


def tags_of_registration(fact: ProjectRegistered) -> tuple[str, ...]:
    """The project, its parent, and each unit named, once each."""
    parent = (project_key(fact.parent_project_id),) if fact.parent_project_id else ()
    units = (unit_key(unit_id) for unit_id in (fact.lead_unit_id, *fact.implementing_unit_ids))
    return tuple(dict.fromkeys((project_key(fact.project_id), *parent, *units)))


def tags_of_amendment(fact: ProjectAmended) -> tuple[str, ...]:
    """The project, and the units and the parent that the changes name, once each."""
    parent_id = _named_parent(fact)
    parent = (project_key(parent_id),) if parent_id else ()
    lead_id = _named_lead(fact)
    lead = (unit_key(lead_id),) if lead_id else ()
    units = (unit_key(unit_id) for unit_id in _named_implementing_units(fact))
    return tuple(dict.fromkeys((project_key(fact.project_id), *parent, *lead, *units)))


def decide_registration(fact: ProjectRegistered, command: Command, states: States) -> ProposedEvent:
    """Registers a project.

    Raises:
        UnknownUnit, UnknownProject (its parent), AlreadyExists, DateBeforeRegistration: in this order.
    """
    units: list[Standing] = [known_unit(states, fact.lead_unit_id, "/lead_unit_id")]
    units += known_units(states, fact.implementing_unit_ids, "/implementing_unit_ids")
    parent_id = fact.parent_project_id
    parents = [known_project(states, parent_id, "/parent_project_id")] if parent_id else []
    refuse_existing(states, project_key(fact.project_id), "/project_id")
    refuse_before_registration(command.effective_date, *units, *parents)
    return ProposedEvent(data=fact, tags=tags_of_registration(fact))


def decide_amendment(fact: ProjectAmended, command: Command, states: States) -> ProposedEvent:
    """Amends a project from the effective date on.

    Raises:
        UnknownProject, UnknownUnit, DateBeforeRegistration: in this order.
    """
    project = known_project(states, fact.project_id, "/project_id")
    named: list[Standing] = []
    if lead_id := _named_lead(fact):
        named.append(known_unit(states, lead_id, "/changes/lead_unit_id"))
    named += known_units(states, _named_implementing_units(fact), "/changes/implementing_unit_ids")
    if parent_id := _named_parent(fact):
        named.append(known_project(states, parent_id, "/changes/parent_project_id"))
    refuse_before_registration(command.effective_date, project, *named)
    return ProposedEvent(data=fact, tags=tags_of_amendment(fact))


def decide_status(fact: ProjectStatusChanged, command: Command, states: States) -> ProposedEvent:
    """Records what happened to a project; any status may follow any other, but nothing follows its end.

    Raises:
        UnknownProject, StatusNotAllowed, DateBeforeRegistration: in this order.
    """
    project = known_project(states, fact.project_id, "/project_id")
    first_end = min((end.effective_date for end in project.ends), default=None)
    if first_end is not None and first_end <= command.effective_date:
        raise StatusNotAllowed("/status", ended_on=first_end.isoformat())
    refuse_before_registration(command.effective_date, project)
    return ProposedEvent(data=fact, tags=(project_key(fact.project_id),))


def evolve(key: str, state: ProjectState | None, effect: Effect) -> ProjectState:
    """The project's state after an event bearing its tag."""
    state = state or ProjectState()
    event, fact, sign, change = effect
    last_on = later_of(state.last_on, event.effective_date)
    if change is not None:
        flow = state.flow.plus(change)
        return ProjectState(state.registered_on, state.live_count + sign, flow, state.amendments, state.ends, last_on)
    state = state._replace(live_count=state.live_count + sign, last_on=last_on)
    if isinstance(fact, ProjectRegistered) and project_key(fact.project_id) == key:
        return state._replace(registered_on=event.effective_date if sign > 0 else None)
    if isinstance(fact, ProjectAmended) and project_key(fact.project_id) == key:
        return state._replace(amendments=_amendments_after(state.amendments, event, sign))
    if isinstance(fact, ProjectStatusChanged) and fact.status in END_STATUSES:
        return state._replace(ends=_ends_after(state.ends, event, sign))
    return state


def _amendments_after(amendments: tuple[int, ...], event: RecordedEvent, sign: int) -> tuple[int, ...]:
    # Only the youngest amendment can be reversed, so taking one away is taking the last one.
    return (*amendments, event.position)[-MAX_REMEMBERED:] if sign > 0 else amendments[:-1]


def _ends_after(ends: tuple[End, ...], event: RecordedEvent, sign: int) -> tuple[End, ...]:
    if sign > 0:
        return (*ends, End(event.position, event.effective_date))[-MAX_REMEMBERED:]
    return tuple(end for end in ends if end.position != reversed_position(event))


def _named_lead(fact: ProjectAmended) -> str | None:
    lead_id = fact.changes.get("lead_unit_id")
    return lead_id if isinstance(lead_id, str) else None


def _named_parent(fact: ProjectAmended) -> str | None:
    parent_id = fact.changes.get("parent_project_id")
    return parent_id if isinstance(parent_id, str) else None


def _named_implementing_units(fact: ProjectAmended) -> tuple[str, ...]:
    unit_ids = fact.changes.get("implementing_unit_ids")
    return unit_ids if isinstance(unit_ids, tuple) else ()
