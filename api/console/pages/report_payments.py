"""支付台账: every disbursement and return of a period, with what it was for; the total is the change of 累计支出."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

from starlette.responses import Response

from api.console.asked import Asked, Content
from api.console.calendar_days import days_before
from api.console.figures import hundredths_of
from api.console.fiscal_year import FISCAL_YEAR_OR_EVERY, years_of
from api.console.page import Page
from api.console.report import Report, ReportColumn, Role, has_rounding_tail, rounding_note, row, signature_lines
from api.console.report_movements import (
    OF_SPENDING,
    OPENING_BALANCE,
    RETURN,
    Event,
    Measure,
    Movement,
    marks_of,
    movements_of,
    spending_change,
    sums_of,
)
from api.console.report_period import FROM, compiler_of, head_of, period_of
from api.console.reporting import answered
from api.console.returns import Returned, return_said, returned_among
from api.console.table import Kind
from api.console.texts import mark as _
from api.console.worded_choice import worded_choice
from domain.flow import DisbursementKind, PaymentMethod
from domain.money import format_hundredths

_MONTH_LENGTH: Final = len("2023-01")


class Grouping(StrEnum):
    """Of what there are subtotals."""

    MONTH = "month"
    UNIT = "unit"


_GROUPINGS: Final[Mapping[str, str]] = {Grouping.MONTH: _("按月小计"), Grouping.UNIT: _("按单位小计")}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """What the rows are made from. `originals` are the disbursements that money came back from, by position.

    `returned` says what came back of those of the period.
    """

    asked: Asked
    lines: Mapping[str, Mapping[str, Any]]
    units: Mapping[str, str]
    projects: Mapping[str, str]
    originals: Mapping[int, Event]
    returned: Mapping[int, Returned]

    def unit(self, movement: Movement) -> str:
        """The unit of the line."""
        unit_id = self.lines[movement.line_id]["unit_id"]
        return self.units.get(unit_id, unit_id)

    def project(self, movement: Movement) -> str:
        """The project of the line."""
        project_id = self.lines[movement.line_id]["project_id"]
        return self.projects.get(project_id, project_id)


async def make_payments(asked: Asked) -> Content | Response:
    """The page, or its file."""
    lines, units, projects, ledger = await asyncio.gather(
        asked.get_all("lines"),
        asked.get_all("units"),
        asked.get_all("projects"),
        asked.inside.get(asked.address("")),
    )
    period = period_of(asked, years_of(lines["items"]))
    known = {line["line_id"]: line for line in lines["items"] if period.has(line)}
    before, every = await asyncio.gather(
        asked.get_all("lines", as_of=days_before(period.first, 1).isoformat()),
        movements_of(asked, period, OF_SPENDING),
    )
    movements = [each for each in every if each.line_id in known and any(map(each.changes.get, _MEASURES))]
    book = _Book(
        asked=asked,
        lines=known,
        units={unit["unit_id"]: unit["name"] for unit in units["items"]},
        projects={project["project_id"]: project["name"] for project in projects["items"]},
        originals=await _originals(asked, movements),
        returned=returned_among(
            (each.event for each in movements), {each.event["position"] for each in movements if each.undone_by}
        ),
    )
    groups = _groups(book, movements)
    change = _disbursed(known.values()) - _disbursed(line for line in before["items"] if line["line_id"] in known)
    report = Report(
        name="payments",
        title=asked.say("支付台账"),
        head=head_of(asked, compiler_of(asked, units["items"], ledger), period.text(asked), ledger["time_zone"]),
        columns=_columns(asked),
        rows=list(_rows(book, groups)),
        notes=list(_notes(asked, groups, change)),
        signatures=signature_lines(asked),
    )
    groupings = [(value, asked.say(name)) for value, name in _GROUPINGS.items()]
    choices = {"years": period.years, "fiscal_year": period.fiscal_year, "period": period}
    return await answered(asked, report, None, groupings=groupings, **choices)


_MEASURES: Final = (Measure.PAID, Measure.RETURNED)
_Groups = Sequence[tuple[str, list[Movement]]]


def _disbursed(lines: Any) -> int:
    return sum(hundredths_of(line["disbursed"]) for line in lines)


async def _originals(asked: Asked, movements: Sequence[Movement]) -> dict[int, Event]:
    """The disbursements that were returned in part or whole: read one by one where they are of an earlier period."""
    found: dict[int, Event] = {each.event["position"]: each.event for each in movements}
    wanted = {each.fact["disbursement"]["position"] for each in movements if each.type == RETURN}
    for position in sorted(wanted - found.keys()):
        found[position] = await asked.get(f"events/{position}", as_of=None)
    return {position: found[position] for position in wanted}


def _groups(book: _Book, movements: Sequence[Movement]) -> _Groups:
    """The movements of each month, or of each unit, in order."""

    def key(movement: Movement) -> tuple[str, str]:
        if book.asked.values["group_by"] == Grouping.UNIT:
            return book.lines[movement.line_id]["unit_id"], book.unit(movement)
        month: str = movement.event["effective_date"][:_MONTH_LENGTH]
        return month, month

    ordered = sorted(movements, key=lambda movement: (key(movement), movement.order))
    return [(name, list(members)) for (_key, name), members in groupby(ordered, key=key)]


def _columns(asked: Asked) -> tuple[ReportColumn, ...]:
    def address(cells: Mapping[str, Any]) -> str | None:
        position = cells.get("position")
        return None if position is None else asked.view.url(f"events/{position[1:]}")

    return (
        ReportColumn(name="label", title=asked.say("日期"), width=11),
        ReportColumn(name="position", title=asked.say("流水号"), width=8, link=address),
        ReportColumn(name="voucher", title=asked.say("凭证号"), width=12),
        ReportColumn(name="project", title=asked.say("项目"), width=20),
        ReportColumn(name="line_id", title=asked.say("项目指标"), width=16),
        ReportColumn(name="unit", title=asked.say("单位"), width=18),
        ReportColumn(name="kind", title=asked.say("类型"), width=8),
        ReportColumn(name="method", title=asked.say("支付方式"), width=13),
        ReportColumn(name="purpose", title=asked.say("用途"), width=24),
        ReportColumn(name=Measure.PAID.value, title=asked.say("支出金额"), kind=Kind.AMOUNT, width=14),
        ReportColumn(name=Measure.RETURNED.value, title=asked.say("退回金额"), kind=Kind.AMOUNT, width=13),
        ReportColumn(name="net", title=asked.say("净支出"), kind=Kind.AMOUNT, width=14),
        ReportColumn(name="marks", title=asked.say("标记"), width=14),
    )


def _rows(book: _Book, groups: _Groups) -> Iterator[dict[str, Any]]:
    for name, members in groups:
        for movement in members:
            yield _detail(book, movement)
        yield _sum(Role.SUBTOTAL, book.asked.say("{name} 小计", name=name), members)
    if groups:
        yield _sum(Role.TOTAL, book.asked.say("合计"), [each for _name, members in groups for each in members])


def _detail(book: _Book, movement: Movement) -> dict[str, Any]:
    asked, fact, event = book.asked, movement.fact, movement.event
    original = book.originals[fact["disbursement"]["position"]]["data"] if movement.type == RETURN else fact
    came_back = return_said(asked, event, book.returned)
    marks = [*marks_of(asked, movement), *([came_back] if came_back else [])]
    marks += [asked.say("超指标支付")] if fact.get("overrun") else []
    return row(
        Role.DETAIL,
        0,
        label=event["effective_date"],
        position=f"#{event['position']}",
        voucher=original.get("voucher_no"),
        project=book.project(movement),
        line_id=movement.line_id,
        unit=book.unit(movement),
        kind=_kind(asked, movement, original),
        method=asked.word(PaymentMethod, original.get("method")),
        purpose=_purpose(movement, original),
        net=format_hundredths(spending_change(movement)),
        marks=asked.say("；").join(marks),
        **{measure.value: _text(movement.changes.get(measure, 0)) for measure in _MEASURES},
    )


def _kind(asked: Asked, movement: Movement, original: Mapping[str, Any]) -> str:
    if movement.type == OPENING_BALANCE:
        return asked.say("期初建账")
    return asked.say("退回") if movement.type == RETURN else asked.word(DisbursementKind, original["kind"])


def _purpose(movement: Movement, original: Mapping[str, Any]) -> str | None:
    """What was paid for; of a return or a reversal why it was."""
    reason = movement.event["data"].get("reason")
    return reason or original.get("purpose")


def _text(fen: int) -> str | None:
    return format_hundredths(fen) if fen else None


def _sum(role: Role, label: str, members: Sequence[Movement]) -> dict[str, Any]:
    sums = sums_of(members)
    net = format_hundredths(sum(map(spending_change, members)))
    return row(
        role, 0, label=label, net=net, **{measure.value: format_hundredths(sums[measure]) for measure in _MEASURES}
    )


def _notes(asked: Asked, groups: _Groups, change: int) -> Iterator[str]:
    everything = [movement for _name, members in groups for movement in members]
    total = sum(map(spending_change, everything))
    yield asked.say("净支出 = 支出金额 − 退回金额，合计等于期间内累计支出的变动。冲销以负数列示。")
    if total != change:
        yield asked.say("合计与累计支出的变动（{change} 元）不一致，请先核对。", change=format_hundredths(change))
    parts = [[spending_change(each) for each in members] for _name, members in groups]
    if any(has_rounding_tail(own, sum(own), asked.view) for own in parts) or has_rounding_tail(
        map(sum, parts), total, asked.view
    ):
        yield rounding_note(asked)


PAYMENT_LEDGER: Final = Page(
    name="report-payments",
    path="reports/payments",
    make=make_payments,
    template="report.html",
    section="reports",
    parameters=(
        FISCAL_YEAR_OR_EVERY,
        FROM,
        worded_choice("group_by", "Of what there are subtotals.", _GROUPINGS, Grouping.MONTH.value),
    ),
)
