"""The table of figures: each with its place in the report, the printed value, and how to get the answer for it.

Printed values, labels, sections and lines are read from examples/cases, how to ask from report_questions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tests.scenarios.report_questions import CONTRADICTED, NOT_YET_DERIVABLE, NOTES, QUESTIONS

CASES: Final = Path(__file__).resolve().parents[2] / "examples" / "cases"
CASE_OF: Final = {
    "jincheng-2023": "jincheng-chengqu-2023",
    "tianjiaan-2023": "tianjiaan-2023",
    "jiedao-2020": "jiedao-2020",
}
# Each process of the tests reads these files, and the one in C, where there is one, takes less time.
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MONEY: Final = ("万元", "亿元")


@dataclass(frozen=True)
class Row:
    """A figure of a report and how the ledger is asked for it.

    `printed` is None where the report leaves the arithmetic to the reader. `expected` is the figure (money in 万元)
    with as many decimals as are compared. `ledger_gives` is set where the report contradicts itself: what stands in
    the ledger instead of the printed figure.
    """

    ledger: str
    figure_id: str
    place: str
    label: str
    printed: str | None
    expected: str
    unit: str
    query: str
    answer: str
    ledger_gives: str | None = None
    note: str = ""


def figures(ledger: str) -> dict[str, dict[str, Any]]:
    """Printed and derived figures of the ledger's report, by id."""
    case = _case(ledger)
    return {each["id"]: each for each in (*case["figures"], *case["derived"])}


def derived_or_money(ledger: str) -> set[str]:
    """The ids that must be in the table or in the list of what is not derivable yet."""
    case = _case(ledger)
    printed = {each["id"] for each in case["figures"] if each["unit"] in MONEY}
    return printed | {each["id"] for each in case["derived"]}


@cache
def _case(ledger: str) -> dict[str, Any]:
    text = (CASES / f"{CASE_OF[ledger]}.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.load(text, LOADER)  # noqa: S506 (it is a safe one)
    return content


def _row(ledger: str, figure_id: str, query: str, answer: str) -> Row:
    figure = figures(ledger)[figure_id]
    printed = figure.get("printed", figure.get("value"))
    lines = "、".join(str(line) for line in dict.fromkeys(figure.get("lines", ())))
    section = _case(ledger)["sections"][figure["sec"]]
    contradicted = CONTRADICTED.get((ledger, figure_id))
    return Row(
        ledger=ledger,
        figure_id=figure_id,
        place=f"{section} 第{lines}行" if lines else section,
        label=figure["label"],
        printed=printed,
        expected=str(figure.get("wan", printed or figure.get("rounded_half_up"))).replace(",", ""),
        unit=figure["unit"],
        query=query,
        answer=answer,
        ledger_gives=contradicted[0] if contradicted else None,
        note=contradicted[1] if contradicted else NOTES.get((ledger, figure_id), ""),
    )


def value_of(row: Row, body: Mapping[str, Any]) -> Decimal | None:
    """The row's answer out of a body: money in 万元, everything else as given. None when the service answers null."""
    terms, _, base = row.answer.partition(" / ")
    words = f"+ {terms}".split(" ")
    values = [field(body, name) for name in words[1::2]]
    if any(value is None for value in values):
        return None
    signs = [-1 if sign == "-" else 1 for sign in words[::2]]
    total = sum((sign * Decimal(str(value)) for sign, value in zip(signs, values, strict=True)), Decimal(0))
    if base:
        return total * 100 / Decimal(str(field(body, base)))
    return total / 10_000 if row.unit in MONEY else total


def field(body: Mapping[str, Any], name: str) -> str | int | None:
    """One field of an answer, by `<item>.<field>`."""
    item, _, field_name = name.rpartition(".")
    value: str | int | None = item_of(body, item)[field_name]
    return value


def item_of(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """One item of an answer (of an event its data), or its totals."""
    if name == "total":
        totals: Mapping[str, Any] = body["total"] if "total" in body else body["totals"]
        return totals
    found = [each for each in body["items"] if _name(each) == name]
    if len(found) != 1:
        raise LookupError(f"{len(found)} items are called {name}")
    item: Mapping[str, Any] = found[0]["data"] if "event_id" in found[0] else found[0]
    return item


def _name(item: Mapping[str, Any]) -> str | None:
    """What an item is called: its key or its id; an event by the reason it gives."""
    if "event_id" in item:
        reason: str | None = item["data"].get("reason")
        return reason
    # A line names its project and its appropriation too, so its own id comes first.
    own = ("key", "line_id", "project_id", "evaluation_id", "appropriation_id")
    key: str | None = next(item[name] for name in own if name in item)
    return key


ROWS: Final = tuple(
    _row(ledger, figure_id, query, answer)
    for ledger, questions in QUESTIONS.items()
    for query, answers in questions.items()
    for figure_id, answer in answers.items()
)


def not_yet_derivable(ledger: str) -> list[str]:
    """The ids of the list above."""
    return [figure_id for ids in NOT_YET_DERIVABLE[ledger] for figure_id in ids.split()]
