"""The words of the pages: Chinese stands in the templates and the code, English in catalogs beside them.

The catalogs are gettext files (.po), one for each part of the console, read when the first page is made: there is no
step that builds anything. A test finds what no catalog translates, and what no page says any more.
"""

import gettext
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from api.languages import Language

CATALOGS: Final = {Language.ENGLISH: "en"}
"""The folder of each language; Chinese needs none."""


@cache
def translations_of(language: Language) -> gettext.NullTranslations:
    """What the pages say in the language: the text itself where no catalog has it."""
    if language not in CATALOGS:
        return gettext.NullTranslations()
    joined = Catalog()
    for file in catalog_files(CATALOGS[language]):
        with file.open("rb") as content:
            for message in read_po(content):
                if message.id:
                    joined.add(message.id, message.string, context=message.context)
    compiled = BytesIO()
    write_mo(compiled, joined)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def counted(language: Language, text: str, count: int) -> str:
    """A text with `%(count)s` in it for that many: other languages than Chinese have a form of their own for one."""
    return translations_of(language).ngettext(text, text, count) % {"count": f"{count:,}"}


def catalog_files(folder: str) -> list[Traversable]:
    """The catalogs of a language, by name."""
    found = files("api.console").joinpath("locale", folder).iterdir()
    return sorted((each for each in found if each.name.endswith(".po")), key=lambda each: each.name)


def mark(text: str) -> str:
    """The text itself: says that it is shown, and so belongs into the catalogs."""
    return text
