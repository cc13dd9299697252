"""绩效评价: one evaluation, its indicators by level, what was adjusted and why, and its result."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from api.console.asked import Asked, Content
from api.console.event_table import evaluation_table
from api.console.figures import hundredths_of
from api.console.names import names_on
from api.console.page import Page
from api.console.pages.lists import grade_chips
from api.console.subject import address_of, name_of
from api.console.table import Column, Kind, Row, Table
from domain.money import format_hundredths

_NAMED: Final = ("units", "projects", "appropriations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The indicators of one first level that stand together; sums are None where one of them has no figure."""

    name: str
    indicators: Sequence[Row]
    maximum: str | None
    score: str | None


async def make_evaluation(asked: Asked) -> Content:
    """The page."""
    evaluation_id = asked.path("id")
    row, recorded, *found = await asyncio.gather(
        asked.get(f"evaluations/{evaluation_id}"),
        asked.get_all("events", tag=f"evaluation:{evaluation_id}", as_of=None),
        *(names_on(asked, each) for each in _NAMED),
    )
    names = dict(zip(_NAMED, found, strict=True))
    as_of = row["coordinates"]["as_of"]
    counted = [each for each in recorded["items"] if each["effective_date"] <= as_of]
    events = await evaluation_table(asked, counted, {each["code"]: each["name"] for each in row["indicators"]})
    return Content(
        title=name_of(names, row["subject"]),
        values={
            "row": row,
            "levels": list(_levels(row["indicators"])),
            "subject_address": address_of(asked, row["subject"]),
            "grades": grade_chips(asked, row["grade"]),
            "evaluator": names["units"].get(row["evaluator_unit_id"], row["evaluator_unit_id"]),
            "events": events,
        },
        tables=(_indicators(asked, row["indicators"]), _adjustments(asked, row["indicators"]), events),
    )


def _levels(indicators: Sequence[Row]) -> Iterator[Level]:
    for name, grouped in groupby(indicators, key=lambda each: each["level1"]):
        together = list(grouped)
        yield Level(
            name=name,
            indicators=together,
            maximum=_sum([each["max_points"] for each in together]),
            score=_sum([each["score"] for each in together]),
        )


def _sum(points: Sequence[str | None]) -> str | None:
    given = [hundredths_of(each) for each in points if each is not None]
    return format_hundredths(sum(given)) if len(given) == len(points) else None


def _indicators(asked: Asked, indicators: Sequence[Row]) -> Table:
    fields: tuple[tuple[str, str, Kind], ...] = (
        ("level1", asked.say("一级指标"), Kind.TEXT),
        ("level2", asked.say("二级指标"), Kind.TEXT),
        ("code", asked.say("指标代码"), Kind.TEXT),
        ("name", asked.say("绩效指标"), Kind.TEXT),
        ("max_points", asked.say("分值"), Kind.POINTS),
        ("target", asked.say("目标值"), Kind.TEXT),
        ("unit", asked.say("计量单位"), Kind.TEXT),
        ("actual", asked.say("实际值"), Kind.TEXT),
        ("score", asked.say("得分"), Kind.POINTS),
        ("deviation_reason", asked.say("偏差原因"), Kind.TEXT),
    )
    columns = [_field(name, title, kind) for name, title, kind in fields]
    return Table(name="indicators", title=asked.say("绩效指标"), columns=columns, rows=indicators)


def _adjustments(asked: Asked, indicators: Sequence[Row]) -> Table:
    rows: list[dict[str, Any]] = [
        {"code": each["code"], "name": each["name"], **adjustment}
        for each in indicators
        for adjustment in each["adjustments"]
    ]
    columns = (
        _field("code", asked.say("指标代码"), Kind.TEXT),
        _field("name", asked.say("绩效指标"), Kind.TEXT),
        _field("previous", asked.say("调整前"), Kind.POINTS),
        _field("score", asked.say("调整后"), Kind.POINTS),
        _field("reason", asked.say("调整理由"), Kind.TEXT),
        _field("position", asked.say("流水号"), Kind.TEXT),
    )
    return Table(name="adjustments", title=asked.say("得分调整"), columns=columns, rows=rows)


def _field(name: str, title: str, kind: Kind) -> Column:
    return Column(title=title, value=lambda row: row[name], kind=kind)


EVALUATION: Final = Page(
    name="evaluation",
    path="evaluations/{id}",
    make=make_evaluation,
    template="evaluation.html",
    section="evaluations",
)
