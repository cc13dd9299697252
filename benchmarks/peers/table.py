"""What was measured of the peers, in Markdown."""

import textwrap
from collections.abc import Mapping
from statistics import median
from typing import Any, Final

from benchmarks.peers.rounds import NOW

WIDTH: Final = 120
HEADER: Final = (
    "system",
    "single writes",
    "bulk",
    "bulk until readable",
    "one project now",
    "one project at a past",
    "all projects now",
    "all projects at a past",
    "rebuild",
    "bytes an event",
    "answers",
)


def document(result: dict[str, Any]) -> str:
    """How it was measured, the table, what was left out, the plots and the statuses."""
    parts = [_introduction(result), _markdown([HEADER, *(_row(*each) for each in result["measured"].items())])]
    parts += _problems(result)
    parts += [f"![{words}](plots/{name}.svg)" for name, words in PLOTS.items()]
    parts += ["The workload's statuses are recorded in ours as:", statuses_table(result["statuses"])]
    return "\n\n".join(parts)


def notes(result: dict[str, Any]) -> str:
    """What is not like for like, of each system."""
    return "\n".join(_filled(f"- **{name}**: {of['notes']}", "  ") for name, of in result["measured"].items())


PLOTS: Final = {
    "peers-writes": "Single writes and bulk, in events a second",
    "peers-reads": "One project and all projects at a past, in milliseconds",
    "peers-rebuild": "Rebuild in events a second, and bytes an event",
}
"""File names without ending, and what is to be seen there."""


def statuses_table(statuses: Mapping[str, str]) -> str:
    """Which status of the workload is recorded as which of ours."""
    return _markdown([("workload", "ours"), *statuses.items()])


def at_a_past(figures: dict[str, dict[str, Any]]) -> float:
    """The median over the cuts that are not the present."""
    return float(median(figure["median"] for cut, figure in figures.items() if cut != NOW))


def wrong_answers(of: dict[str, Any]) -> list[str]:
    """The checks of a system that found a wrong answer."""
    return [
        f"{name} ({each['wrong_projects']})" for name, each in of.get("answers", {}).items() if each["wrong_projects"]
    ]


def _introduction(result: dict[str, Any]) -> str:
    conditions = result["conditions"]
    highest = max(each[0] for each in result["load_average"])
    disturbed = " *Disturbed.*" if highest > 2 * result["machine"]["cores"] + 1 else ""
    return _filled(
        f"{conditions['events']:,} events; rounds: {conditions['rounds']}, in {conditions['minutes']:g} minutes on "
        f"{result['measured_at'][:10]}. The load average before a round was at most {highest}.{disturbed} "
        "Rates are in events a second, times for one question."
    )


def _row(name: str, of: dict[str, Any]) -> tuple[str, ...]:
    system = f"{name} {of['version']}".strip()
    if "bulk_per_s" not in of:
        return (system, *[""] * (len(HEADER) - 2), "none")
    one, every = of["one_project_ms"], of["every_project_ms"]
    return (
        system,
        _rate(of["singles_per_s"]),
        _rate(of["bulk_per_s"]),
        _rate(of["readable_per_s"]),
        _time(one[NOW]["median"]),
        _time(at_a_past(one)),
        _time(every[NOW]["median"]),
        _time(at_a_past(every)),
        _rate(of["rebuild_per_s"]),
        "" if of["bytes_per_event"] is None else f"{of['bytes_per_event']['median']:,.0f}",
        "wrong" if wrong_answers(of) else "right",
    )


def _problems(result: dict[str, Any]) -> list[str]:
    """What could not be had, what failed and what was wrong, each in a paragraph; none where all went well."""
    said = [f"{name} was left out: {reason}." for name, reason in result["left_out"].items()]
    for name, of in result["measured"].items():
        if of["failure"] is not None:
            said.append(f"{name} failed: {of['failure']}")
        if wrong := wrong_answers(of):
            said.append(f"{name} answered wrong, with so many projects: {', '.join(wrong)}.")
    return [_filled(each) for each in said]


def _rate(figure: dict[str, Any] | None) -> str:
    return "" if figure is None else f"{figure['median']:,.0f}/s"


def _time(milliseconds: float) -> str:
    digits = 0 if milliseconds >= 100 else 1 if milliseconds >= 10 else 2
    return f"{milliseconds:,.{digits}f} ms"


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _markdown(rows: list[tuple[str, ...]]) -> str:
    ruled = [rows[0], ("---",) * len(rows[0]), *rows[1:]]
    return "\n".join("| " + " | ".join(row) + " |" for row in ruled)
