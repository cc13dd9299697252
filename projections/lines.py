"""项目指标 with their amounts, what they have from their appropriations, and their flags."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from domain.appropriation import BudgetBook, SourceLevel, SourceNature, appropriation_key
from domain.boundary import Kind
from domain.budget_line import ExpenditureKind, line_key
from domain.flow import NO_FLOW, Flow
from domain.project import project_key
from projections import flags
from projections.balances import as_of_all, as_of_some
from projections.rows import Flag, LineRow, amounts_of
from projections.scope import Scope
from projections.things import Marks, Thing, every_mark, every_thing, some_marks, some_things


class Source(NamedTuple):
    """What a line has from its appropriation."""

    fiscal_year: int
    source_level: SourceLevel
    source_nature: SourceNature
    budget_book: BudgetBook


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Lines by key with all that their rows need; `sources` holds at least the appropriations of all of them."""

    things: Mapping[str, Thing]
    sources: Mapping[str, Thing]
    flows: Mapping[str, Flow]
    marks: Marks

    @cached_property
    def rows(self) -> list[LineRow]:
        """The lines that exist, by id."""
        sources = {key: _source(self.sources[key]) for key in sources_of(self.things)}
        return [
            _row(
                line.attributes,
                sources[appropriation_key(line.attributes["appropriation_id"])],
                self.flows.get(key, NO_FLOW),
                self.marks.get(key, ()),
            )
            for key, line in self.things.items()
            if line.exists
        ]

    def flows_of_projects(self) -> dict[str, Flow]:
        """The sums of the lines of each project by its key, also of lines that no longer exist.

        They equal the balances of the projects' own accounts: each money fact moves one line and its project alike.
        """
        summed: dict[str, Flow] = {}
        for key, flow in self.flows.items():
            project = project_key(self.things[key].attributes["project_id"])
            summed[project] = summed[project].plus(flow) if project in summed else flow
        return summed


def rows(scope: Scope, line_ids: Iterable[str] | None) -> list[LineRow]:
    """The lines of the ids that exist, by id; with None every line."""
    if line_ids is None:
        return every_line(scope).rows
    keys = [line_key(line_id) for line_id in line_ids]
    found = some_things(scope, keys)
    some = Lines(
        things=found,
        sources=some_things(scope, sources_of(found)),
        flows=as_of_some(scope, keys),
        marks=some_marks(scope, keys),
    )
    return some.rows


def every_line(scope: Scope) -> Lines:
    """Every line."""
    return Lines(
        things=every_thing(scope, Kind.LINE),
        sources=every_thing(scope, Kind.APPROPRIATION),
        flows=as_of_all(scope, Kind.LINE),
        marks=every_mark(scope, Kind.LINE),
    )


def sources_of(lines: Mapping[str, Thing]) -> set[str]:
    """Keys of the appropriations of the lines."""
    return {appropriation_key(line.attributes["appropriation_id"]) for line in lines.values()}


def _source(appropriation: Thing) -> Source:
    values = appropriation.attributes
    return Source(
        fiscal_year=values["fiscal_year"],
        source_level=SourceLevel(values["source_level"]),
        source_nature=SourceNature(values["source_nature"]),
        budget_book=BudgetBook(values["budget_book"]),
    )


def _row(line: Mapping[str, Any], source: Source, flow: Flow, marked: Iterable[Flag]) -> LineRow:
    kind = line["expenditure_kind"]
    return LineRow(
        line_id=line["line_id"],
        appropriation_id=line["appropriation_id"],
        project_id=line["project_id"],
        unit_id=line["unit_id"],
        function_code=line["function_code"],
        economic_code=line["economic_code"],
        expenditure_kind=None if kind is None else ExpenditureKind(kind),
        fiscal_year=source.fiscal_year,
        source_level=source.source_level,
        source_nature=source.source_nature,
        budget_book=source.budget_book,
        flags=flags.in_order(flags.of_account(flow, marked)),
        amounts=amounts_of(flow),
    )
