"""Parameters of a form that filters: a field that was left empty is sent too, and means nothing."""

from dataclasses import replace
from typing import Any

from api.console.asked import Asked
from api.parameters import Parameter


def optional(parameter: Parameter) -> Parameter:
    """The parameter, its value None where the text is empty."""
    return replace(parameter, read=lambda text: None if text == "" else parameter.read(text))


def recorded(asked: Asked) -> dict[str, Any]:
    """The coordinates of the page without the business date, for what is asked of the log alone."""
    return {name: value for name, value in asked.view.coordinates().items() if name != "as_of"}
