"""Runs every benchmark and writes what came out beside the goals.

python -m benchmarks            measures everything, prints the tables, writes them into README.md, draws the plots
python -m benchmarks --table    only the tables and plots, from the results that are recorded
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import growth_page
from benchmarks.machine import DATABASES, RESULTS, ROOT, say
from benchmarks.peers import plots
from benchmarks.peers.installation import install_python
from benchmarks.peers.table import document, notes

SCRIPTS: Final = ("write_rates", "projector", "as_of", "proofs", "beside_import", "growth", "lag", "workers")
WITHOUT_GOAL: Final = ("stages", "refusals", "console", "peers")
README: Final = Path(__file__).with_name("README.md")


class Line(NamedTuple):
    """One goal on one database. `ratio` is None where the goal is a figure of its own."""

    goal: str
    database: str
    measured: str
    peer: str
    ratio: float | None
    is_met: bool
    is_disturbed: bool

    def cells(self) -> list[str]:
        """As the table shows them."""
        ratio = "" if self.ratio is None else f"{self.ratio:g}x"
        met = ("yes" if self.is_met else "no") + (" (disturbed)" if self.is_disturbed else "")
        return [self.goal, self.database, self.measured, self.peer, ratio, met]


HEADER: Final = ["goal", "database", "measured", "against", "ratio", "met"]


def run_all() -> None:
    """Runs each script in a process of its own, so that none leaves memory or threads to the next."""
    for name in (*SCRIPTS, *WITHOUT_GOAL):
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT, check=True)  # noqa: S603 (our own)


def lines() -> Iterator[Line]:
    """Every goal for which there is a result."""
    for name in SCRIPTS:
        path = RESULTS / f"{name}.json"
        if not path.exists():
            continue
        result = json.loads(path.read_text(encoding="utf-8"))
        for database in DATABASES:
            if database in result["measured"]:
                yield from _OF_SCRIPT[name](result, database)


def table() -> str:
    """The goals and what was measured, in Markdown."""
    rows = [HEADER, ["---"] * len(HEADER), *(line.cells() for line in lines())]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def update_readme(section: str, text: str) -> None:
    """Puts the text between the two marks of a section."""
    page = README.read_text(encoding="utf-8")
    README.write_text(with_section(page, section, text), encoding="utf-8")


def with_section(page: str, section: str, text: str) -> str:
    """The page with the text between the two marks of a section.

    Raises:
        ValueError: the page lacks one of the marks.
    """
    begin, end = f"<!-- {section}: written by `python -m benchmarks` -->", f"<!-- end of {section} -->"
    before, _, rest = page.partition(begin)
    _, mark, after = rest.partition(end)
    if not mark:
        message = f"the page has no marks of {section}"
        raise ValueError(message)
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def show_peers() -> None:
    """The peers' section and plots, from the recorded result; nothing where there is none."""
    path = RESULTS / "peers.json"
    if not path.exists():
        return
    result = json.loads(path.read_text(encoding="utf-8"))
    text = document(result)
    print(text)
    update_readme("peers", text)
    update_readme("not like for like", notes(result))
    problem = install_python()
    if problem is not None:
        say(f"the plots are left as they are: {problem}")
        return
    for plot in plots.draw(result):
        say(str(plot))


def show_growth() -> None:
    """The section and the plot of growth, from the recorded result; nothing where there is none."""
    path = RESULTS / "growth.json"
    if not path.exists():
        return
    result = json.loads(path.read_text(encoding="utf-8"))
    update_readme("growth", growth_page.table(result))
    if install_python() is None:
        say(str(growth_page.draw(result)))


def is_disturbed(result: dict[str, Any], database: str) -> bool:
    """Whether other work took so much of the machine that the figures say little: it keeps about two busy itself."""
    loads: list[float] = [each[0] for each in result["measured"][database]["load_average"]]
    cores: int = result["machine"]["cores"]
    return max(loads) > 2 * cores + 1


def _write_rates(result: dict[str, Any], database: str) -> Iterator[Line]:
    measured = result["measured"][database]
    theirs = _rate(measured["library"])
    for name, words in (("batch", "batches of 1,000 over HTTP"), ("single", "64 concurrent single writes over HTTP")):
        goal = result["goals"][f"{name}_ratio"]
        yield _ratio(f"{words}: at least {goal:g}x", result, database, _rate(measured[name]), theirs, f"{name}_ratio")


