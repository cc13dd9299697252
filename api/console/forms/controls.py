"""The controls of a form that is made from fields: which names it sends, and what some of them can hold."""

from typing import Final

from api.console.forms.fields import Field, Input, walk
from api.console.forms.form import KEY
from api.console.forms.sent import ADD, CLEAR, ROW, UNIT_OF, WAN, YUAN, is_of_one
from api.console.posted import TEXT, TICK, Control, Controls

ACT: Final = "act"
"""The name of the buttons."""

KEEP: Final = "keep"
"""What a button says that brings the form back as it is filled in: in the other language, or after a sign-in."""

_UNIT: Final = Control(choices=(YUAN, WAN))


def controls_of(fields: tuple[Field, ...], *acts: str) -> Controls:
    """Those of a form with these fields; `acts` are what its buttons say, beside those that add rows."""
    adding = (ADD + each.path for each in walk(fields) if each.input is Input.ROWS)
    buttons = Control(choices=(*acts, *adding))

    def control(name: str) -> Control | None:
        if name == KEY:
            return TEXT
        if name == ACT:
            return buttons if buttons.choices else None
        if name.startswith(UNIT_OF):
            of = field_at(fields, name.removeprefix(UNIT_OF))
            return _UNIT if of is not None and of.input is Input.AMOUNT else None
        if name.startswith(CLEAR):
            of = field_at(fields, name.removeprefix(CLEAR))
            return TICK if of is not None and of.is_clearable else None
        return _control_of(field_at(fields, name))

    return control


def field_at(fields: tuple[Field, ...], name: str) -> Field | None:
    """The field of a name of the form, the rows in it numbered; None where there is none."""
    first, has_more, rest = name.partition("/")
    found = next((each for each in fields if each.name == first), None)
    if found is None or not has_more:
        return found
    if found.input is not Input.ROWS:
        return field_at(found.fields, rest)
    number, has_more, rest = rest.partition("/")
    if not ROW.fullmatch(number):
        return None
    if is_of_one(found):
        return None if has_more else found.fields[0]
    return field_at(found.fields, rest)


def _control_of(field: Field | None) -> Control | None:
    """What the field itself sends; those that hold others send nothing."""
    if field is None or field.input in {Input.GROUP, Input.ROWS}:
        return None
    return TICK if field.input is Input.FLAG else TEXT
