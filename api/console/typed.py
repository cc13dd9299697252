"""Numbers, days and positions as people type them: full-width digits, separators, `2024年3月5日`, `#7`."""

import re
import unicodedata
from dataclasses import replace
from typing import Final

from api.parameters import Parameter

_DAY: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_GROUPED: Final = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


def plain_number(text: str) -> str:
    """A number without what only parts it for the eye: spaces, and commas that stand before every three digits."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return plain.replace(",", "") if _GROUPED.fullmatch(plain) else plain


def plain_day(text: str) -> str:
    """A day as `YYYY-MM-DD`; what is no day stays as it is, but for spaces and full-width characters."""
    plain = plain_number(text)
    found = _DAY.fullmatch(plain)
    return plain if found is None else f"{found[1]}-{found[2]:>02}-{found[3]:>02}"


def typed_position(parameter: Parameter) -> Parameter:
    """A parameter whose value is a position, which pages show behind a number sign."""
    return replace(parameter, read=lambda text: parameter.read(plain_number(text).removeprefix("#")))


def typed_day(parameter: Parameter) -> Parameter:
    """A parameter whose value is a day, for an address that a form makes of what was typed."""
    return replace(parameter, read=lambda text: parameter.read(plain_day(text)))