def _projector(result: dict[str, Any], database: str) -> Iterator[Line]:
    measured = result["measured"][database]
    goal = result["goals"]["projector_ratio"]
    rates = _rate(measured["ours"]), _rate(measured["library"])
    yield _ratio(f"projector: at least {goal:g}x", result, database, *rates, "projector_ratio")


def _as_of(result: dict[str, Any], database: str) -> Iterator[Line]:
    measured, goals = result["measured"][database], result["goals"]
    disturbed = is_disturbed(result, database)
    took, peak = measured["one_project_ms"]["median"], measured["memory_mb"]["peak"]
    goal = f"one project at a past, over HTTP: under {goals['one_project_ms']:g} ms"
    yield Line(goal, database, f"{took} ms", "", None, took < goals["one_project_ms"], disturbed)
    goal = f"memory of `serve` there: under {goals['memory_mb']:g} MB"
    yield Line(goal, database, f"{peak} MB at its peak", "", None, peak < goals["memory_mb"], is_disturbed=False)


def _proofs(result: dict[str, Any], database: str) -> Iterator[Line]:
    measured, goals = result["measured"][database], result["goals"]
    rates = _rate(measured["with_tree"]), _rate(measured["without_tree"])
    yield _ratio(
        f"appends with tree: at least {goals['append_ratio']:g}x without", result, database, *rates, "append_ratio"
    )
    if "inclusion" not in measured:
        return
    disturbed = is_disturbed(result, database)
    taken = measured["inclusion"]["median_ms"]
    goal = f"inclusion proof in {measured['inclusion']['leaves']:,} entries: under {goals['inclusion_ms']:g} ms"
    yield Line(goal, database, f"{taken} ms", "", None, taken < goals["inclusion_ms"], disturbed)
    taken = measured["verification"]["seconds"]
    goal = (
        f"offline verification of {measured['verification']['entries']:,} entries: under {goals['verification_s']:g} s"
    )
    yield Line(goal, database, f"{taken} s", "", None, taken < goals["verification_s"], disturbed)


def _beside_import(result: dict[str, Any], database: str) -> Iterator[Line]:
    taken = result["measured"][database]["single_beside_import"]["latency_p99_ms"]["median"]
    most = result["goals"]["latency_p99_ms"]
    goal = f"single writes beside an import: 99 of 100 under {most:g} ms"
    yield Line(goal, database, f"{taken} ms", "", None, taken < most, is_disturbed(result, database))


def _growth(result: dict[str, Any], database: str) -> Iterator[Line]:
    for goal, measured, is_met in growth_page.judged(result["measured"][database], result["goals"]):
        yield Line(goal, database, measured, "", None, is_met, is_disturbed=False)


def _workers(result: dict[str, Any], database: str) -> Iterator[Line]:
    measured, least = result["measured"][database], result["goals"]["share_of_one_worker"]
    one = _rate(measured["workers_1"])
    for name in ("workers_2", "workers_4"):
        share = measured[name]["share_of_one_worker"]["median"]
        goal = f"single writes by {name[-1]} processes to one ledger: at least {least:g}x those of one"
        disturbed = is_disturbed(result, database)
        yield Line(goal, database, _rate(measured[name]), one, share, share >= least, disturbed)


def _lag(result: dict[str, Any], database: str) -> Iterator[Line]:
    measured = result["measured"][database]
    taken, most = measured["lag_p99_ms"]["median"], result["goals"]["lag_p99_ms"]
    goal = f"views behind the log at half the peak of single writes: 99 of 100 under {most:g} ms"
    yield Line(goal, database, f"{taken} ms", "", None, taken < most, is_disturbed(result, database))


def _ratio(goal: str, result: dict[str, Any], database: str, ours: str, theirs: str, name: str) -> Line:
    ratio = result["measured"][database][name]["median"]
    return Line(goal, database, ours, theirs, ratio, ratio >= result["goals"][name], is_disturbed(result, database))


def _rate(arm: dict[str, Any]) -> str:
    return f"{arm['events_per_s']['median']:,.0f}/s"


_OF_SCRIPT: Final = {
    "write_rates": _write_rates,
    "projector": _projector,
    "as_of": _as_of,
    "proofs": _proofs,
    "beside_import": _beside_import,
    "growth": _growth,
    "lag": _lag,
    "workers": _workers,
}


def main() -> None:
    """Measures unless told not to, and shows what is recorded."""
    if "--table" not in sys.argv[1:]:
        run_all()
    text = table()
    print(text)
    update_readme("results", text)
    show_growth()
    show_peers()


if __name__ == "__main__":
    main()
