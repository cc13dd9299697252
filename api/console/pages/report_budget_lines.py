"""指标台账: what every budget line was given and what was taken back, by document, with the balance after each."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from api.console.asked import Asked, Content
from api.console.calendar_days import days_before
from api.console.figures import hundredths_of
from api.console.fiscal_year import FISCAL_YEAR_OR_EVERY, years_of
from api.console.page import Page
from api.console.report import (
    Report,
    ReportColumn,
    Role,
    has_rounding_tail,
    rounding_note,
    row,
    signature_lines,
)
from api.console.report_movements import (
    ALLOCATION,
    OF_BUDGET,
    OPENING_BALANCE,
    RECOVERY,
    Measure,
    Movement,
    balance_change,
    marks_of,
    movements_of,
    sums_of,
)
from api.console.report_period import FROM, compiler_of, head_of, period_of
from api.console.reporting import answered
from api.console.table import Kind
from domain.money import format_hundredths

Line = Mapping[str, Any]

_MEASURES: Final = (Measure.INITIAL, Measure.ADDED, Measure.REDUCED, Measure.RECOVERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAccount:
    """One line over the period; all in fen. `spent` and `available` are those at its end."""

    line: Line
    opening: int
    movements: Sequence[Movement]
    closing: int
    spent: int
    available: int

    @property
    def is_reconciled(self) -> bool:
        """Whether the movements lead from the one balance to the other."""
        return self.opening + sum(map(balance_change, self.movements)) == self.closing


async def make_budget_lines(asked: Asked) -> Content | Response:
    """The page, or its file."""
    lines, units, sources, projects, ledger = await asyncio.gather(
        asked.get_all("lines"),
        asked.get_all("units"),
        asked.get_all("appropriations"),
        asked.get_all("projects"),
        asked.inside.get(asked.address("")),
    )
    period = period_of(asked, years_of(lines["items"]))
    before, movements = await asyncio.gather(
        asked.get_all("lines", as_of=days_before(period.first, 1).isoformat()),
        movements_of(asked, period, OF_BUDGET),
    )
    accounts = _accounts([line for line in lines["items"] if period.has(line)], before["items"], movements)
    names = _Names(asked, units["items"], projects["items"])
    of_sources = [
        (source, [each for each in accounts if each.line["appropriation_id"] == source["appropriation_id"]])
        for source in sources["items"]
    ]
    report = Report(
        name="budget-lines",
        title=asked.say("指标台账"),
        head=head_of(asked, compiler_of(asked, units["items"], ledger), period.text(asked), ledger["time_zone"]),
        columns=_columns(asked),
        rows=list(_rows(asked, [(source, own) for source, own in of_sources if own], names)),
        notes=list(_notes(asked, accounts)),
        signatures=signature_lines(asked),
    )
    return await answered(asked, report, years=period.years, fiscal_year=period.fiscal_year, period=period)


class _Names:
    """What lines are called by."""

    def __init__(self, asked: Asked, units: Sequence[Mapping[str, Any]], projects: Sequence[Mapping[str, Any]]) -> None:
        self._asked = asked
        self._units = {unit["unit_id"]: unit["name"] for unit in units}
        self._projects = {project["project_id"]: project["name"] for project in projects}

    def of(self, line: Line) -> str:
        """A line's id with its project and its unit."""
        project = self._projects.get(line["project_id"], line["project_id"])
        unit = self._units.get(line["unit_id"], line["unit_id"])
        return f"{line['line_id']} · {project} · {unit}"


def _accounts(lines: Sequence[Line], before: Sequence[Line], movements: Sequence[Movement]) -> list[LineAccount]:
    earlier = {line["line_id"]: balance_of(line) for line in before}
    by_line: dict[str, list[Movement]] = defaultdict(list)
    for movement in movements:
        by_line[movement.line_id].append(movement)
    return [
        LineAccount(
            line=line,
            opening=earlier.get(line["line_id"], 0),
            movements=by_line[line["line_id"]],
            closing=balance_of(line),
            spent=hundredths_of(line["disbursed"]),
            available=hundredths_of(line["available"]),
        )
        for line in lines
    ]


def balance_of(line: Line) -> int:
    """What a line was given and has not been taken from it, in fen."""
    return hundredths_of(line["adjusted_budget"]) - hundredths_of(line["recovered"])


def _columns(asked: Asked) -> tuple[ReportColumn, ...]:
    def address(cells: Mapping[str, Any]) -> str | None:
        position = cells.get("position")
        return None if position is None else asked.view.url(f"events/{position[1:]}")

    return (
        ReportColumn(name="label", title=asked.say("日期"), width=14),
        ReportColumn(name="position", title=asked.say("流水号"), width=8, link=address),
        ReportColumn(name="document", title=asked.say("文号"), width=22),
        ReportColumn(name="what", title=asked.say("摘要"), width=26),
        *(
            ReportColumn(name=measure.value, title=title, kind=Kind.AMOUNT, width=13)
            for measure, title in zip(
                _MEASURES,
                (asked.say("年初下达"), asked.say("追加"), asked.say("调减"), asked.say("收回")),
                strict=True,
            )
        ),
        ReportColumn(name="balance", title=asked.say("指标数（已下达净额）"), kind=Kind.AMOUNT, width=14),
        ReportColumn(name="spent", title=asked.say("累计支出"), kind=Kind.AMOUNT, width=14),
        ReportColumn(name="available", title=asked.say("可用余额"), kind=Kind.AMOUNT, width=14),
    )


