"""资金流向: how the money runs from its sources over the units to the projects, for a chart and its table.

What is too small to be read is joined, and said to be: nothing is left out of a sum.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from api.console.asked import Asked
from api.console.figures import amount, hundredths_of
from api.console.sources import Source, source_colour, source_name, source_of
from api.console.table import Column, Kind, Row, Table, field_column
from domain.money import format_hundredths

PROJECTS_SHOWN: Final = 20
UNITS_SHOWN: Final = 14
ROW_HEIGHT: Final = 38
LEAST_HEIGHT: Final = 300

K = TypeVar("K")

OTHERS: Final = None
"""Stands for the units, or the projects, that are joined."""


class Measure(StrEnum):
    """By which sum the chart is drawn."""

    ADJUSTED_BUDGET = "adjusted_budget"
    DISBURSED = "disbursed"


Path = tuple[Source, str | None, str | None]
"""Source, unit, project."""


@dataclass(slots=True)
class Sums:
    """What several lines have, in fen."""

    adjusted_budget: int = 0
    disbursed: int = 0
    line_count: int = 0

    def add(self, line: Row) -> None:
        """Takes a line in."""
        self.adjusted_budget += hundredths_of(line["adjusted_budget"])
        self.disbursed += hundredths_of(line["disbursed"])
        self.line_count += 1

    def of(self, measure: Measure) -> int:
        """The sum by which the chart is drawn."""
        return self.adjusted_budget if measure is Measure.ADJUSTED_BUDGET else self.disbursed


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyFlow:
    """`chart` is what charts.js draws; `height` that of the chart in pixels.

    `joined_projects` and `joined_units` are how many stand together as others; `not_drawn` how many streams have no
    width, being zero or negative.
    """

    chart: Mapping[str, Any]
    table: Table
    height: int
    joined_projects: int
    joined_units: int
    not_drawn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What units and projects are called, by id."""

    units: Mapping[str, str]
    projects: Mapping[str, str]


def money_flow_of(asked: Asked, lines: Sequence[Row], measure: Measure, names: Names) -> MoneyFlow:
    """The flow of the lines."""
    units = _largest(lines, "unit_id", measure, UNITS_SHOWN)
    projects = _largest(lines, "project_id", measure, PROJECTS_SHOWN)
    paths = _by(lines, lambda line: (source_of(line), _or_others(line["unit_id"], units), _project(line, projects)))
    rows = [_row(asked, path, sums, names) for path, sums in sorted(paths.items(), key=_largest_first(measure))]
    drawing = _Drawing(asked, measure, names)
    drawing.draw(paths)
    return MoneyFlow(
        chart=drawing.chart(),
        table=_table(asked, rows, lines),
        height=max(LEAST_HEIGHT, ROW_HEIGHT * drawing.most_in_a_column()),
        joined_projects=len({line["project_id"] for line in lines} - projects),
        joined_units=len({line["unit_id"] for line in lines} - units),
        not_drawn=drawing.not_drawn,
    )


class _Drawing:
    """Nodes and streams of the chart, as they are found."""

    def __init__(self, asked: Asked, measure: Measure, names: Names) -> None:
        self._asked = asked
        self._measure = measure
        self._names = names
        self._nodes: list[dict[str, Any]] = []
        self._links: list[dict[str, Any]] = []
        self.not_drawn = 0

    def draw(self, paths: Mapping[Path, Sums]) -> None:
        """The three columns, and the streams between them."""
        for source, sums in _joined(paths, lambda path: path[0]).items():
            self._add_node(f"s:{source}", source_name(self._asked, source), sums, colour=source_colour(source))
        for unit, sums in _joined(paths, lambda path: path[1]).items():
            self._add_node(f"u:{unit or ''}", unit_name(self._asked, unit, self._names), sums, colour="unit")
        for project, sums in _joined(paths, lambda path: path[2]).items():
            is_over = project is not OTHERS and sums.disbursed > sums.adjusted_budget
            name = project_name(self._asked, project, self._names)
            self._add_node(f"p:{project or ''}", name, sums, colour="over" if is_over else "project")
        for (source, unit), sums in _joined(paths, lambda path: (path[0], path[1])).items():
            self._add_link(f"s:{source}", f"u:{unit or ''}", sums, source_colour(source))
        for (unit, project), sums in _joined(paths, lambda path: (path[1], path[2])).items():
            self._add_link(f"u:{unit or ''}", f"p:{project or ''}", sums, "plain")

    def chart(self) -> dict[str, Any]:
        """What is drawn; a node that no stream touches is not."""
        touched = {link[end] for link in self._links for end in ("source", "target")}
        nodes = [node for node in self._nodes if node["id"] in touched]
        return {"kind": "flow", "nodes": nodes, "links": self._links}

    def most_in_a_column(self) -> int:
        """How many ends of streams stand above each other where they are most."""
        touched = {link[end] for link in self._links for end in ("source", "target")}
        return max(Counter(identifier[0] for identifier in touched).values(), default=0)

    def _add_node(self, identifier: str, name: str, sums: Sums, colour: str) -> None:
        shown = self._shown(sums)
        self._nodes.append({"id": identifier, "name": name, "amount": shown, "colour": colour})

    def _add_link(self, source: str, target: str, sums: Sums, colour: str) -> None:
        width = sums.of(self._measure)
        if width <= 0:
            self.not_drawn += 1
            return
        link = {"source": source, "target": target, "value": width, "amount": self._shown(sums), "colour": colour}
        self._links.append(link)

    def _shown(self, sums: Sums) -> str:
        return amount(format_hundredths(sums.of(self._measure)), self._asked.view.unit)


