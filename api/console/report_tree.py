"""Lines added up by levels: a group with its parts below it, at three moments. All sums are in fen."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from api.console.figures import hundredths_of

Line = Mapping[str, Any]
"""A row of the interface's list of lines."""


class Place(NamedTuple):
    """A group at one level: what it is sorted by (None comes last), and what it is called."""

    key: str | int | None
    label: str


Path = Callable[[Line], Sequence[Place]]
"""The groups of a line, from the outermost to its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Of some lines at one moment. `initial` is None while none of them has an initial budget."""

    initial: int | None = None
    adjusted: int = 0
    disbursed: int = 0

    def plus(self, other: "Sums") -> "Sums":
        """Both together."""
        initials = [each for each in (self.initial, other.initial) if each is not None]
        return Sums(
            initial=sum(initials) if initials else None,
            adjusted=self.adjusted + other.adjusted,
            disbursed=self.disbursed + other.disbursed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Of a group now, at the end of the month before, and a year earlier; None where it had no line."""

    now: Sums | None = None
    month_before: Sums | None = None
    year_before: Sums | None = None

    def plus(self, other: "Moments") -> "Moments":
        """Both together."""
        return Moments(
            now=_both(self.now, other.now),
            month_before=_both(self.month_before, other.month_before),
            year_before=_both(self.year_before, other.year_before),
        )


@dataclass(slots=True, kw_only=True)
class Node:
    """A group. `own` are its lines that are in no group below it."""

    place: Place
    own: Moments = field(default_factory=Moments)
    below: dict[str | int | None, "Node"] = field(default_factory=dict)

    @property
    def parts(self) -> list["Node"]:
        """The groups below it in order, None last."""
        return sorted(self.below.values(), key=lambda node: (node.place.key is None, node.place.key))

    @property
    def all(self) -> Moments:
        """Its own lines and those of its parts."""
        total = self.own
        for part in self.below.values():
            total = total.plus(part.all)
        return total

    def add(self, path: Sequence[Place], moments: Moments) -> None:
        """Adds a line to the group at the end of the path."""
        if not path:
            self.own = self.own.plus(moments)
            return
        first, *rest = path
        self.below.setdefault(first.key, Node(place=first)).add(rest, moments)


def tree_of(now: Iterable[Line], month_before: Iterable[Line], year_before: Iterable[Line], path: Path) -> Node:
    """The groups of lines as they are now, before the month and, of the fiscal year before, a year earlier."""
    earlier = {line["line_id"]: sums_of(line) for line in month_before}
    root = Node(place=Place(None, ""))
    for line in now:
        root.add(path(line), Moments(now=sums_of(line), month_before=earlier.get(line["line_id"])))
    for line in year_before:
        root.add(path(line), Moments(year_before=sums_of(line)))
    return root


def walk(node: Node, own_label: str, depth: int = 0) -> Iterator[tuple[Node, int]]:
    """Every group below a node with its depth, a group before its parts.

    Lines of a group that has parts are shown as a part of their own, so that its parts add up to it.
    """
    for part in node.parts:
        yield part, depth
        if part.below and part.own != Moments():
            yield Node(place=part.place._replace(label=own_label), own=part.own), depth + 1
        yield from walk(part, own_label, depth + 1)


def sums_of(line: Line) -> Sums:
    """Of one line."""
    initial = line["initial_budget"]
    return Sums(
        initial=None if initial is None else hundredths_of(initial),
        adjusted=hundredths_of(line["adjusted_budget"]),
        disbursed=hundredths_of(line["disbursed"]),
    )


def _both(one: Sums | None, other: Sums | None) -> Sums | None:
    if one is None or other is None:
        return one if other is None else other
    return one.plus(other)
