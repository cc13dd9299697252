"""How the command line speaks: data to standard output, everything else to standard error."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.languages import Language

REFUSED: Final = 1
USAGE: Final = 2

messages: Final = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


class CommandFailed(Exception):
    """A command of the command line cannot do what it was asked; the text says why and what would help."""


def language_of_terminal(environment: Mapping[str, str] = os.environ) -> Language:
    """Chinese where the locale is Chinese, else English."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return Language.CHINESE if locale.lower().startswith("zh") else Language.ENGLISH


def say(message: str) -> None:
    """A message for whoever watches."""
    messages.print(message)


def say_json(value: Any) -> None:
    """One JSON value as a message, where standard output carries something else."""
    messages.print(msgspec.json.encode(value).decode())


def fail(message: str, exit_code: int = REFUSED) -> NoReturn:
    """Ends the process with a message."""
    say(f"fundtrail: {message}")
    raise typer.Exit(exit_code)


def write_data(line: bytes) -> None:
    """One line of data, in UTF-8 whatever the locale."""
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def write_json(value: Any) -> None:
    """One JSON value as a line of data."""
    write_data(msgspec.json.encode(value))


def write_text(line: str) -> None:
    """One line of text for people, as data."""
    write_data(line.encode())


@contextmanager
def progress_bar(what: str, total: int | None) -> Iterator["Advance"]:
    """A bar on standard error while the block runs; nothing is drawn where nobody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal) as progress:
        yield Advance(progress, what, total)


class Advance:
    """Moves a bar on; calling it adds to what is done."""

    def __init__(self, progress: Progress, what: str, total: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=total)

    def __call__(self, count: int = 1) -> None:
        """Adds to what is done."""
        self._progress.advance(self._task, count)

    def to(self, what: str, reached: int, last: int) -> None:
        """Shows where something is on its way to its last position."""
        self._progress.update(self._task, description=what, completed=reached, total=last)
