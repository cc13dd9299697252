"""How far a long piece of work is: a bar for whoever watches a terminal, a line now and then for a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text
from typing_extensions import override

from api.terminal import messages, say, shown

LINE_INTERVAL_S: Final = 10.0
_DRAW_INTERVAL_S: Final = 0.1
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600


class Unit(NamedTuple):
    """What is counted; figures are shown in multiples of `size`, with so many decimals."""

    name: str
    size: int = 1
    decimals: int = 0

    def shown(self, count: float) -> str:
        """A count in this unit, without its name."""
        return f"{count / self.size:,.{self.decimals}f}"


ROWS: Final = Unit("rows")
EVENTS: Final = Unit("events")
BYTES: Final = Unit("MB", 1_000_000, 1)


class Figures(NamedTuple):
    """Where a piece of work stands. `total` and the rate per second are None where they are not known."""

    done: float
    total: float | None
    per_s: float | None

    def text(self, unit: Unit) -> str:
        """The figures for people, with the time that remains at this rate."""
        parts = [unit.shown(self.done) + (f" of {unit.shown(self.total)}" if self.total else "") + f" {unit.name}"]
        if self.per_s:
            parts.append(f"{unit.shown(self.per_s)} {unit.name}/s")
            if self.total:
                parts.append(f"{duration(max(self.total - self.done, 0) / self.per_s)} left")
        return ", ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as people read them: `42 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min {whole % _MINUTE_S:02d} s"
    return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S:02d} min"


class Advance:
    """Counts what is done, and shows it now and then; calling it adds to the count."""

    def __init__(self, what: str, total: int | None, show: Callable[["Advance"], None], interval_s: float) -> None:
        self.what = what
        self.total = total
        self.done = 0
        self.began = time.monotonic()
        self._show = show
        self._interval_s = interval_s
        self._next_s = self.began + interval_s

    def __call__(self, count: int = 1) -> None:
        """Adds to what is done."""
        self.done += count
        if time.monotonic() >= self._next_s:
            self._show(self)
            self._next_s = time.monotonic() + self._interval_s

    def to(self, what: str, reached: int, last: int) -> None:
        """Says where something is on its way to its last position."""
        self.what, self.total = what, last
        self(reached - self.done)


@contextmanager
def progress(what: str, total: int | None, unit: Unit) -> Iterator[Advance]:
    """Shows on standard error how far the block is. In a log, work of less than ten seconds says nothing."""
    if messages.is_terminal:
        with _bar() as bar:
            task = bar.add_task(shown(what), total=total, unit=unit)

            def draw(at: Advance) -> None:
                bar.update(task, description=shown(at.what), completed=at.done, total=at.total)

            yield Advance(what, total, draw, _DRAW_INTERVAL_S)
        return
    lines = _Lines(unit)
    advance = Advance(what, total, lines.say_now, LINE_INTERVAL_S)
    yield advance
    lines.say_end(advance)


class _Lines:
    """What a log is told."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._last: tuple[float, int] | None = None

    def say_now(self, at: Advance) -> None:
        """One line, with the rate since the last one: what was there already goes by more quickly."""
        now = time.monotonic()
        since, before = self._last or (at.began, 0)
        self._last = now, at.done
        say(f"{at.what}: {Figures(at.done, at.total, _rate(at.done - before, now - since)).text(self._unit)}")

    def say_end(self, at: Advance) -> None:
        """How it ended, where there was a line before."""
        if self._last is not None:
            took_s = time.monotonic() - at.began
            whole = Figures(at.done, None, _rate(at.done, took_s)).text(self._unit)
            say(f"{at.what}: done in {duration(took_s)}: {whole}")


def _rate(count: float, seconds: float) -> float | None:
    return count / seconds if count > 0 and seconds > 0 else None


class _FiguresColumn(ProgressColumn):
    @override
    def render(self, task: Task) -> Text:
        unit: Unit = task.fields["unit"]
        return Text(Figures(task.completed, task.total, task.speed).text(unit))


def _bar() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), _FiguresColumn())
    return Progress(*columns, console=messages, transient=True)
