"""How the command line speaks: data to standard output, everything else to standard error."""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any, Final, NoReturn
from unicodedata import category

import msgspec
import typer
from rich.console import Console

from api.languages import Language

REFUSED: Final = 1
USAGE: Final = 2
_UNSEEN: Final = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
"""Categories of characters: controls, formats, what is not assigned or private, surrogates, ends of lines."""

messages: Final = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


class CommandFailed(Exception):
    """A command of the command line cannot do what it was asked; the text says why and what would help."""


def language_of_terminal(environment: Mapping[str, str] = os.environ) -> Language:
    """Chinese where the locale is Chinese, else English."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return Language.CHINESE if locale.lower().startswith("zh") else Language.ENGLISH


def shown(text: str) -> str:
    r"""The text with `\x1b`, `\n` or `\u202e` for what would do something to a terminal or order its line otherwise.

    Those are all characters that are not seen, but for spaces.
    """
    return "".join([_escaped(each) if category(each) in _UNSEEN else each for each in text])


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def in_json(value: Any) -> bytes:
    r"""The value as JSON, with `\u202e` for each character that `shown` would not let stand: it means the same."""
    text = msgspec.json.encode(value).decode()
    if text.isprintable():
        return text.encode()
    return "".join([_escaped_in_json(each) if category(each) in _UNSEEN else each for each in text]).encode()


def _escaped_in_json(character: str) -> str:
    return json.dumps(character)[1:-1] if character != "\x7f" else r"\u007f"


def say(message: str) -> None:
    """A message for whoever watches, in one line; see `shown`."""
    messages.print(shown(message))


def say_json(value: Any) -> None:
    """One JSON value as a message, where standard output carries something else."""
    messages.print(in_json(value).decode())


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
    write_data(in_json(value))


def write_text(line: str) -> None:
    """One line of text for people, as data; see `shown`."""
    write_data(shown(line).encode())
