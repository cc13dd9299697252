"""两期比对: two business dates at one knowledge time, or what was learned later of one business date."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from api.console.asked import Asked, Content
from api.console.between import between_of
from api.console.columns import columns_of, flags_column, joined
from api.console.figures import ABSENT, hundredths_of
from api.console.form_parameters import optional
from api.console.page import Page
from api.console.posted import refused
from api.console.recorded_time import RecordedTime, in_zone, shown_time, typed_time
from api.console.table import Column, Kind, Row, Table
from api.console.texts import mark as _
from api.console.typed import typed_day
from api.console.worded_choice import worded_choice
from api.invalid import InvalidParameter
from api.parameters import day, instant_or_day
from domain.money import format_hundredths
from projections.listing import PROJECTS, SOURCE_LEVEL

AMOUNTS: Final = ("adjusted_budget", "disbursed", "recovered", "available")
_IN_COLUMNS: Final = frozenset({*AMOUNTS, "execution_rate", "execution_rate_initial", "project_id"})
"""What the table has columns of; the second rate follows from two amounts that are told."""
_FIRST: Final = ("disbursed", "available")
"""Largest changes of what stand first."""
EVENTS_LINKED: Final = 12
MONTHS_OF_QUARTER: Final = 3


class Mode(StrEnum):
    """What differs between the two sides."""

    DATES = "dates"
    KNOWLEDGE = "knowledge"


_MODES: Final[Mapping[str, str]] = {Mode.DATES: _("两个业务日期"), Mode.KNOWLEDGE: _("事后得知")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a field without a column says on the earlier side, and on the later."""

    title: str
    before: str
    after: str

    @property
    def line(self) -> str:
        """It in one line."""
        return f"{self.title} {self.before or ABSENT} → {self.after or ABSENT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One project on both sides; a side is None where it does not exist there. `width` is 0 to 1 of the largest bar.

    `others` are changes of what has no column, of a project that exists on both sides.
    """

    project_id: str
    name: str
    unit: str
    before: Row | None
    after: Row | None
    changes: Mapping[str, str]
    points: str | None
    width: float
    events: Sequence[int]
    others: Sequence[Change] = ()

    @property
    def is_of_events_alone(self) -> bool:
        """Whether nothing that is shown differs: what was recorded on one side was undone there, too."""
        is_same = not any(map(hundredths_of, self.changes.values())) and not self.others
        return self.before is not None and self.after is not None and is_same


async def make_diff(asked: Asked) -> Content:
    """The page. The later side is where the page stands; the earlier one is its own parameter."""
    mode = _mode_of(asked)
    _refuse_of_other_mode(asked, mode)
    ledger = await asked.inside.get(asked.address(""))
    earlier = in_zone(_earlier(asked, mode), ledger["time_zone"])
    assert earlier is not None
    found, units, after = await asyncio.gather(
        asked.inside.get(asked.address("diff"), _question(asked, mode, earlier)),
        asked.get_all("units"),
        asked.get("projects", limit=1),
    )
    sides = found["coordinates"]
    at_from = {"as_of": sides["from"]["as_of"], "at_position": sides["from"]["position"], "limit": 1}
    before = await asked.inside.get(asked.address("projects"), at_from)
    names = await _names(asked, found["items"], units["items"], at_from)
    columns = _other_columns(asked, names)
    told = [_others(asked, columns, item["before"], item["after"]) for item in found["items"]]
    differences = differences_of(found["items"], names, told)
    of_projects = {each for one in differences for each in one.events}
    return Content(
        title=asked.say("两期比对") if mode is Mode.DATES else asked.say("事后得知"),
        values={
            "mode": mode.value,
            "earlier": shown_time(earlier, ledger["time_zone"]),
            "sides": sides,
            "differences": differences,
            "before_totals": before["totals"],
            "after_totals": after["totals"],
            "total_changes": _changes(before["totals"], after["totals"]),
            "total_points": _points(before["totals"], after["totals"]),
            "between": await between_of(asked, sides["from"], sides["to"], of_projects),
            "events_linked": EVENTS_LINKED,
            "presets": list(_presets(asked)),
        },
        tables=(_table(asked, differences, before["totals"], after["totals"]),),
        earlier=sides["from"],
    )


def differences_of(
    items: Sequence[Mapping[str, Any]], unit_names: Mapping[str, str], others: Sequence[Sequence[Change]]
) -> list[Difference]:
    """The projects that differ, the largest change of what was spent first; `others` are those of each item."""
    changes = [_changes(item["before"], item["after"]) for item in items]
    largest = max((abs(hundredths_of(each["disbursed"])) for each in changes), default=0) or 1
    found = [
        Difference(
            project_id=item["project_id"],
            name=(item["after"] or item["before"] or {"name": item["project_id"]})["name"],
            unit=_unit_of(item, unit_names),
            before=item["before"],
            after=item["after"],
            changes=changed,
            points=_points(item["before"], item["after"]),
            width=abs(hundredths_of(changed["disbursed"])) / largest,
            events=item["events"],
            others=told,
        )
        for item, changed, told in zip(items, changes, others, strict=True)
    ]
    return sorted(
        found, key=lambda each: (*(-abs(hundredths_of(each.changes[name])) for name in _FIRST), each.project_id)
    )


async def _names(
    asked: Asked, items: Sequence[Mapping[str, Any]], units: Sequence[Row], at_from: Mapping[str, Any]
) -> dict[str, str]:
    """The names of units by id; those that only the earlier side knows are asked for where a project is there alone."""
    known = {unit["unit_id"]: unit["name"] for unit in units}
    if all(item["after"] is not None for item in items):
        return known
    place = {"as_of": at_from["as_of"], "at_position": at_from["at_position"], "known_at": None}
    earlier = await asked.get_all("units", **place)
    return {**{unit["unit_id"]: unit["name"] for unit in earlier["items"]}, **known}


def _other_columns(asked: Asked, unit_names: Mapping[str, str]) -> list[Column]:
    """The fields of a project that have no column of their own, the names of things in the place of their ids."""
    columns = columns_of(asked, PROJECTS, {"units": unit_names})
    named = {name for name in columns if f"{name}_id" in columns}
    plain = [
        column
        for name, column in columns.items()
        if name not in _IN_COLUMNS and name.removesuffix("_id") not in named - {name} and name != SOURCE_LEVEL
    ]
    implementing = Column(
        title=asked.say("实施单位"),
        value=lambda row: joined(asked, [unit_names.get(each, each) for each in row["implementing_unit_ids"]]),
    )
    name = Column(title=asked.say("项目名称"), value=lambda row: row["name"])
    return [name, *plain, implementing, flags_column(asked)]


def _others(asked: Asked, columns: Sequence[Column], before: Row | None, after: Row | None) -> list[Change]:
    if before is None or after is None:
        return []
    pairs = [(column.title, column.shown(before, asked.view), column.shown(after, asked.view)) for column in columns]
    return [Change(title=title, before=then, after=now) for title, then, now in pairs if then != now]


def _unit_of(item: Mapping[str, Any], unit_names: Mapping[str, str]) -> str:
    row = item["after"] or item["before"]
    return "" if row is None else unit_names.get(row["lead_unit_id"], row["lead_unit_id"])


def _changes(before: Row | None, after: Row | None) -> dict[str, str]:
    """What the sums have changed by; a project that is not there has spent nothing."""
    return {name: format_hundredths(_sum(after, name) - _sum(before, name)) for name in AMOUNTS}


def _sum(row: Row | None, name: str) -> int:
    return 0 if row is None else hundredths_of(row[name])


def _points(before: Row | None, after: Row | None) -> str | None:
    """The change of the execution rate in percentage points; None where a side has no rate."""
    rates = [row and row["execution_rate"] for row in (before, after)]
    if None in rates:
        return None
    return format_hundredths(hundredths_of(str(rates[1])) - hundredths_of(str(rates[0])))


def _mode_of(asked: Asked) -> Mode:
    """As asked, else as the earlier side has it."""
    given = asked.values["mode"]
    if given is None:
        return Mode.DATES if asked.values["from_known_at"] is None else Mode.KNOWLEDGE
    return Mode(given)


def _refuse_of_other_mode(asked: Asked, mode: Mode) -> None:
    """Refuses the earlier side of the other kind of comparison, which would be left aside unsaid."""
    other, name = (
        ("from_known_at", asked.say("两个业务日期")) if mode is Mode.DATES else ("from_as_of", asked.say("事后得知"))
    )
    if asked.values[other] is not None:
        raise refused(InvalidParameter.of(other, "exclusive", other=name), asked.view.language)


def _earlier(asked: Asked, mode: Mode) -> RecordedTime:
    """The date of the earlier side, or the time of its knowledge: as asked, else the end of the month before."""
    name = "from_as_of" if mode is Mode.DATES else "from_known_at"
    given: RecordedTime | None = asked.values[name]
    if given is not None:
        return given
    assert asked.view.as_of is not None
    return asked.view.as_of if mode is Mode.KNOWLEDGE else _end_before(asked.view.as_of.replace(day=1))


def _question(asked: Asked, mode: Mode, earlier: RecordedTime) -> dict[str, Any]:
    view = asked.view.coordinates()
    later = {"to_as_of": view["as_of"], "to_known_at": view["known_at"], "to_position": view["at_position"]}
    name = "from_as_of" if mode is Mode.DATES else "from_known_at"
    return {**later, name: asked.view.text_of(earlier)}


def _end_before(first: date) -> date:
    """The day before; the first day of the calendar has none."""
    return first if first == date.min else first - timedelta(days=1)


def _presets(asked: Asked) -> list[tuple[str, str]]:
    """Names and addresses of comparisons that are made every month."""
    as_of = asked.view.as_of
    assert as_of is not None
    quarter = as_of.replace(month=(as_of.month - 1) // MONTHS_OF_QUARTER * MONTHS_OF_QUARTER + 1, day=1)
    last_month = _end_before(as_of.replace(day=1))

    def dates(first: date) -> str:
        return asked.view.url("diff", mode=Mode.DATES.value, from_as_of=_end_before(first).isoformat())

    learned = asked.view.url(
        "diff", mode=Mode.KNOWLEDGE.value, from_known_at=last_month.isoformat(), as_of=last_month.isoformat()
    )
    return [
        (asked.say("本月以来"), dates(as_of.replace(day=1))),
        (asked.say("本季以来"), dates(quarter)),
        (asked.say("本年以来"), dates(as_of.replace(month=1, day=1))),
        (asked.say("上月报表报出后得知"), learned),
    ]


def _table(asked: Asked, differences: Sequence[Difference], before_totals: Row, after_totals: Row) -> Table:
    def side(which: str, name: str) -> Any:
        return lambda row: None if row[which] is None else row[which][name]

    titles = {
        "adjusted_budget": asked.say("全年预算"),
        "disbursed": asked.say("累计支出"),
        "recovered": asked.say("收回"),
        "available": asked.say("可用余额"),
    }
    columns = [
        Column(title=asked.say("项目编号"), value=lambda row: row["project_id"]),
        Column(title=asked.say("项目名称"), value=lambda row: row["name"]),
    ]
    for name, title in titles.items():
        columns += [
            Column(title=f"{title} {asked.say('期初')}", value=side("before", name), kind=Kind.AMOUNT),
            Column(title=f"{title} {asked.say('期末')}", value=side("after", name), kind=Kind.AMOUNT),
            Column(
                title=f"{title} {asked.say('变化')}",
                value=side("changes", name),
                kind=Kind.DIFFERENCE,
            ),
        ]
    rate, score = asked.say("执行率"), asked.say("绩效得分")
    columns += [
        Column(title=f"{rate} {asked.say('期初')}", value=side("before", "execution_rate"), kind=Kind.RATE),
        Column(title=f"{rate} {asked.say('期末')}", value=side("after", "execution_rate"), kind=Kind.RATE),
        Column(title=asked.say("个百分点"), value=lambda row: row["points"], kind=Kind.RATE),
        Column(title=f"{score} {asked.say('期初')}", value=side("before", "score"), kind=Kind.POINTS),
        Column(title=f"{score} {asked.say('期末')}", value=side("after", "score"), kind=Kind.POINTS),
        Column(title=asked.say("其他变化"), value=lambda row: asked.say("；").join(row["others"]) or None),
        Column(title=asked.say("单边计入的流水"), value=lambda row: " ".join(map(str, row["events"]))),
    ]
    rows = [_table_row(each) for each in differences]
    total = _total_row(asked, before_totals, after_totals) if rows else None
    return Table(name="diff", title=asked.say("两期比对"), columns=columns, rows=rows, total=total)


def _table_row(difference: Difference) -> Row:
    return {
        "project_id": difference.project_id,
        "name": difference.name,
        "before": difference.before,
        "after": difference.after,
        "changes": difference.changes,
        "points": difference.points,
        "others": [other.line for other in difference.others],
        "events": list(difference.events),
    }


def _total_row(asked: Asked, before: Row, after: Row) -> Row:
    """The sums of all projects, also of those that are the same on both sides; a score has no sum."""
    return {
        "project_id": asked.say("全账套合计"),
        "name": None,
        "before": {"score": None, **before},
        "after": {"score": None, **after},
        "changes": _changes(before, after),
        "points": _points(before, after),
        "others": [],
        "events": [],
    }


DIFF: Final = Page(
    name="diff",
    path="diff",
    make=make_diff,
    template="diff.html",
    section="diff",
    parameters=(
        worded_choice("mode", "What differs.", _MODES),
        optional(typed_day(day("from_as_of", "Business date of the earlier side."))),
        optional(typed_time(instant_or_day("from_known_at", "Knowledge date of the earlier side, or a time."))),
    ),
)
