"""What a reader must not overlook in the figures of a line or a project. The list is closed."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from domain.flow import Flow
from domain.project import ProjectStatus
from projections.rows import Flag

# Looking up a member of an enumeration, or hashing one, is slow enough to be felt in a list of thousands.
_ORDER: Final = tuple(Flag)
_OVERRUN: Final = Flag.OVERRUN
_ASSUMED: Final = Flag.ASSUMED_FACTS
_NEGATIVE_AVAILABLE: Final = Flag.NEGATIVE_AVAILABLE
_SPENDING_WITHOUT_BUDGET: Final = Flag.SPENDING_WITHOUT_BUDGET
_USED, _ACCEPTED = ProjectStatus.IN_USE.value, ProjectStatus.FINALLY_ACCEPTED.value
_STARTED, _APPROVED = ProjectStatus.STARTED.value, ProjectStatus.APPROVED.value


def in_order(flags: Collection[Flag]) -> tuple[Flag, ...]:
    """The flags, once each, in the order of the closed list."""
    return tuple([flag for flag in _ORDER if flag in flags]) if flags else ()


def of_account(flow: Flow, marks: Iterable[Flag], *, is_assumed: bool) -> list[Flag]:
    """What the sums and the marks of a line or a project say."""
    flags = [*marks, _ASSUMED] if is_assumed else list(marks)
    if flow.overrun_count > 0:
        flags.append(_OVERRUN)
    if flow.available < 0:
        flags.append(_NEGATIVE_AVAILABLE)
    if flow.disbursed > 0 and flow.adjusted == 0:
        flags.append(_SPENDING_WITHOUT_BUDGET)
    return flags


def of_order(first: Mapping[str, int]) -> list[Flag]:
    """What the first days of a project's statuses say; two of the same day are in order."""
    used, accepted = first.get(_USED), first.get(_ACCEPTED)
    started, approved = first.get(_STARTED), first.get(_APPROVED)
    flags = []
    if used is not None and (accepted is None or used < accepted):
        flags.append(Flag.USED_BEFORE_ACCEPTANCE)
    if started is not None and approved is not None and started < approved:
        flags.append(Flag.STARTED_BEFORE_APPROVAL)
    return flags
