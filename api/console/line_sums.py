"""The sums of lines, where the interface has none of just those."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from api.console.figures import hundredths_of
from api.console.table import Row
from domain.money import format_hundredths, percent

_SUMS: Final = ("adjusted_budget", "disbursed", "recovered", "carried_out", "available")

Sums = Mapping[str, str | None]
"""As the interface has them: exact texts by the name of the field, None where there is nothing to say."""


def sums_of(lines: Sequence[Row]) -> Sums:
    """The sums of the lines, and their rates: sum over sum."""
    fen = {name: sum(hundredths_of(line[name]) for line in lines) for name in _SUMS}
    stated = [hundredths_of(line["initial_budget"]) for line in lines if line["initial_budget"] is not None]
    initial = sum(stated) if stated else None
    return {
        "initial_budget": None if initial is None else format_hundredths(initial),
        **{name: format_hundredths(value) for name, value in fen.items()},
        "execution_rate": percent(fen["disbursed"], fen["adjusted_budget"]),
        "execution_rate_initial": percent(fen["disbursed"], initial),
    }


def lines_by(field: str, lines: Iterable[Row]) -> Mapping[str, Sequence[Row]]:
    """The lines by what they have in a field."""
    found: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        found[line[field]].append(line)
    return found
