"""What happened to a project, and the status that follows from it."""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from domain.project import ProjectStatus
from projections.facts import FactKind
from projections.things import Thing

_SUSPENDED: Final = ProjectStatus.SUSPENDED.value
_RESUMED: Final = ProjectStatus.RESUMED.value


class Passed(NamedTuple):
    """One status a project was given, the day it holds from, and the position of the fact."""

    status: str
    day: int
    position: int

    @property
    def effective_date(self) -> date:
        """The day as a date."""
        return date.fromordinal(self.day)


def passed_by(thing: Thing) -> list[Passed]:
    """All that happened to the project, by (effective date, position)."""
    return [Passed(fact.text, fact.day, fact.position) for fact in thing.of(FactKind.STATUS)]


def current(passed: Iterable[Passed]) -> Passed | None:
    """The latest one; if it is a `resumed` that ends a suspension, with the status before that one, if any, instead."""
    shown: Passed | None = None
    before_suspension: str | None = None
    for each in passed:
        if each.status == _SUSPENDED:
            if shown and shown.status != _SUSPENDED:
                before_suspension = shown.status
        elif each.status != _RESUMED:
            # It ended the suspension, or came after: a later `resumed` without another one brings nothing back.
            before_suspension = None
        shown = each
        if each.status == _RESUMED and before_suspension:
            shown = each._replace(status=before_suspension)
    return shown
