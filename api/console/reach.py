"""What a caller may open and what may be asked for it: the one place that knows, so that no link leads to a refusal.

What the interface would refuse is not asked for either: the access log would say that the caller tried. The interface
decides, whatever stands here. A test follows every link of every page for every kind of caller, and finds no denial.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from api.guard import ROUTES
from domain.access import Principal, Right
from domain.registry import COMMANDS, CommandType

RECORD: Final = "record"

_RIGHTS: Final[Mapping[str, Right]] = {
    "lines": Right.READ_LINES,
    "units": Right.READ_LINES,
    "reports": Right.READ_LINES,
    "reports/budget-lines": Right.READ,
    "reports/payments": Right.READ,
    "reports/self-evaluation": Right.READ,
    RECORD: Right.RECORD,
    "import": Right.RECORD,
    "refusals": Right.READ_ACCESS_LOG,
    "access-log": Right.READ_ACCESS_LOG,
}
"""By the beginning of the path below the ledger, the longer one first; what is not named shows whole things."""

_EVENTS: Final = "events"
"""One of them takes less than their list: who is limited to units opens those of its own lines."""

_BY_NAME: Final = {each.name: each for each in COMMANDS}
_OF_LINES: Final = frozenset({"line_id", "event_id"})


def may_open(caller: Principal, ledger_id: str, path: str) -> bool:
    """Whether the page at a path below the ledger would be shown to the caller."""
    first, _, second = path.partition("/")
    if first == RECORD and second:
        return second in _BY_NAME and may_give(caller, ledger_id, _BY_NAME[second])
    if first == _EVENTS and second:
        return may_ask(caller, ledger_id, "event")
    return caller.may(_RIGHTS.get(path) or _RIGHTS.get(first, Right.READ), ledger_id)


def may_ask(caller: Principal, ledger_id: str, route: str) -> bool:
    """Whether the interface lets the caller in to the route of that name, be it for some lines alone."""
    needed = ROUTES[route]
    return not isinstance(needed, Right) or caller.may(needed, ledger_id)


def may_give(caller: Principal, ledger_id: str, command_type: CommandType) -> bool:
    """Whether the interface would hear the caller out; a grant limited to units is for lines alone."""
    if not may_ask(caller, ledger_id, command_type.name):
        return False
    is_limited = caller.units(Right.RECORD, ledger_id) is not None
    return not is_limited or bool(_OF_LINES & {each.name for each in fields(command_type.body)})
