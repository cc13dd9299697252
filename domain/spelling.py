"""Texts that are the same to a reader: brackets of any form, full-width and plain letters, with and without spaces."""

import re
from typing import Final

OPENING: Final = "(〔[【（〈《［｛﹝﹙"
CLOSING: Final = ")〕]】）〉》］｝﹞﹚"
"""Forms in which documents are printed with brackets around the year; all are taken for round ones."""

_FULL_WIDTH_SHIFT: Final = 0xFEE0
"""How far the full-width form of an ASCII character is from it. Source: Unicode, block FF00."""

_PRINTED: Final = range(0x21, 0x7F)
_SPACES: Final = re.compile(r"\s+")
_TABLE: Final = {
    **{code: chr(code).lower() for code in _PRINTED},
    **{code + _FULL_WIDTH_SHIFT: chr(code).lower() for code in _PRINTED},
    **dict.fromkeys(map(ord, OPENING), "("),
    **dict.fromkeys(map(ord, CLOSING), ")"),
}


def plain_spelling(text: str) -> str:
    """The text as it is compared: two texts that a reader takes for the same have one; it may be empty.

    Characters outside ASCII stay as they are but for brackets, full-width forms and spaces.
    """
    return _SPACES.sub("", text).translate(_TABLE)
