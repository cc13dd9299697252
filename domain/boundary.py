"""Boundaries: the keys under which the rules look at a ledger, and what is common to their states.

A key is `kind:id`. All but `event:` keys are also the tags of events.
"""

from datetime import date
from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar

from domain.errors import AlreadyExists, DateBeforeRegistration, Unknown


class Kind(StrEnum):
    """The closed list of boundary kinds."""

    LEDGER = "ledger"
    UNIT = "unit"
    APPROPRIATION = "appropriation"
    PROJECT = "project"
    LINE = "line"
    VOUCHER = "voucher"
    EVALUATION = "evaluation"
    PROGRAMME = "programme"
    EVENT = "event"


class States(Protocol):
    """State by boundary key; a dict is one. Each reader names the type it expects."""

    def get(self, key: str, /) -> Any:
        """The state of a boundary; None where nothing was recorded under the key."""


class Standing(Protocol):
    """What the state of every registered thing has."""

    @property
    def registered_on(self) -> date | None:
        """The registration's effective date; None once it is reversed."""

    @property
    def live_count(self) -> int:
        """The number of events bearing the tag that are neither reversals nor reversed."""

    @property
    def last_on(self) -> date | None:
        """The latest effective date of any event that bore the tag, reversals and reversed ones too."""


def key_of(kind: Kind, identifier: str) -> str:
    """The boundary key (and tag) of a thing."""
    return f"{kind.value}:{identifier}"


def event_key(event_id: str) -> str:
    """The boundary key of a recorded event; it is never a tag."""
    return "event:" + event_id


def kind_of(key: str) -> Kind:
    """The kind of a boundary key."""
    return _KINDS[key.partition(":")[0]]


_KINDS: Final = {kind.value: kind for kind in Kind}
StandingT = TypeVar("StandingT", bound=Standing)


def known(states: States, key: str, expected: type[StandingT], unknown: type[Unknown], pointer: str) -> StandingT:
    """The state of a thing that must be registered.

    Raises:
        Unknown: the given class, when it never was or its registration is reversed.
    """
    state = states.get(key)
    if not isinstance(state, expected) or state.registered_on is None:
        raise unknown(pointer)
    return state


def later_of(last_on: date | None, day: date) -> date:
    """The later of two effective dates; the first is None before the first event."""
    return day if last_on is None or day > last_on else last_on


def refuse_existing(states: States, key: str, pointer: str) -> None:
    """Refuses an id that was ever registered.

    Raises:
        AlreadyExists: also when the registration is reversed: a reversed id stays used.
    """
    if states.get(key) is not None:
        raise AlreadyExists(pointer)


def refuse_before_registration(effective_date: date, *things: Standing) -> None:
    """Refuses a fact dated before one of the things it names.

    Raises:
        DateBeforeRegistration: with the latest registration date among them.
    """
    later = [day for thing in things if (day := thing.registered_on) is not None and effective_date < day]
    if later:
        raise DateBeforeRegistration("/effective_date", registered_on=max(later).isoformat())
