"""What a field may be the id of, with names: as the interface lists it now, to who may see it."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.console.asked import EVERY_ROW, Asked
from api.console.figures import amount
from api.console.inside import FORBIDDEN, Refused
from api.console.view import AmountUnit
from api.console.words import word
from domain.access import Right
from domain.evaluation import EvaluationKind
from domain.shape import Shape, text_problem

NOT_FOUND: Final = 404
MOST_IN_SELECT: Final = 200
"""Of more than so many one types, and is shown what fits."""

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""By the list."""

_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "lines": ("lines", "projects", "units"),
    "subjects": ("projects", "units", "appropriations"),
    "indicators": (),
}
"""What is asked for to show a list; any other needs itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One id, and what is said of it."""

    value: str
    text: str


Choices = Mapping[str, Sequence[Choice]]
"""By the list; a list that the caller may not see is left out, and its ids are typed."""


async def choices_of(asked: Asked, lists: Collection[str], evaluation_id: str) -> Choices:
    """The choices of each list. `evaluation_id` is the one whose indicators are shown; empty: none."""
    needed = sorted({each for name in lists for each in _NEEDS.get(name, (name,))})
    found = await asyncio.gather(*(rows_now(asked, name) for name in needed))
    rows = {name: items for name, items in zip(needed, found, strict=True) if items is not None}
    choices = {name: _MAKERS[name](asked, rows) for name in lists if name in rows and name in _MAKERS}
    if "subjects" in lists and "projects" in rows:
        choices["subjects"] = [each for name in _NEEDS["subjects"] for each in _MAKERS[name](asked, rows)]
    if "indicators" in lists and evaluation_id:
        choices["indicators"] = await _indicators(asked, evaluation_id)
    return choices


async def rows_now(asked: Asked, name: str) -> Sequence[Mapping[str, Any]] | None:
    """The rows of a list today and at the head, whatever the page shows: that is what a command meets.

    None for who may not see it.
    """
    if not asked.may_ask(name):
        return None
    found = await asked.inside.get(asked.address(name), {"limit": EVERY_ROW})
    items: Sequence[Mapping[str, Any]] = found["items"]
    return items


async def one_now(asked: Asked, name: str, id_: str) -> Mapping[str, Any] | None:
    """One thing of a list today and at the head; None where there is none, or the caller may not see it."""
    if text_problem(Shape.IDENTIFIER, id_) or not asked.may_ask("event" if name == "events" else f"one-of-{name}"):
        return None
    try:
        found: Mapping[str, Any] = await asked.inside.get(asked.address(f"{name}/{id_}"))
    except Refused as refused:
        if refused.status not in {FORBIDDEN, NOT_FOUND}:
            raise
        return None
    return found


def names_of(rows: Rows, name: str) -> Mapping[str, str]:
    """The names of a list by id; empty where it is not seen."""
    id_name = f"{name.removesuffix('s')}_id"
    return {each[id_name]: each["name"] for each in rows.get(name, ())}


def _lines(asked: Asked, rows: Rows) -> list[Choice]:
    projects, units = names_of(rows, "projects"), names_of(rows, "units")
    return [
        Choice(
            value=row["line_id"],
            text=asked.say(
                "{line} · {project} · {unit} · 可用 {available} 元",
                line=row["line_id"],
                project=projects.get(row["project_id"], row["project_id"]),
                unit=units.get(row["unit_id"], row["unit_id"]),
                available=amount(row["available"], AmountUnit.YUAN),
            ),
        )
        for row in rows["lines"]
    ]


def _projects(_asked: Asked, rows: Rows) -> list[Choice]:
    return [_named(row["project_id"], row["name"]) for row in rows["projects"]]


def _units(asked: Asked, rows: Rows) -> list[Choice]:
    """The units that the caller may record for."""
    own = asked.caller.units(Right.RECORD, asked.view.ledger_id)
    return [_named(row["unit_id"], row["name"]) for row in rows["units"] if own is None or row["unit_id"] in own]


def _appropriations(asked: Asked, rows: Rows) -> list[Choice]:
    return [
        Choice(
            value=row["appropriation_id"],
            text=asked.say(
                "{id} · {name} · 未下达 {unallocated} 元",
                id=row["appropriation_id"],
                name=row["name"],
                unallocated=amount(row["unallocated"], AmountUnit.YUAN),
            ),
        )
        for row in rows.get("appropriations", ())
    ]


def _evaluations(asked: Asked, rows: Rows) -> list[Choice]:
    return [
        _named(
            row["evaluation_id"],
            f"{row['subject']['id']} · {row['fiscal_year']} · {asked.say(word(EvaluationKind, row['kind']))}",
        )
        for row in rows["evaluations"]
    ]


async def _indicators(asked: Asked, evaluation_id: str) -> list[Choice]:
    evaluation = await one_now(asked, "evaluations", evaluation_id) or {"indicators": []}
    return [_indicator(asked, each) for each in evaluation["indicators"]]


def _indicator(asked: Asked, row: Mapping[str, Any]) -> Choice:
    parts = [row["code"], row["name"]]
    if row["max_points"] is not None:
        parts.append(asked.say("分值 {points}", points=row["max_points"]))
    if row["score"] is not None:
        parts.append(asked.say("现得分 {points}", points=row["score"]))
    return Choice(value=row["code"], text=" · ".join(parts))


def _named(id_: str, name: str) -> Choice:
    return Choice(value=id_, text=f"{id_} · {name}")


_MAKERS: Final = {
    "lines": _lines,
    "projects": _projects,
    "units": _units,
    "appropriations": _appropriations,
    "evaluations": _evaluations,
}
