"""What a reader must not overlook in the figures of a line or a project. The list is closed."""

from collections.abc import Collection, Iterable
from typing import Final

from domain.flow import Flow
from domain.project import ProjectStatus
from projections.facts import MarkKind
from projections.rows import Flag
from projections.status import Passed

_ORDER: Final = tuple(Flag)
_OF_MARK: Final = {
    MarkKind.LATE: Flag.LATE_ENTRY,
    MarkKind.REVERSAL: Flag.REVERSED_FACTS,
    MarkKind.ASSUMED: Flag.ASSUMED_FACTS,
}


def in_order(flags: Collection[Flag]) -> tuple[Flag, ...]:
    """The flags, once each, in the order of the closed list."""
    return tuple(flag for flag in _ORDER if flag in flags) if flags else ()


def of_account(flow: Flow, marks: Iterable[MarkKind]) -> list[Flag]:
    """What the sums and the marks of a line or a project say."""
    flags = [_OF_MARK[mark] for mark in marks]
    if flow.overrun_count > 0:
        flags.append(Flag.OVERRUN)
    if flow.available < 0:
        flags.append(Flag.NEGATIVE_AVAILABLE)
    if flow.disbursed > 0 and flow.adjusted == 0:
        flags.append(Flag.SPENDING_WITHOUT_BUDGET)
    return flags


def of_order(passed: Iterable[Passed]) -> list[Flag]:
    """What the order of a project's statuses says; two of the same day are in order."""
    first: dict[ProjectStatus, int] = {}
    for each in passed:
        first.setdefault(each.status, each.day)
    used, accepted = first.get(ProjectStatus.IN_USE), first.get(ProjectStatus.FINALLY_ACCEPTED)
    started, approved = first.get(ProjectStatus.STARTED), first.get(ProjectStatus.APPROVED)
    flags = []
    if used is not None and (accepted is None or used < accepted):
        flags.append(Flag.USED_BEFORE_ACCEPTANCE)
    if started is not None and approved is not None and started < approved:
        flags.append(Flag.STARTED_BEFORE_APPROVAL)
    return flags
