"""The levels of the account codes: expenditure by function (类, 款, 项), and by economic nature (类, 款).

Codes stand alone: what they are called is in the government's classification of revenue and expenditure
(政府收支分类科目) of each year, which is no part of this service.
"""

from typing import Final

FUNCTION_LEVELS: Final = (3, 5, 7)
"""How many digits 类, 款 and 项 of a function code have."""
ECONOMIC_LEVELS: Final = (3, 5)
"""How many digits 类 and 款 of an economic code have."""


def levels_of(code: str, lengths: tuple[int, ...]) -> tuple[str, ...]:
    """The code's own classes from the widest to itself; only itself where it is not made of digits."""
    above = [code[:length] for length in lengths if length < len(code)] if code.isascii() and code.isdigit() else []
    return (*above, code)
