"""Which pages a caller may open: the one place that knows what each asks for, so that no link leads to a refusal.

The interface decides, whatever stands here. A test follows every link of every page for every kind of caller.
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

_BY_NAME: Final = {each.name: each for each in COMMANDS}
_OF_LINES: Final = frozenset({"line_id", "event_id"})


def may_open(caller: Principal, ledger_id: str, path: str) -> bool:
    """Whether the page at a path below the ledger would be shown to the caller."""
    first, _, second = path.partition("/")
    if first == RECORD and second:
        return second in _BY_NAME and may_give(caller, ledger_id, _BY_NAME[second])
    return caller.may(_RIGHTS.get(path) or _RIGHTS.get(first, Right.READ), ledger_id)


def may_give(caller: Principal, ledger_id: str, command_type: CommandType) -> bool:
    """Whether the interface would hear the caller out; a grant limited to units is for lines alone."""
    right = ROUTES[command_type.name]
    if not isinstance(right, Right) or not caller.may(right, ledger_id):
        return False
    is_limited = caller.units(Right.RECORD, ledger_id) is not None
    return not is_limited or bool(_OF_LINES & {each.name for each in fields(command_type.body)})