def _rows(
    asked: Asked, of_sources: Sequence[tuple[Mapping[str, Any], list[LineAccount]]], names: _Names
) -> Iterator[dict[str, Any]]:
    """Every source with its lines, every line with its movements."""
    for source, accounts in of_sources:
        level = asked.say("{name}（{id}）", name=source["name"], id=source["document_no"])
        yield row(Role.HEADING, 0, label=asked.say("来源指标"), document=source["document_no"], what=source["name"])
        for account in accounts:
            yield from _rows_of_line(asked, account, names.of(account.line))
        yield _sum(Role.SUBTOTAL, 0, asked.say("来源小计"), level, accounts)
    everything = [account for _source, accounts in of_sources for account in accounts]
    if everything:
        yield _sum(Role.TOTAL, 0, asked.say("合计"), "", everything)


def _rows_of_line(asked: Asked, account: LineAccount, name: str) -> Iterator[dict[str, Any]]:
    yield row(Role.OPENING, 1, label=asked.say("期初"), what=name, balance=format_hundredths(account.opening))
    balance = account.opening
    for movement in account.movements:
        balance += balance_change(movement)
        yield row(
            Role.DETAIL,
            1,
            label=movement.event["effective_date"],
            position=f"#{movement.event['position']}",
            document=movement.fact.get("document_no"),
            what=_what(asked, movement),
            balance=format_hundredths(balance),
            **{measure.value: _text(movement.changes.get(measure, 0)) for measure in _MEASURES},
        )
    yield _sum(Role.SUBTOTAL, 1, asked.say("期末"), name, [account])


def _sum(role: Role, depth: int, label: str, what: str, accounts: Sequence[LineAccount]) -> dict[str, Any]:
    sums = sums_of(movement for account in accounts for movement in account.movements)
    return row(
        role,
        depth,
        label=label,
        what=what,
        balance=format_hundredths(sum(account.closing for account in accounts)),
        spent=format_hundredths(sum(account.spent for account in accounts)),
        available=format_hundredths(sum(account.available for account in accounts)),
        **{measure.value: format_hundredths(sums[measure]) for measure in _MEASURES},
    )


def _what(asked: Asked, movement: Movement) -> str:
    """What kind of movement it is, why, and what marks it has."""
    words = [_kind(asked, movement), *marks_of(asked, movement)]
    reason = movement.event["data"].get("reason")
    return asked.say("；").join([" ".join(words), *([reason] if reason else [])])


def _kind(asked: Asked, movement: Movement) -> str:
    if movement.type == OPENING_BALANCE:
        return asked.say("期初建账")
    if movement.type == ALLOCATION:
        return asked.say("下达") if movement.fact["stage"] == "initial" else asked.say("追加")
    return asked.say("收回") if movement.type == RECOVERY else asked.say("调减")


def _text(fen: int) -> str | None:
    """A movement stands in one column; the others stay empty."""
    return format_hundredths(fen) if fen else None


def _notes(asked: Asked, accounts: Sequence[LineAccount]) -> Iterator[str]:
    yield asked.say("指标数（已下达净额） = 期初 + 年初下达 + 追加 − 调减 − 收回，未扣支出；再减累计支出为可用余额。")
    yield asked.say("冲销以负数列示。")
    broken = [account.line["line_id"] for account in accounts if not account.is_reconciled]
    if broken:
        yield asked.say("以下指标期初、发生额与期末不衔接，请先核对：{lines}", lines=", ".join(broken))
    if any(_has_tail(asked, account) for account in accounts) or _sources_have_tail(asked, accounts):
        yield rounding_note(asked)


def _has_tail(asked: Asked, account: LineAccount) -> bool:
    changes = [balance_change(movement) for movement in account.movements]
    return has_rounding_tail([account.opening, *changes], account.closing, asked.view) or has_rounding_tail(
        [account.spent, account.available], account.closing, asked.view
    )


def _sources_have_tail(asked: Asked, accounts: Sequence[LineAccount]) -> bool:
    by_source: dict[str, list[LineAccount]] = defaultdict(list)
    for account in accounts:
        by_source[account.line["appropriation_id"]].append(account)
    columns = [
        [getattr(account, name) for account in own]
        for own in [*by_source.values(), list(accounts)]
        for name in ("closing", "spent", "available")
    ]
    return any(has_rounding_tail(column, sum(column), asked.view) for column in columns)


BUDGET_LINE_LEDGER: Final = Page(
    name="report-budget-lines",
    path="reports/budget-lines",
    make=make_budget_lines,
    template="report.html",
    section="reports",
    parameters=(FISCAL_YEAR_OR_EVERY, FROM),
)
