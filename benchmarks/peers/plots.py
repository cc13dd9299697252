"""The peers' figures as bars, in SVG. The same figures give the same files, whenever they are drawn."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.machine import ROOT
from benchmarks.peers.table import PLOTS, at_a_past

FOLDER: Final = ROOT / "benchmarks" / "plots"
_OURS: Final = "#1f5f8b"
_OTHERS: Final = "#a9b3bb"
SETTINGS: Final = {
    "svg.hashsalt": "fundtrail",
    # Text stays text: smaller than outlines, and can be searched for.
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}

Figure = Callable[[dict[str, Any]], float | None]
"""What a panel shows of a system; None where it has no such thing."""


class Panel(NamedTuple):
    """One set of bars. `is_log` where the systems are more than tens of times apart."""

    title: str
    figure: Figure
    is_log: bool


def _median_of(name: str) -> Figure:
    def median(of: dict[str, Any]) -> float | None:
        return None if of[name] is None else float(of[name]["median"])

    return median


def _past_of(name: str) -> Figure:
    return lambda of: at_a_past(of[name])


_PANELS: Final = {
    "peers-writes": (
        Panel("single writes, events/s", _median_of("singles_per_s"), is_log=False),
        Panel("bulk, events/s", _median_of("bulk_per_s"), is_log=False),
    ),
    "peers-reads": (
        Panel("one project at a past, ms (log scale)", _past_of("one_project_ms"), is_log=True),
        Panel("all projects at a past, ms (log scale)", _past_of("every_project_ms"), is_log=True),
    ),
    "peers-rebuild": (
        Panel("rebuild, events/s (log scale)", _median_of("rebuild_per_s"), is_log=True),
        Panel("bytes an event", _median_of("bytes_per_event"), is_log=False),
    ),
}
assert _PANELS.keys() == PLOTS.keys(), "every plot that the page shows is drawn"


def draw(result: dict[str, Any], folder: Path = FOLDER) -> Iterator[Path]:
    """Writes every plot; the files. matplotlib must be there to import, see installation.install_python."""
    import matplotlib  # noqa: PLC0415 (only who draws needs it, and the tables are written without)
    from matplotlib.figure import Figure as Canvas  # noqa: PLC0415 (the same)

    measured = {name: of for name, of in result["measured"].items() if "bulk_per_s" in of}
    folder.mkdir(exist_ok=True)
    with matplotlib.rc_context(SETTINGS):
        for name, panels in _PANELS.items():
            canvas = Canvas(figsize=(9, 0.9 + 0.28 * len(measured)), layout="constrained")
            for axes, panel in zip(canvas.subplots(1, len(panels), sharey=True), panels, strict=True):
                _bars(axes, panel, {system: panel.figure(of) for system, of in measured.items()})
            path = folder / f"{name}.svg"
            canvas.savefig(path, metadata={"Date": None, "Creator": None})
            yield path


def _bars(axes: Any, panel: Panel, values: dict[str, float | None]) -> None:
    """The first system on top, each bar with its figure."""
    names = list(values)[::-1]
    lengths = [values[name] or 0.0 for name in names]
    colours = [_OURS if name.startswith("fundtrail") else _OTHERS for name in names]
    bars = axes.barh(names, lengths, color=colours)
    axes.bar_label(bars, [_label(values[name]) for name in names], padding=3, fontsize=8)
    axes.set_title(panel.title, fontsize=9, loc="left")
    if panel.is_log:
        axes.set_xscale("log")
        axes.minorticks_off()
    axes.margins(x=0.2)


def _label(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
