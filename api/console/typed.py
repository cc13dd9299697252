"""Numbers, days and positions as people type them: full-width digits, separators, `2024年3月5日`, `#7`."""

import re
import unicodedata
from dataclasses import replace
from datetime import datetime, time
from typing import Final

from api.parameters import Parameter
from domain.dates import parse_day

_DAY: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})", re.ASCII)
_MINUTE: Final = re.compile(r"(.*(?:日|\s))\s*(\d{1,2}):(\d{2})", re.ASCII)
_GROUPED: Final = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


def plain_number(text: str) -> str:
    """A number without what only parts it for the eye: spaces, and commas that stand before every three digits."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return plain.replace(",", "") if _GROUPED.fullmatch(plain) else plain


def plain_day(text: str) -> str:
    """A day as `YYYY-MM-DD`; what is no day stays as it is, but for spaces and full-width characters."""
    plain = plain_number(text)
    found = _DAY.fullmatch(plain)
    if found is None:
        return plain
    year, month, day = (each for each in found.groups() if each is not None)
    return f"{year}-{month:>02}-{day:>02}"


def typed_minute(text: str) -> datetime | None:
    """A day and a time to the minute, as clocks show it, without a zone; None where the text is no such thing."""
    found = _MINUTE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    try:
        return datetime.combine(parse_day(plain_day(found[1])), time(int(found[2]), int(found[3])))
    except ValueError:
        return None


def typed_position(parameter: Parameter) -> Parameter:
    """A parameter whose value is a position, which pages show behind a number sign."""
    return replace(parameter, read=lambda text: parameter.read(plain_number(text).removeprefix("#")))


def typed_day(parameter: Parameter) -> Parameter:
    """A parameter whose value is a day, for an address that a form makes of what was typed."""
    return replace(parameter, read=lambda text: parameter.read(plain_day(text)))
