"""What a command would change: the sums of its line before and after, for who looks before it is recorded.

Worked out from what the interface tells now and from the one rule of how facts move money; the interface decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.console.asked import Asked
from api.console.figures import hundredths_of
from api.console.forms.choices import one_now
from api.console.texts import mark as _
from api.schemas.commands import to_command
from api.schemas.fields import model_of
from domain.budget_line import ReturnDisbursement
from domain.command import Command
from domain.flow import MONEY_FACTS, NO_FLOW, DisbursementReturned, Flow, flow_of
from domain.money import format_hundredths
from domain.registry import FACT_TYPES
from domain.reversal import ReverseEvent

_ADJUSTED: Final = _("全年预算")
_DISBURSED: Final = _("累计支出")
_RECOVERED: Final = _("收回")
_AVAILABLE: Final = _("可用余额")
_UNALLOCATED: Final = _("来源指标未下达余额")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One figure: what it is called, and exact texts of what it is and would be."""

    title: str
    before: str
    after: str


async def figures_moved(
    asked: Asked, name: str, body: Mapping[str, Any], event: Mapping[str, Any] | None
) -> tuple[Moved, ...]:
    """The figures that the command would move; none where it moves no money. `event` is the one it refers to."""
    command = to_command(name, body, asked.view.ledger_id, "")
    if not isinstance(command, Command):
        return ()
    line_id, change = _change_of(command, event)
    line = None if line_id is None else await one_now(asked, "lines", line_id)
    if line is None:
        return ()
    appropriation = await one_now(asked, "appropriations", line["appropriation_id"])
    return (*_of_line(line, change), *_of_appropriation(appropriation, change))


def _change_of(command: Command, event: Mapping[str, Any] | None) -> tuple[str | None, Flow]:
    """Whose sums are changed, and by what."""
    match command.body:
        case ReturnDisbursement(amount=fen) if event is not None and "line_id" in event["data"]:
            return event["data"]["line_id"], Flow(disbursed=-fen)
        case ReverseEvent() if event is not None and "line_id" in event["data"]:
            return event["data"]["line_id"], NO_FLOW.plus(_flow_of_event(event), -1)
        case body if isinstance(body, MONEY_FACTS):
            return body.line_id, flow_of(body)
        case _:
            return None, NO_FLOW


def _flow_of_event(event: Mapping[str, Any]) -> Flow:
    """How a recorded event moved the sums of its line."""
    fact_type: Any = FACT_TYPES.get(event["type"])
    data = event["data"]
    if fact_type is DisbursementReturned:
        return Flow(disbursed=-hundredths_of(data["amount"]))
    if fact_type not in MONEY_FACTS or fact_type is None:
        return NO_FLOW
    read = model_of(fact_type, wan=False).__pydantic_validator__.validate_python(data)
    return flow_of(fact_type(**vars(read)))


def _of_line(line: Mapping[str, Any], change: Flow) -> tuple[Moved, ...]:
    moves = (
        (_ADJUSTED, "adjusted_budget", change.adjusted),
        (_DISBURSED, "disbursed", change.disbursed),
        (_RECOVERED, "recovered", change.recovered),
        (_AVAILABLE, "available", change.available),
    )
    return tuple(_moved(title, line[name], fen) for title, name, fen in moves)


def _of_appropriation(appropriation: Mapping[str, Any] | None, change: Flow) -> tuple[Moved, ...]:
    if appropriation is None or change.allocated == 0:
        return ()
    return (_moved(_UNALLOCATED, appropriation["unallocated"], -change.allocated),)


def _moved(title: str, before: str, change: int) -> Moved:
    return Moved(title=title, before=before, after=format_hundredths(hundredths_of(before) + change))
