"""The texts that the console shows, found in its templates and code, and what its catalogs make of them."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

CONSOLE: Final = Path(__file__).resolve().parents[2] / "api" / "console"
COUNTING: Final = "counted"
SAYING: Final = frozenset({"say", "mark", "_"})
"""The functions whose first argument is shown."""
OPTIONS: Final = {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "newstyle_gettext": "true", "trimmed": "true"}
EXPRESSION: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
HAN: Final = re.compile(r"[\u4e00-\u9fff]+")


class Text(NamedTuple):
    """A text, where it is said, and whether it is said of a number of things."""

    text: str
    place: str
    counts: bool = False


class Entry(NamedTuple):
    """An entry of a catalog: the Chinese text, the English one (of a text that counts both forms), and the file."""

    text: str
    english: str
    catalog: str
    counts: bool


@cache
def texts_of_templates() -> tuple[Text, ...]:
    """What the templates hand to gettext, and what they count."""
    return tuple(_handed_to_gettext())


def _handed_to_gettext() -> Iterator[Text]:
    for path in sorted((CONSOLE / "templates").rglob("*.html")):
        with path.open("rb") as template:
            for line, function, message, _comments in babel_extract(template, ["_", "gettext", COUNTING], [], OPTIONS):
                said = message[0] if isinstance(message, tuple) else message
                if isinstance(said, str):
                    yield Text(said, f"{path.relative_to(CONSOLE)}:{line}", counts=function == COUNTING)


@cache
def texts_of_code() -> tuple[Text, ...]:
    """What the code says, or marks as said elsewhere."""
    return tuple(_said_in_code())


def _said_in_code() -> Iterator[Text]:
    for path in sorted(CONSOLE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and _name_of(node.func) in SAYING:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield Text(first.value, f"{path.relative_to(CONSOLE)}:{node.lineno}")


def untranslatable_texts() -> Iterator[Text]:
    """Chinese that stands in a template as it is, and so in every language."""
    for path in sorted((CONSOLE / "templates").rglob("*.html")):
        for found in HAN.findall(EXPRESSION.sub("", path.read_text(encoding="utf-8"))):
            yield Text(found, str(path.relative_to(CONSOLE)))


def entries() -> list[Entry]:
    """Every entry of every English catalog."""
    found: list[Entry] = []
    for path in sorted((CONSOLE / "locale" / "en").glob("*.po")):
        with path.open("rb") as catalog:
            messages = [each for each in read_po(catalog, locale="en", abort_invalid=True) if each.id]
            found += [_entry(each, path.name) for each in messages]
    return found


def _entry(message: Message, catalog: str) -> Entry:
    if not isinstance(message.id, tuple):
        return Entry(str(message.id), str(message.string), catalog, counts=False)
    forms = [str(each) for each in message.string or ()]
    return Entry(message.id[0], "\n".join(forms) if all(forms) else "", catalog, counts=True)


def _name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
