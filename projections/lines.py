"""项目指标 with their amounts, what they have from their appropriations, and their flags."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from domain.appropriation import BudgetBook, SourceLevel, SourceNature, appropriation_key
from domain.boundary import Kind
from domain.budget_line import ExpenditureKind, line_key
from domain.flow import Flow
from projections import flags
from projections.balances import as_of_some
from projections.facts import FactKind
from projections.measures import NOTHING, Measures
from projections.rows import Flag, LineRow, amounts_of
from projections.scope import Scope
from projections.things import Thing, assumed, every_thing, some_things


class Source(NamedTuple):
    """What a line has from its appropriation."""

    fiscal_year: int
    source_level: SourceLevel
    source_nature: SourceNature
    budget_book: BudgetBook


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Lines by key with all that their rows need.

    `sources` holds at least the appropriations of all of them, `measures` what moved any of them, `assumed` the keys of
    those that rest on an assumption; each may hold more.
    """

    things: Mapping[str, Thing]
    sources: Mapping[str, Thing]
    measures: Mapping[str, Measures]
    assumed: Collection[str]

    @cached_property
    def rows(self) -> list[LineRow]:
        """The lines that exist, by id."""
        sources = {key: _source(self.sources[key]) for key in sources_of(self.things)}
        return [
            _row(
                line.attributes,
                sources[appropriation_key(line.attributes["appropriation_id"])],
                self.measures.get(key, NOTHING).flow,
                flags.in_order(self._flags(key)),
            )
            for key, line in self.things.items()
            if line.exists
        ]

    @cached_property
    def flags_by_project(self) -> dict[str, list[Flag]]:
        """The flags of the lines that exist, by project id; a project without any is left out."""
        # Lists: putting members of an enumeration into a set takes longer than finding them.
        raised: dict[str, list[Flag]] = {}
        for key, line in self.things.items():
            if line.exists and (own := self._flags(key)):
                raised.setdefault(line.attributes["project_id"], []).extend(own)
        return raised

    def _flags(self, key: str) -> list[Flag]:
        measures = self.measures.get(key, NOTHING)
        return flags.of_account(measures.flow, measures.marks, is_assumed=key in self.assumed)

    def added_up(self, key_of: Callable[[dict[str, Any]], str]) -> dict[str, Measures]:
        """The sums of the lines that have one key by their attributes, also of lines that were taken back."""
        summed: dict[str, Measures] = {}
        for line, thing in self.things.items():
            measures = self.measures.get(line)
            if measures is not None:
                key = key_of(thing.attributes)
                summed[key] = summed[key].plus(measures) if key in summed else measures
        return summed


def rows(scope: Scope, line_ids: Iterable[str]) -> list[LineRow]:
    """The lines of the ids that exist, by id."""
    things = some_things(scope, map(line_key, line_ids))
    return some_lines(scope, things, some_things(scope, sources_of(things))).rows


def some_lines(scope: Scope, things: Mapping[str, Thing], sources: Mapping[str, Thing]) -> Lines:
    """The given lines of the given appropriations."""
    return Lines(
        things=things,
        sources=sources,
        measures=as_of_some(scope, things),
        assumed=assumed(scope, things),
    )


def every_line(scope: Scope) -> Lines:
    """Every line, with every appropriation."""
    things = every_thing(scope, Kind.LINE)
    return Lines(
        things=things,
        sources=every_thing(scope, Kind.APPROPRIATION),
        measures=as_of_some(scope, things),
        assumed=assumed(scope, things),
    )


def lines_said_of(things: Mapping[str, Thing]) -> dict[str, Thing]:
    """The lines of projects or appropriations, by key, sorted: their facts say all that a line's registration does."""
    facts = [fact for thing in things.values() for fact in thing.of(FactKind.LINE)]
    found = {line_key(fact.value["line_id"]): fact for fact in facts}
    return {
        key: Thing(
            attributes=found[key].value, exists=found[key].stands, opened=(found[key].day, found[key].position), said=()
        )
        for key in sorted(found)
    }


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


def _row(line: Mapping[str, Any], source: Source, flow: Flow, raised: tuple[Flag, ...]) -> LineRow:
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
        flags=raised,
        amounts=amounts_of(flow),
    )
