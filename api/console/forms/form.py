"""A form as its template draws it: its fields, what they hold, what may be chosen, and what is wrong with them."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from api.console.capital import capital_of
from api.console.forms.choices import MOST_IN_SELECT, Choice, Choices
from api.console.forms.fields import MADE_BY, OF_ENVELOPE, Field, Input
from api.console.forms.sent import ADD, CLEAR, UNIT_OF, YUAN, Sent, amount_in_fen, is_of_one
from api.console.problem_words import problem_words
from api.console.texts import mark, translations_of
from api.console.words import word
from api.field_wording import field_detail
from api.invalid import IdempotencyKeyMissing
from api.languages import Language
from api.schemas.keys import is_key
from api.schemas.problem import FieldProblem

KEY: Final = "key"
KEY_REUSED: Final = "idempotency-key-reused"
"""The code of the refusal of a form that was recorded, and is sent again with something else in it."""
EVENT_ID: Final = "event_id"
ID_OR_KEY: Final = "one-of"
"""What the interface calls it that an event is named neither by its id nor by its key."""
_OF_ROW: Final = mark("{field} 第 {row} 行")
_USED: Final = mark("这张表已录入过")
_USED_FOR_OTHER: Final = mark("录入的内容与现在不同，已录入的不会改变。确要再录一笔的，核对后再录入。")
FOLLOWED: Final = {"evaluation_id": "indicator", "project_id": "changes"}
"""Fields that others follow, by path: the name of what follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is wrong, and where: the name of the field, or None for the whole. `code` is that of the problem."""

    name: str | None
    text: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`key` makes a second sending of the same form harmless. `hidden` are paths that are not shown.

    `folded` are the paths of groups that most forms leave blank: what is in them shows once they are opened.
    `current` is what a thing that is to be changed is now, by the name of the field.
    """

    fields: tuple[Field, ...]
    values: Mapping[str, str]
    key: str
    row_counts: Mapping[str, int] = field(default_factory=dict)
    choices: Choices = field(default_factory=dict)
    complaints: Sequence[Complaint] = ()
    hidden: Collection[str] = ()
    folded: Collection[str] = ()
    current: Mapping[str, str] = field(default_factory=dict)

    def is_followed(self, field: Field) -> bool:
        """Whether what is shown of other fields depends on what is chosen here: then a button shows it anew."""
        names = {each.name for each in self.fields}
        return FOLLOWED.get(field.path) in names

    @property
    def main(self) -> tuple[Field, ...]:
        """The fields that are seen at once."""
        return tuple(each for each in self.fields if each.name not in OF_ENVELOPE and each.path not in self.hidden)

    @property
    def beside(self) -> tuple[Field, ...]:
        """What most facts leave as it is."""
        return tuple(each for each in self.fields if each.name in OF_ENVELOPE)

    @property
    def is_beside_open(self) -> bool:
        """Whether something beside was filled in, or is wrong."""
        touched = any(
            value and value != _default_of(self.beside, name)
            for name, value in self.values.items()
            if name.partition("/")[0] in OF_ENVELOPE
        )
        return touched or any((each.name or "").partition("/")[0] in OF_ENVELOPE for each in self.complaints)

    def value(self, name: str, default: str = "") -> str:
        """What a field holds."""
        return self.values.get(name, default)

    def is_ticked(self, name: str) -> bool:
        """Whether a box is."""
        return self.values.get(name) == "true"

    def is_cleared(self, name: str) -> bool:
        """Whether it is to be set to nothing."""
        return self.is_ticked(CLEAR + name)

    def unit(self, name: str) -> str:
        """In what an amount was typed."""
        return self.values.get(UNIT_OF + name, YUAN)

    def capital(self, name: str) -> str:
        """The amount in the characters of vouchers; empty where it is none."""
        fen = amount_in_fen(self.value(name), self.unit(name))
        return "" if fen is None else capital_of(fen)

    def rows(self, name: str) -> range:
        """The numbers of the rows to draw: those filled in, and one more for a new one."""
        return range(max(self.row_counts.get(name, 0), 1))

    def offered(self, of: str | None) -> Sequence[Choice] | None:
        """What may be chosen; None where it is typed."""
        return None if of is None else self.choices.get(of)

    def to_record_first(self, field: Field) -> str | None:
        """The command that makes what must be chosen here, while there is nothing to choose; None where there is."""
        is_empty = field.is_required and field.of is not None and self.choices.get(field.of) == []
        return MADE_BY.get(str(field.of)) if is_empty else None

    def is_long(self, of: str) -> bool:
        """Whether there is too much to choose from for one list."""
        return of == "subjects" or len(self.choices[of]) > MOST_IN_SELECT

    def complaint(self, name: str) -> list[str]:
        """What is wrong with a field."""
        return [each.text for each in self.complaints if each.name == name]

    def word(self, words: type[Enum], value: str) -> str:
        """What a word of a closed list is called, in Chinese."""
        return word(words, value)


