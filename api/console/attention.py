"""需关注: what an auditor would look at first. Severe things project by project, mild ones counted.

A flag that most projects bear, as 含补录 in a ledger that was typed in from a report, must not hide an overrun.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.console.figures import hundredths_of
from api.console.table import Row
from domain.project import ProjectStatus
from projections.rows import Flag

LAG_HUNDREDTHS: Final = 2_000
"""A project lags that is so far behind the elapsed share of the year: 20 percentage points."""

OF_MONEY: Final = (Flag.OVERRUN, Flag.NEGATIVE_AVAILABLE, Flag.SPENDING_WITHOUT_BUDGET)
OF_ORDER: Final = (Flag.STARTED_BEFORE_APPROVAL, Flag.USED_BEFORE_ACCEPTANCE)
MILD: Final = tuple(flag for flag in Flag if flag not in {*OF_MONEY, *OF_ORDER})
"""What needs to be known of a figure, and is nothing wrong by itself."""

HALTED: Final = frozenset(
    {ProjectStatus.SUSPENDED, ProjectStatus.NOT_CARRIED_OUT, ProjectStatus.CANCELLED, ProjectStatus.OUT_OF_USE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A project with what is severe about it, the worst first. `halted` is its status where that is among them.

    `short_line` is its line with the least available, where that is below zero and the sum of the project is not: a
    flag of one line then stands beside a sum that does not show why.
    """

    project: Row
    short_line: Row | None
    flags: tuple[Flag, ...]
    halted: ProjectStatus | None
    is_lagging: bool

    @property
    def available(self) -> str:
        """The available balance that shows what is wrong."""
        row = self.project if self.short_line is None else self.short_line
        available: str = row["available"]
        return available

    @property
    def is_of_money(self) -> bool:
        """Whether its available balance says it, rather than its rate."""
        return bool(self.flags) and self.flags[0] in OF_MONEY

    def rank(self) -> tuple[int, int, str]:
        """The worst first: by what is worst about it, then by the figure that shows it."""
        kinds = [flag in self.flags for flag in OF_MONEY]
        kinds += [self.halted is not None, *(flag in self.flags for flag in OF_ORDER), self.is_lagging]
        figure = self.available if self.is_of_money else self.project["execution_rate"]
        return kinds.index(True), 0 if figure is None else hundredths_of(figure), self.project["project_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """The severe things, the worst first, and how many projects bear each mild flag."""

    concerns: Sequence[Concern]
    mild: Sequence[tuple[Flag, int]]


def attention_of(projects: Sequence[Row], lines: Iterable[Row], elapsed: str | None) -> Attention:
    """What stands out among the projects; `lines` are those of all of them, of every year."""
    short = _shortest(lines)
    concerns = [concern for row in projects if (concern := _concern_of(row, short, elapsed)) is not None]
    counted = [(flag, sum(flag in row["flags"] for row in projects)) for flag in MILD]
    return Attention(
        concerns=sorted(concerns, key=Concern.rank), mild=[(flag, count) for flag, count in counted if count]
    )


def lags(row: Row, elapsed: str | None) -> bool:
    """Whether a project is far behind the elapsed share of the year; never where there is no single year."""
    rate = row["execution_rate"]
    if rate is None or elapsed is None:
        return False
    return hundredths_of(rate) < hundredths_of(elapsed) - LAG_HUNDREDTHS


def _shortest(lines: Iterable[Row]) -> Mapping[str, Row]:
    """Of each project the line with the least available, where that is below zero."""
    negative = [line for line in lines if hundredths_of(line["available"]) < 0]
    worst_last = sorted(negative, key=lambda line: hundredths_of(line["available"]), reverse=True)
    return {line["project_id"]: line for line in worst_last}


def _concern_of(row: Row, short: Mapping[str, Row], elapsed: str | None) -> Concern | None:
    flags = tuple(flag for flag in (*OF_MONEY, *OF_ORDER) if flag in row["flags"])
    halted = ProjectStatus(row["status"]) if row["status"] in HALTED else None
    is_lagging = lags(row, elapsed)
    if not flags and halted is None and not is_lagging:
        return None
    short_line = short.get(row["project_id"]) if hundredths_of(row["available"]) >= 0 else None
    return Concern(project=row, short_line=short_line, flags=flags, halted=halted, is_lagging=is_lagging)
