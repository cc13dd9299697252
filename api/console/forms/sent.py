"""What was typed into a form, and the body of the command that it says; whether that is right is not decided here."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.console.forms.fields import Field, Input
from api.console.posted import flag_of
from api.console.typed import plain_day, plain_number
from api.schemas.problem import FieldProblem
from domain.money import NotAnAmountError, format_hundredths, parse_wan, parse_yuan

YUAN: Final = "yuan"
WAN: Final = "wan"
UNIT_OF: Final = "unit:"
"""Before the name of an amount: the name of the field that says in what it was typed."""
CLEAR: Final = "clear:"
"""Before the name of a field: the name of the box by which it is set to nothing."""
ADD: Final = "add:"
"""Before the name of rows: what the button says that adds one."""

ROW: Final = re.compile(r"0|[1-9]\d{0,2}", re.ASCII)
"""The number of a row in a name."""

_WHOLE: Final = re.compile(r"-?\d{1,16}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sent.

    `values` are the texts by the name of their field, with rows numbered from 0 without gaps; `body` is what they say;
    `problems` what cannot be said at all; `row_counts` how many rows were filled in, by the name of the rows.
    """

    values: Mapping[str, str]
    body: Mapping[str, Any]
    problems: tuple[FieldProblem, ...]
    row_counts: Mapping[str, int]


def read_form(fields: tuple[Field, ...], given: Mapping[str, str]) -> Sent:
    """What the fields of a form say."""
    reader = _Reader(given)
    body = reader.group(fields, "", "")
    return Sent(values=reader.values, body=body, problems=tuple(reader.problems), row_counts=reader.row_counts)


def amount_in_fen(text: str, unit: str) -> int | None:
    """The fen of an amount as it was typed; None where it is none."""
    parse = parse_wan if unit == WAN else parse_yuan
    try:
        return parse(plain_number(text))
    except NotAnAmountError:
        return None


class _Reader:
    """Reads one form; `old` are names as they were sent, `new` as they are shown again."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.values: dict[str, str] = {}
        self.problems: list[FieldProblem] = []
        self.row_counts: dict[str, int] = {}

    def group(self, fields: tuple[Field, ...], old: str, new: str) -> dict[str, Any]:
        """The fields that were filled in."""
        body: dict[str, Any] = {}
        for field in fields:
            value = self._value(field, old + field.name, new + field.name)
            if self._is_cleared(field, new + field.name, old + field.name):
                body[field.name] = [] if field.input is Input.ROWS else None
            elif value not in ("", None, [], {}):
                body[field.name] = value
        return body

    def _value(self, field: Field, old: str, new: str) -> Any:
        if field.input is Input.GROUP:
            return self.group(field.fields, f"{old}/", f"{new}/")
        if field.input is Input.ROWS:
            return list(self._rows(field, old, new))
        return self._text(field, old, new)

    def _is_cleared(self, field: Field, new: str, old: str) -> bool:
        is_cleared = field.is_clearable and flag_of(self._given, CLEAR + old)
        if is_cleared:
            self.values[CLEAR + new] = "true"
        return is_cleared

    def _rows(self, field: Field, old: str, new: str) -> Iterator[Any]:
        """The rows with something in them, numbered anew."""
        count = 0
        for number in self._numbers(old):
            if not any(value.strip() for name, value in self._given.items() if _is_in(name, f"{old}/{number}")):
                continue
            yield self._row(field, f"{old}/{number}", f"{new}/{count}")
            count += 1
        self.row_counts[new] = count

    def _row(self, field: Field, old: str, new: str) -> Any:
        if is_of_one(field):
            return self._text(field.fields[0], old, new)
        return self.group(field.fields, f"{old}/", f"{new}/")

    def _numbers(self, name: str) -> list[int]:
        begin = f"{name}/"
        numbers = {each.removeprefix(begin).partition("/")[0] for each in self._given if each.startswith(begin)}
        return sorted(int(each) for each in numbers if ROW.fullmatch(each))

    def _text(self, field: Field, old: str, new: str) -> Any:
        typed = self._given.get(old, "")
        text = " ".join(typed.splitlines()).strip()
        self.values[new] = text
        if field.input is Input.FLAG:
            return flag_of(self._given, old) or None
        if not text:
            return ""
        if field.input is Input.AMOUNT:
            return self._amount(text, old, new)
        return _READ.get(field.input, str)(text)

    def _amount(self, text: str, old: str, new: str) -> str:
        unit = WAN if self._given.get(UNIT_OF + old) == WAN else YUAN
        self.values[UNIT_OF + new] = unit
        if unit == YUAN:
            return plain_number(text)
        fen = amount_in_fen(text, unit)
        if fen is None:
            self.problems.append(FieldProblem(pointer=f"/{new}", code="amount-in-wan"))
            return ""
        return format_hundredths(fen)


def is_of_one(rows: Field) -> bool:
    """Whether each row is one value, and no object."""
    return len(rows.fields) == 1 and rows.fields[0].name == rows.name


def _is_in(name: str, row: str) -> bool:
    return name == row or name.startswith(f"{row}/")


def _whole(text: str) -> int | str:
    plain = plain_number(text)
    return int(plain) if _WHOLE.fullmatch(plain) else text


_READ: Final = {Input.POINTS: plain_number, Input.NUMBER: _whole, Input.DAY: plain_day}
