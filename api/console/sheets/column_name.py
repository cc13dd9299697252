"""What a column of a sheet is called to whoever has that sheet before them."""

from collections.abc import Callable
from typing import Final

from api.console.sheets.forms import FormField
from api.console.sheets.recognised import Recognised, split_unit
from api.console.sheets.values import narrow
from api.console.texts import mark as _

_TITLE_AND_HEADING: Final = _("{title}（表头：{heading}）")


def column_name(sheet: Recognised, each: FormField, say: Callable[..., str]) -> str:
    """The title of a field; with its heading, where that is another word."""
    said = say(each.title)
    place = next((column.place for column in sheet.columns if column.field.name == each.name), None)
    heading = "" if place is None else " ".join(sheet.sheet.rows[sheet.heading][place].split())
    if not heading or split_unit(heading)[0] == narrow(said):
        return said
    return say(_TITLE_AND_HEADING, title=said, heading=heading)
