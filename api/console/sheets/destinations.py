"""What recording a file would do: how much goes to which line, what exceeds what is available, and every row."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from api.console.asked import Asked
from api.console.sheets.examined import Examined, RowState
from api.console.sheets.file_rows import FileRow
from api.console.sheets.repeats import Repeats
from api.console.table import Column, Kind, Row, Table
from api.console.texts import mark as _
from domain.money import format_hundredths, parse_yuan

_TITLES: Final = {
    "sheet": _("工作表"),
    "row": _("行"),
    "command": _("业务"),
    "line": _("项目指标编号"),
    "rows": _("行数"),
    "amount": _("金额"),
    "authority": _("超指标批准依据"),
    "reason": _("超支原因"),
    "state": _("状态"),
    "remark": _("提示"),
}
_KINDS: Final = {"row": Kind.COUNT, "rows": Kind.COUNT, "amount": Kind.EXACT_AMOUNT}


def totals_table(asked: Asked, found: Examined) -> Table:
    """By command and line, the rows that would be recorded and their amounts together."""
    totals: dict[tuple[str, str | None], list[FileRow]] = {}
    for row in found.those(RowState.POSSIBLE):
        if _moves_money(row):
            totals.setdefault((row.source.form.title, _line_of(row)), []).append(row)
    rows = [
        {"command": asked.say(title), "line": line, "rows": len(each), "amount": _sum(each)}
        for (title, line), each in totals.items()
    ]
    return _table(
        asked, "lines", asked.say("将录入的金额，按项目指标合计"), ("command", "line", "rows", "amount"), rows
    )


def overruns_table(asked: Asked, found: Examined) -> Table:
    """The rows to be recorded that would spend more than is available, with who approved it and why."""
    names = ("sheet", "row", "line", "amount", "authority", "reason")
    possible = [(row, state) for row, state in _pairs(found) if state is RowState.POSSIBLE]
    rows = [_shown(asked, row, state) for row, state in possible if "overrun" in row.item]
    return _table(asked, "overruns", asked.say("超指标的行"), names, rows)


def repeats_table(asked: Asked, repeats: Repeats) -> Table:
    """The rows to be recorded that say what the ledger or another row says already."""
    rows = [_shown(asked, row, RowState.POSSIBLE) | {"remark": remark} for row, remark in repeats.rows]
    names = ("sheet", "row", "command", "line", "amount", "remark")
    return _table(asked, "repeats", asked.say("可能重复的行"), names, rows)


def rows_table(asked: Asked, found: Examined) -> Table:
    """Every row, for a file."""
    names = ("sheet", "row", "command", "line", "amount", "authority", "reason", "state")
    rows = [_shown(asked, row, state) for row, state in _pairs(found)]
    return _table(asked, "rows", asked.say("所有的行"), names, rows)


def _pairs(found: Examined) -> Iterator[tuple[FileRow, RowState]]:
    return zip(found.rows, found.states, strict=True)


def _shown(asked: Asked, row: FileRow, state: RowState) -> dict[str, Any]:
    overrun = row.item.get("overrun", {})
    return {
        "sheet": row.sheet_name,
        "row": row.line,
        "command": asked.say(row.source.form.title),
        "line": _line_of(row),
        "amount": _amount_of(row),
        "authority": overrun.get("authority"),
        "reason": overrun.get("reason"),
        "state": asked.say(state.value),
    }


def _line_of(row: FileRow) -> str | None:
    """The line that the row names, or that of the event that it names."""
    line: str | None = row.item.get("line_id", row.line_of_event)
    return line


def _amount_of(row: FileRow) -> str | None:
    """Of an opening balance the budget of the line."""
    amount: str | None = row.item.get("amount", row.item.get("adjusted"))
    return amount


def _moves_money(row: FileRow) -> bool:
    return _line_of(row) is not None or "event_id" in row.item


def _sum(rows: Sequence[FileRow]) -> str | None:
    """None where the rows move no amount of their own, as those that open a line."""
    amounts = [amount for row in rows if (amount := _amount_of(row)) is not None]
    return format_hundredths(sum(map(parse_yuan, amounts))) if amounts else None


def _table(asked: Asked, name: str, title: str, names: Sequence[str], rows: Sequence[dict[str, Any]]) -> Table:
    return Table(name=name, title=title, columns=[_column(asked, each) for each in names], rows=rows)


def _column(asked: Asked, name: str) -> Column:
    def value(row: Row) -> str | int | None:
        found: str | int | None = row[name]
        return found

    return Column(title=asked.say(_TITLES[name]), value=value, kind=_KINDS.get(name, Kind.TEXT))
