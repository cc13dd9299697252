"""Which keys a statement reads: all of one kind, or some by name."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from sqlalchemy import ColumnElement, and_

from domain.boundary import Kind

CHUNK: Final = 500
"""How many keys one statement names: both engines bound the number of parameters."""


def of_kind(column: ColumnElement[str], kind: Kind) -> ColumnElement[bool]:
    """Whether a tag is of the kind, as a range of the index: `;` follows `:` in the order of code points."""
    return and_(column >= f"{kind}:", column < f"{kind};")


def chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    """The keys in lists short enough for one statement."""
    iterator = iter(keys)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
