"""Where the money of a line comes from: the level and nature of its source, as one word and one colour."""

from typing import Final

from api.console.asked import Asked
from api.console.table import Row
from domain.appropriation import SourceLevel, SourceNature

Source = tuple[str, str]
"""Level and nature, as the interface has them."""

_OF_LEVEL: Final = {
    SourceLevel.CENTRAL: "#1f6f8b",
    SourceLevel.PROVINCIAL: "#c07d12",
    SourceLevel.MUNICIPAL: "#5a7d3a",
    SourceLevel.COUNTY: "#3c5a99",
    SourceLevel.TOWNSHIP: "#8c6d4a",
}
_OF_NATURE: Final = {
    SourceNature.BOND: "#84558a",
    SourceNature.SELF_RAISED: "#a0522d",
    SourceNature.SOCIAL: "#4f8a80",
}
_PLAIN: Final = "#7c8a97"
_WITHOUT_LEVEL: Final = frozenset({SourceLevel.NONE, SourceLevel.NOT_STATED})


def source_of(line: Row) -> Source:
    """The source of a line."""
    return line["source_level"], line["source_nature"]


def source_name(asked: Asked, source: Source) -> str:
    """What a source is called: its level, and its nature where that says more."""
    level, nature = source
    if level in _WITHOUT_LEVEL and nature != SourceNature.NOT_STATED:
        return asked.word(SourceNature, nature)
    if nature == SourceNature.NOT_STATED:
        return asked.word(SourceLevel, level)
    return asked.say("{level}{nature}", level=asked.word(SourceLevel, level), nature=asked.word(SourceNature, nature))


def source_colour(source: Source) -> str:
    """The colour of a source: that of its nature where it is no budget money, else that of its level."""
    level, nature = source
    return _OF_NATURE.get(SourceNature(nature)) or _OF_LEVEL.get(SourceLevel(level), _PLAIN)
