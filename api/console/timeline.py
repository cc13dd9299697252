"""流水 of a project by business date, the newest first, each with what it did and what was available after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.console.asked import Asked
from api.console.figures import local_time
from api.console.movements import REVERSALS, Moved, points_of, undone_among
from api.console.newest_first import Part, newest_first
from api.console.returns import Returned, return_said, returned_among
from api.console.sources import source_name, source_of
from api.console.table import Column, Kind, Row, Table, field_column
from api.console.telling import sentence
from domain.command import Basis
from domain.dates import LATE_AFTER_DAYS, DatePrecision
from domain.money import format_hundredths
from domain.project import ProjectStatus

_SAID: Final = ("purpose", "reason", "deviation_reason", "actual")
_PAPERS: Final = ("document_no", "voucher_no")
_MARKS: Final = {
    "funds-allocated.v1": "allocated",
    "allocation-reduced.v1": "allocated",
    "opening-balance-recorded.v1": "allocated",
    "funds-disbursed.v1": "disbursed",
    "disbursement-returned.v1": "disbursed",
    "funds-recovered.v1": "disbursed",
    "project-status-changed.v1": "status",
}
"""How the dot before an event is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event of the timeline.

    `data` is the fact it tells of: a reversal tells of what it takes back, at `reverses`. `change` is what it did to
    the available balance and `available` what that was after it, both None where it moves no money; `points` what it
    did to a score. `is_undone`: its reversal counts at the coordinates, too; `undone_later`: one is known, dated later.
    `returned` says what came back of a disbursement.
    """

    event: Row
    data: Mapping[str, Any]
    mark: str
    chips: Sequence[str]
    papers: Sequence[str]
    said: Sequence[str]
    change: str | None
    available: str | None
    points: str | None
    reverses: int | None
    returns: int | None
    returned: Returned | None
    is_undone: bool
    undone_later: bool
    is_late: bool
    is_exact_day: bool
    precision: str


def timeline_of(asked: Asked, moved: Sequence[Moved], project: Row, cursor: int | None) -> Part[Entry]:
    """The page that begins after the event at the cursor; the first where there is none."""
    part = newest_first(moved, lambda each: int(each.event["position"]), cursor)
    undone = undone_among(each.event for each in moved)
    returned = returned_among((each.event for each in moved), undone)
    sources = {line["line_id"]: source_name(asked, source_of(line)) for line in project["lines"]}
    entries = [_entry(asked, each, undone, returned, sources) for each in part.shown]
    return Part(shown=entries, count=part.count, cursor=part.cursor, is_first=part.is_first)


def events_table(asked: Asked, moved: Sequence[Moved], time_zone: str) -> Table:
    """Every event of the project, the newest first, to take away: all that the timeline says of it."""
    undone = undone_among(each.event for each in moved)
    returned = returned_among((each.event for each in moved), undone)
    rows = [_table_row(asked, each, undone, returned) for each in reversed(moved)]
    columns = (
        field_column("position", asked.say("流水号"), Kind.COUNT),
        field_column("effective_date", asked.say("业务日期"), Kind.DAY),
        Column(title=asked.say("日期精度"), value=lambda row: asked.word(DatePrecision, row["date_precision"])),
        Column(
            title=asked.say("录入时间"), value=lambda row: local_time(row["recorded_at"], time_zone), kind=Kind.INSTANT
        ),
        field_column("event", asked.say("事项")),
        field_column("told", asked.say("内容")),
        field_column("line_id", asked.say("项目指标")),
        field_column("paper", asked.say("文号/凭证号")),
        field_column("change", asked.say("可用余额变动"), Kind.DIFFERENCE),
        field_column("available", asked.say("可用余额"), Kind.AMOUNT),
        field_column("points_change", asked.say("得分变动"), Kind.POINTS_CHANGE),
        field_column("late_days", asked.say("补录天数"), Kind.COUNT),
        field_column("reverses", asked.say("所冲销的流水号"), Kind.COUNT),
        field_column("reversed_by", asked.say("被流水号冲销"), Kind.COUNT),
        field_column("reversed_later_by", asked.say("此后被流水号冲销"), Kind.COUNT),
        field_column("returned", asked.say("退回情况")),
        Column(title=asked.say("记录依据"), value=lambda row: asked.word(Basis, row["basis"])),
        field_column("subject", asked.say("操作人")),
        field_column("said", asked.say("说明")),
    )
    return Table(name="events", title=asked.say("项目流水"), columns=columns, rows=rows)


def is_late(event: Row) -> bool:
    """Whether an event was recorded so long after its business date that it is called 补录."""
    return bool(event["late_days"] > LATE_AFTER_DAYS)


def _entry(
    asked: Asked,
    moved: Moved,
    undone: frozenset[int],
    returned: Mapping[int, Returned],
    sources: Mapping[str, str],
) -> Entry:
    event = moved.event
    is_reversal = event["type"] in REVERSALS
    data = event["data"]["fact"] if is_reversal else event["data"]
    kind = event["data"]["reverses"]["type"] if is_reversal else event["type"]
    return Entry(
        event=event,
        data=data,
        mark="reversed" if is_reversal else _MARKS.get(kind, "other"),
        chips=_chips(asked, kind, data, sources, is_reversal=is_reversal),
        papers=[data[name] for name in _PAPERS if data.get(name)],
        said=_said(event),
        change=_change(moved),
        available=None if moved.change is None else format_hundredths(moved.after.available),
        points=points_of(event),
        reverses=event["data"]["reverses"]["position"] if is_reversal else None,
        returns=data["disbursement"]["position"] if "disbursement" in data else None,
        returned=returned.get(event["position"]),
        is_undone=event["position"] in undone,
        undone_later=event["reversed_by"] is not None and event["position"] not in undone,
        is_late=is_late(event),
        is_exact_day=event["date_precision"] == DatePrecision.DAY,
        precision=asked.word(DatePrecision, event["date_precision"]),
    )


def _chips(asked: Asked, kind: str, data: Row, sources: Mapping[str, str], *, is_reversal: bool) -> list[str]:
    """What stands beside the name of an event: what is reversed, the source of its line, its status or indicator."""
    chips = [asked.event_type(kind)] if is_reversal else []
    if data.get("line_id") in sources:
        chips.append(sources[data["line_id"]])
    if "status" in data:
        chips.append(asked.word(ProjectStatus, data["status"]))
    if "indicator" in data:
        chips.append(data["indicator"])
    return chips


def _said(event: Row) -> list[str]:
    """The grounds that were given."""
    data = event["data"]
    told = [data[name] for name in _SAID if data.get(name)]
    overrun = data.get("overrun")
    return told if overrun is None else [*told, overrun["authority"], overrun["reason"]]


def _change(moved: Moved) -> str | None:
    return None if moved.change is None else format_hundredths(moved.change.available)


def _table_row(asked: Asked, moved: Moved, undone: frozenset[int], returned: Mapping[int, Returned]) -> Row:
    event = moved.event
    is_reversal = event["type"] in REVERSALS
    data = event["data"]["fact"] if is_reversal else event["data"]
    return {
        "position": event["position"],
        "effective_date": event["effective_date"],
        "recorded_at": event["recorded_at"],
        "type": event["type"],
        "date_precision": event["date_precision"],
        "event": asked.event_type(event["type"]),
        "told": sentence(asked, event),
        "line_id": data.get("line_id"),
        "paper": next((data[name] for name in _PAPERS if data.get(name)), None),
        "change": _change(moved),
        "available": None if moved.change is None else format_hundredths(moved.after.available),
        "points_change": points_of(event),
        "late_days": event["late_days"] if is_late(event) else None,
        "reverses": event["data"]["reverses"]["position"] if is_reversal else None,
        "reversed_by": event["reversed_by"] if event["position"] in undone else None,
        "reversed_later_by": None if event["position"] in undone else event["reversed_by"],
        "returned": return_said(asked, event, returned),
        "basis": event["basis"],
        "subject": event["actor"]["subject"],
        "said": asked.say("；").join(_said(event)) or None,
    }
