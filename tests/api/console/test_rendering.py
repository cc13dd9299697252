"""Making HTML of a page's content."""

import gc
import weakref
from functools import partial

from api.console.figures import amount, is_negative
from api.console.rendering import environment_of, rendered
from api.console.view import AmountUnit
from api.languages import Language

MACROS = """{% macro named() %}{{ thing.name }}{% endmacro %}{{ named() }}
{% from "macros.html" import amount_cell with context %}{{ amount_cell("1.00") }}"""


amount_in_yuan = partial(amount, unit=AmountUnit.YUAN)


class Thing:
    name = "P1"


def test_what_a_template_was_given_is_not_kept_until_someone_looks_for_garbage() -> None:
    thing = Thing()
    left = weakref.ref(thing)
    template = environment_of(Language.CHINESE).from_string(MACROS)
    gc.disable()
    try:
        for _ in range(2):
            assert "P1" in rendered(template, {"thing": thing, "amount": amount_in_yuan, "is_negative": is_negative})
        del thing
        assert left() is None
    finally:
        gc.enable()
