"""What the growth result says: its goals, a table of every size, and the times as lines."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.peers.plots import FOLDER, SETTINGS

COLUMNS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "one project at a past": lambda of: f"{of['hot_project_ms']['p50']:.2f} ms",
    "every project at a past": lambda of: f"{of['every_project_ms']['p50']:.0f} ms",
    "projects at the head": lambda of: f"{of['head']['projects_ms']:.1f} ms",
    "execution at the head": lambda of: f"{of['head']['execution_ms']:.1f} ms",
    "rebuild": lambda of: f"{of['rebuild_events_per_s']:,}/s" if "rebuild_events_per_s" in of else "",
    "decode and hash": lambda of: f"{of['decode_events_per_s']:,}/s",
    "bytes an event": lambda of: f"{of['bytes_per_event']:,}",
    "memory of serve": lambda of: f"{of['memory_mb']} MB",
}
"""What the table shows of a size."""

_LINES: Final[dict[str, Callable[[dict[str, Any]], float]]] = {
    "one project at a past": lambda of: of["hot_project_ms"]["p50"],
    "every project at a past": lambda of: of["every_project_ms"]["p50"],
    "projects at the head, over HTTP": lambda of: of["head"]["projects_ms"],
    "execution at the head, over HTTP": lambda of: of["head"]["execution_ms"],
}
PLOT: Final = "growth.svg"
_JUDGED_AT: Final = 1_000_000


class Judged(NamedTuple):
    """A goal, what was measured for it, and whether it is met."""

    goal: str
    measured: str
    is_met: bool


def judged(sizes: dict[str, dict[str, Any]], goals: dict[str, float]) -> Iterator[Judged]:
    """The goals at 1,000,000 events, and those of growth between the sizes that were measured."""
    at = sizes.get(str(_JUDGED_AT))
    if at is not None:
        yield from _at_one_size(at, goals)
    smallest, largest = min(sizes, key=int), max(sizes, key=int)
    if at is not None and int(largest) > _JUDGED_AT:
        factor = sizes[largest]["hot_project_ms"]["p50"] / at["hot_project_ms"]["p50"]
        most = goals["one_project_growth"]
        goal = f"one project at a past, {int(largest):,} events against {_JUDGED_AT:,}: within {most:g}x"
        yield Judged(goal, f"{factor:.2f}x", factor <= most)
    for name, words in (("projects_ms", "list of projects"), ("execution_ms", "execution")):
        factor = sizes[largest]["head"][name] / sizes[smallest]["head"][name]
        goal = (
            f"{words} at the head, {int(largest):,} events against {int(smallest):,}: within {goals['head_growth']:g}x"
        )
        yield Judged(goal, f"{factor:.2f}x", factor <= goals["head_growth"])


def _at_one_size(of: dict[str, Any], goals: dict[str, float]) -> Iterator[Judged]:
    where = f"at {_JUDGED_AT:,} events"
    most = (
        ("one_project_ms", "one project at a past, in process,", of["hot_project_ms"]["p50"], "ms"),
        ("every_project_ms", "2,000 projects in full at a past, in process,", of["every_project_ms"]["p50"], "ms"),
        ("bytes_per_event", "the log with its indexes, bytes an event,", of["bytes_per_event"], "bytes"),
        ("memory_mb", "memory of `serve`", of["memory_mb"], "MB"),
    )
    for name, words, value, unit in most:
        yield Judged(f"{words} {where}: at most {goals[name]:,g} {unit}", f"{value:,g} {unit}", value <= goals[name])
    least = (
        ("rebuild_events_per_s", "rebuild of all projections"),
        ("decode_events_per_s", "decoding and hashing stored bytes"),
    )
    for name, words in least:
        yield Judged(f"{words} {where}: at least {goals[name]:,g}/s", f"{of[name]:,}/s", of[name] >= goals[name])


def table(result: dict[str, Any]) -> str:
    """Every size on each database, in Markdown, and the plot."""
    rows = [["database", "events", *COLUMNS], ["---"] * (len(COLUMNS) + 2)]
    for database, sizes in result["measured"].items():
        for size in sorted(sizes, key=int):
            cells = [show(sizes[size]) for show in COLUMNS.values()]
            rows.append([database, f"{int(size):,}", *cells])
    lines = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return f"{lines}\n\n![Times of reads by the number of events](plots/{PLOT})"


def draw(result: dict[str, Any], folder: Path = FOLDER) -> Path:
    """Writes the plot. matplotlib must be there to import, see peers.installation.install_python."""
    import matplotlib  # noqa: PLC0415 (only who draws needs it, and the tables are written without)
    from matplotlib.figure import Figure  # noqa: PLC0415 (the same)

    with matplotlib.rc_context(SETTINGS):
        canvas = Figure(figsize=(9, 3.2), layout="constrained")
        panels = canvas.subplots(1, len(result["measured"]), sharey=True, squeeze=False)[0]
        for axes, (database, sizes) in zip(panels, result["measured"].items(), strict=True):
            counts = sorted(map(int, sizes))
            for words, figure in _LINES.items():
                axes.plot(counts, [figure(sizes[str(count)]) for count in counts], marker="o", label=words)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_title(f"{database}: ms by events (log scales)", fontsize=9, loc="left")
        panels[0].legend(fontsize=7)
        path = folder / PLOT
        canvas.savefig(path, metadata={"Date": None, "Creator": None})
    return path