def unit_name(asked: Asked, unit: str | None, names: Names) -> str:
    """What a unit of the flow is called."""
    return asked.say("其他单位") if unit is OTHERS else names.units.get(unit, unit)


def project_name(asked: Asked, project: str | None, names: Names) -> str:
    """What a project of the flow is called."""
    return asked.say("其他项目") if project is OTHERS else names.projects.get(project, project)


def _largest(lines: Iterable[Row], field: str, measure: Measure, count: int) -> frozenset[str]:
    """The ids with the largest sums; all of them where one more would be joined alone."""
    sums = _by(lines, lambda line: line[field])
    ranked = sorted(sums, key=lambda key: (-sums[key].of(measure), key))
    return frozenset(ranked if len(ranked) <= count + 1 else ranked[:count])


def _or_others(identifier: str, shown: Collection[str]) -> str | None:
    return identifier if identifier in shown else OTHERS


def _project(line: Row, shown: Collection[str]) -> str | None:
    return _or_others(line["project_id"], shown)


def _by(lines: Iterable[Row], key: Callable[[Row], K]) -> dict[K, Sums]:
    sums: dict[K, Sums] = defaultdict(Sums)
    for line in lines:
        sums[key(line)].add(line)
    return dict(sums)


def _joined(paths: Mapping[Path, Sums], key: Callable[[Path], K]) -> dict[K, Sums]:
    """The sums of the paths that have the key in common."""
    joined: dict[K, Sums] = defaultdict(Sums)
    for path, sums in paths.items():
        of_key = joined[key(path)]
        of_key.adjusted_budget += sums.adjusted_budget
        of_key.disbursed += sums.disbursed
        of_key.line_count += sums.line_count
    return dict(joined)


def _largest_first(measure: Measure) -> Callable[[tuple[Path, Sums]], tuple[int, str]]:
    return lambda item: (-item[1].of(measure), str(item[0]))


def _row(asked: Asked, path: Path, sums: Sums, names: Names) -> Row:
    source, unit, project = path
    return {
        "source": source_name(asked, source),
        "source_level": source[0],
        "source_nature": source[1],
        "unit_id": unit,
        "unit": unit_name(asked, unit, names),
        "project_id": project,
        "project": project_name(asked, project, names),
        "adjusted_budget": format_hundredths(sums.adjusted_budget),
        "disbursed": format_hundredths(sums.disbursed),
        "line_count": sums.line_count,
    }


def _table(asked: Asked, rows: Sequence[Row], lines: Iterable[Row]) -> Table:
    whole = Sums()
    for line in lines:
        whole.add(line)
    total = {
        **dict.fromkeys(("source_level", "source_nature", "unit_id", "unit", "project_id", "project")),
        "source": asked.say("合计"),
        "adjusted_budget": format_hundredths(whole.adjusted_budget),
        "disbursed": format_hundredths(whole.disbursed),
        "line_count": whole.line_count,
    }
    columns: tuple[Column, ...] = (
        field_column("source", asked.say("资金来源")),
        field_column("unit", asked.say("单位")),
        field_column("project", asked.say("项目")),
        field_column("adjusted_budget", asked.say("全年预算"), Kind.AMOUNT),
        field_column("disbursed", asked.say("累计支出"), Kind.AMOUNT),
        field_column("line_count", asked.say("项目指标数"), Kind.COUNT),
    )
    return Table(name="flow", title=asked.say("资金流向"), columns=columns, rows=rows, total=total)