def new_key() -> str:
    """A key that no form had before."""
    return f"console-{secrets.token_hex(16)}"


def key_of(given: Mapping[str, str]) -> str:
    """The key that a form was made with; empty where it bears none.

    Raises:
        IdempotencyKeyMissing: what it bears can be none.
    """
    if KEY in given and not is_key(given[KEY]):
        raise IdempotencyKeyMissing
    return given.get(KEY, "")


def rows_shown(sent: Sent, act: str) -> dict[str, int]:
    """How many rows each list of them has, with the one that the button added."""
    counts = dict(sent.row_counts)
    added = act.removeprefix(ADD)
    if act.startswith(ADD) and added in counts:
        counts[added] += 1
    return counts


def of_form(problem: Mapping[str, Any], language: Language) -> Mapping[str, Any]:
    """The problem as a form has it: who fills one in knows of no key, and of the form that it was used."""
    if problem["code"] != KEY_REUSED:
        return problem
    say = translations_of(language).gettext
    return {**problem, "title": say(_USED), "detail": say(_USED_FOR_OTHER), "errors": ()}


def complaints_of_problems(problems: Sequence[FieldProblem], language: Language) -> list[Complaint]:
    """What cannot be said at all."""
    return [Complaint(name=each.pointer[1:], text=field_detail(each, language), code=each.code) for each in problems]


def complaints_of(problem: Mapping[str, Any], language: Language) -> list[Complaint]:
    """What the interface says is wrong, each at its field; what concerns none of them at the whole."""
    errors = problem.get("errors") or [{"pointer": "", "code": problem["code"], "detail": problem["detail"]}]
    return [_complaint(each, language) for each in errors]


def _complaint(error: Mapping[str, Any], language: Language) -> Complaint:
    if error["code"] == ID_OR_KEY:
        # A form asks for the id, and never for the key: it is the id that is missing.
        (missing,) = complaints_of_problems((FieldProblem(pointer=f"/{EVENT_ID}", code="missing"),), language)
        return missing
    return Complaint(name=error["pointer"][1:] or None, text=error["detail"], code=error["code"])


def in_page_words(
    complaints: Iterable[Complaint], fields: tuple[Field, ...], values: Mapping[str, str], language: Language
) -> list[Complaint]:
    """The complaints of a form that was sent, each in the words of a page for its field and what was typed there."""
    return [_in_page_words(each, fields, values, language) for each in complaints]


def _in_page_words(
    complaint: Complaint, fields: tuple[Field, ...], values: Mapping[str, str], language: Language
) -> Complaint:
    name = complaint.name or ""
    found = next(iter(label_at(fields, name)[::-1]), None)
    if found is None:
        return complaint
    shape = found.fields[0].shape if found.input is Input.ROWS and is_of_one(found) else found.shape
    words = problem_words(complaint.code, language, shape=shape, typed=values.get(name, ""))
    return complaint if words is None else replace(complaint, text=words)


def label_at(fields: tuple[Field, ...], name: str) -> tuple[Field, ...]:
    """The fields that lead to a name, outermost first; empty where none does."""
    first, _, rest = name.partition("/")
    found = next((each for each in fields if each.name == first), None)
    if found is None:
        return ()
    if found.input is Input.ROWS:
        rest = rest.partition("/")[2]
    return (found, *(label_at(found.fields, rest) if rest else ()))


def named_at(fields: tuple[Field, ...], name: str, language: Language) -> list[str]:
    """What the fields that lead to a name are called, outermost first; those with rows with the number of the row."""
    say = translations_of(language).gettext
    found, called, rest = label_at(fields, name), [], name
    for each in found:
        rest = rest.partition("/")[2]
        number = rest.partition("/")[0]
        if each.input is Input.ROWS and number.isdecimal():
            called.append(say(_OF_ROW).format(field=say(each.label), row=int(number) + 1))
            rest = rest.partition("/")[2]
        else:
            called.append(say(each.label))
    return called


def _default_of(fields: tuple[Field, ...], name: str) -> str:
    return next((each.default for each in fields if each.name == name), "")
