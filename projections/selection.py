"""Keys of things (their tags): the ids in them, and which of them a statement reads.

Statements are made once for each table, with parameters: making one costs more than a small one takes to run.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam

from domain.boundary import Kind

CHUNK: Final = 500
"""How many keys one statement names: both engines bound the number of parameters."""


Condition = Callable[[ColumnElement[str]], ColumnElement[bool]]
"""Which keys of a column; either of the two below."""


def one_of(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a key is one of the parameter `keys`."""
    return column.in_(bindparam("keys", expanding=True))


def of_one_kind(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a key lies between the parameters `first` and `last`, as `range_of` gives them."""
    return and_(column >= bindparam("first"), column < bindparam("last"))


def range_of(kind: Kind) -> dict[str, str]:
    """The range of all keys of a kind: `;` follows `:` in the order of code points."""
    return {"first": f"{kind}:", "last": f"{kind};"}


def chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    """The keys in lists short enough for one statement."""
    iterator = iter(keys)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def id_of(key: str) -> str:
    """The id inside a key."""
    return key.partition(":")[2]
