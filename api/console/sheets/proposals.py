"""Which heading of another system's export is likely to be which field: what a reader is offered, and looks through."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache
from typing import Final

from api.console.sheets.forms import OTHER_NAMES, Form, FormField, forms
from api.console.sheets.recognised import split_unit
from api.console.sheets.values import narrow

SIMILAR: Final = 0.6
"""How much of two names must agree for one to be proposed for the other."""
_EXACT: Final = 1.0
_OF_OTHER_NAME: Final = 0.99
"""Less than a field's own name, more than any that is only like it."""


def proposed(form: Form, headings: Sequence[str]) -> dict[str, str]:
    """By field, its heading: each heads one field at most, the one that it fits best.

    A field that may be left out takes none but its own name, or one that is known for it: nothing is lost where it is
    missing, and a wrong column would be recorded.
    """
    fits = [
        (likeness, each.is_required, each.name, heading)
        for each in form.fields
        for heading in headings
        if (likeness := _likeness(each, heading)) >= (SIMILAR if each.is_required else _OF_OTHER_NAME)
    ]
    fits.sort(key=lambda fit: (-fit[0], not fit[1]))
    found: dict[str, str] = {}
    for *_fit, name, heading in fits:
        if name not in found and heading not in found.values():
            found[name] = heading
    return found


def _likeness(each: FormField, heading: str) -> float:
    words = split_unit(heading)[0]
    if words == narrow(each.title):
        return _EXACT
    others = [narrow(name) for name in (*each.former_titles, *OTHER_NAMES.get(each.name, ()))]
    if words in others:
        return _OF_OTHER_NAME
    # What names another field exactly is not this one, however much of the names agrees.
    if words in _own_names():
        return 0.0
    return max(SequenceMatcher(None, words, name).ratio() for name in (narrow(each.title), *others))


@cache
def _own_names() -> frozenset[str]:
    return frozenset(narrow(each.title) for form in forms() for each in form.fields)
