"""Which command the rows of a sheet are, and which column holds what: by headings of the templates, or by a mapping."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from api.console.sheets.book import Sheet
from api.console.sheets.forms import COMMAND_TITLES, OTHER_NAMES, FieldKind, Form, FormField, form_of, forms
from api.console.sheets.notes import CHECK_HEADING, ERROR_HEADING, STATE_HEADING
from api.console.sheets.values import narrow, wide
from api.schemas.column_mapping import UNIT_TEXTS, is_contradicted
from api.schemas.heading_unit import LAST_BRACKETS, unit_of_heading, without_unit

INSTRUCTIONS: Final = "填写说明"
LINES_LOOKED_AT: Final = 30
"""Headings stand among the first lines; above them titles may stand."""

_SPACES: Final = re.compile(r"\s+")
_SEVERAL: Final = 2
"""So many of the headings in a line further down are no chance: it is one of headings."""
_OURS: Final = frozenset({STATE_HEADING, ERROR_HEADING, CHECK_HEADING})


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedColumn:
    """A column (from 0) and the field that it holds; `wan`: its amounts are in 万元."""

    place: int
    field: FormField
    wan: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A sheet whose rows are commands. `heading` is the line of its headings, from 0.

    `mapping` is the mapping that said so; None: the headings are those of the template. `state` and
    `check` are the columns that tell what was recorded before, where the sheet came back from here. `unused` are
    headings of no field. `repeated` are the lines further down, from 0, that say the same headings once more, as where
    an export has them on each page; `other_heading` is the first with other ones, from which on nothing can be read.
    """

    number: int
    sheet: Sheet
    form: Form
    heading: int
    columns: tuple[UsedColumn, ...]
    constants: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, Any] | None = None
    state: int | None = None
    check: int | None = None
    unused: tuple[str, ...] = ()
    repeated: frozenset[int] = frozenset()
    other_heading: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecognised:
    """A sheet with rows of which nobody said what they are. `heading` is the line that is likely that of headings.

    `candidates` are the mappings, several, that fit it: which one is meant only the reader knows. `flaw` is what keeps
    it from being the sheet of a template.
    """

    number: int
    sheet: Sheet
    heading: int
    candidates: tuple[Mapping[str, Any], ...] = ()
    flaw: "Flaw | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A column of a form that stands in the headings without a unit of ours, or (`is_twice`) more than once.

    `other_unit` is the unit that it names instead, if any.
    """

    form: Form
    field: FormField
    is_twice: bool
    other_unit: str | None = None


def recognise(
    sheets: Sequence[Sheet], mappings: Sequence[Mapping[str, Any]], chosen: Collection[str] = ()
) -> list[Recognised | Unrecognised]:
    """Every sheet with rows, but for our own instructions.

    Headings of a template are those of a template whatever anybody saved. A mapping made for the very headings of a
    sheet says what it is where its id is among the `chosen`, or no other fits.
    """
    found = (
        _by_template(number, sheet) or _by_mapping(number, sheet, mappings, chosen) or _likely(number, sheet)
        for number, sheet in enumerate(sheets)
        if sheet.name != INSTRUCTIONS and any(any(row) for row in sheet.rows)
    )
    return [_with_headings_below(each) if isinstance(each, Recognised) else each for each in found]


def headings_of(row: Iterable[str]) -> dict[str, int]:
    """The headings of a line and their places, in its order, without what we add ourselves. Of two alike the first."""
    places: dict[str, int] = {}
    for place, text in enumerate(row):
        if text and text not in _OURS:
            places.setdefault(text, place)
    return places


def split_unit(heading: str) -> tuple[str, str | None]:
    """A heading's own words and the unit of ours that stands in brackets behind them, if any."""
    plain = _SPACES.sub("", narrow(heading).removesuffix("*"))
    words, unit = without_unit(plain)
    return (words, unit) if unit in UNIT_TEXTS.values() else (plain, None)


def _by_mapping(
    number: int, sheet: Sheet, mappings: Sequence[Mapping[str, Any]], chosen: Collection[str]
) -> Recognised | Unrecognised | None:
    lines = [headings_of(row).keys() for row in sheet.rows[:LINES_LOOKED_AT]]
    fitting = [(each, line) for each in mappings if (line := _line_of(lines, each)) is not None]
    meant = [each for each in fitting if each[0]["mapping_id"] in chosen] or fitting
    if len(meant) == 1:
        mapping, line = meant[0]
        return _mapped(number, sheet, line, mapping)
    if not meant:
        return None
    candidates = tuple(mapping for mapping, _line in meant)
    return Unrecognised(number=number, sheet=sheet, heading=meant[0][1], candidates=candidates)


def _line_of(lines: Sequence[Set[str]], mapping: Mapping[str, Any]) -> int | None:
    """The line, from 0, that has exactly the headings of the mapping; None where none has."""
    if mapping["command"] not in COMMAND_TITLES:
        return None
    wanted = set(mapping["headings"])
    found = next((line for line, headings in enumerate(lines) if headings == wanted), None)
    # One that was saved before this was refused reads nothing.
    is_wrong = found is not None and any(is_contradicted(each["heading"], each["unit"]) for each in mapping["columns"])
    return None if is_wrong else found


def _mapped(number: int, sheet: Sheet, line: int, mapping: Mapping[str, Any]) -> Recognised:
    form = form_of(mapping["command"])
    fields = {each.name: each for each in form.fields}
    headings = headings_of(sheet.rows[line])
    columns = tuple(
        UsedColumn(place=headings[each["heading"]], field=fields[each["field"]], wan=each["unit"] == "wan")
        for each in mapping["columns"]
        if each["field"] in fields and each["heading"] in headings
    )
    used = {column.place for column in columns}
    return Recognised(
        number=number,
        sheet=sheet,
        form=form,
        heading=line,
        columns=columns,
        constants={each["field"]: each["value"] for each in mapping["constants"] if each["field"] in fields},
        mapping=mapping,
        state=_place(sheet.rows[line], STATE_HEADING),
        check=_place(sheet.rows[line], CHECK_HEADING),
        unused=tuple(text for text, place in headings.items() if place not in used),
    )


def _by_template(number: int, sheet: Sheet) -> Recognised | None:
    """By the first line with the headings of a template; of several that fit it, the one with most of its columns."""
    lines = range(min(len(sheet.rows), LINES_LOOKED_AT))
    found = next((matches for line in lines if (matches := list(_matches(number, sheet, line)))), None)
    if found is None:
        return None
    most = max(len(each.columns) for each in found)
    best = [each for each in found if len(each.columns) == most]
    named = [each for each in best if each.form.title == sheet.name]
    chosen = named or best
    return chosen[0] if len(chosen) == 1 else None


def _with_headings_below(found: Recognised) -> Recognised:
    said = _Said.of(found)
    repeated: list[int] = []
    for line in range(found.heading + 1, len(found.sheet.rows)):
        says_the_same = _heads_again(found, said, line)
        if says_the_same is False:
            return replace(found, repeated=frozenset(repeated), other_heading=line)
        if says_the_same:
            repeated.append(line)
    return replace(found, repeated=frozenset(repeated))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the headings of a sheet say: each with its place, and their words.

    A heading without a letter, such as a year, says nothing that a row could not hold, too. `dates` are what may stand
    above the date, and `date_place` where it stands; `beginnings` are the first letters of them all, also full-width.
    """

    headings: Mapping[str, int]
    words: frozenset[str]
    dates: frozenset[str]
    date_place: int | None
    beginnings: frozenset[str]

    @classmethod
    def of(cls, found: Recognised) -> "_Said":
        row = found.sheet.rows[found.heading]
        headings, date = headings_of(row), found.form.fields[0]
        words = frozenset(each for each in map(_words, headings) if any(map(str.isalpha, each)))
        place = next((column.place for column in found.columns if column.field.name == date.name), None)
        own = () if place is None else (_words(row[place]),)
        dates = frozenset((date.title, *OTHER_NAMES[date.name], *own))
        firsts = frozenset(each[0] for each in words | dates)
        return cls(
            headings=headings,
            words=words,
            dates=dates,
            date_place=place,
            beginnings=firsts | frozenset(map(wide, firsts)),
        )

    def are_partly_in(self, row: Sequence[str]) -> bool:
        """Whether a line repeats several of them, or names a date where its date would stand."""
        # A file may have very many cells: few begin as a heading does, and only those are spelt out.
        near = {place: _words(text) for place, text in enumerate(row) if text[:1] in self.beginnings}
        is_date_named = self.date_place is not None and near.get(self.date_place) in self.dates
        return is_date_named or len(self.words.intersection(near.values())) >= _SEVERAL


def _words(heading: str) -> str:
    return split_unit(heading)[0]


def _heads_again(found: Recognised, said: _Said, line: int) -> bool | None:
    """Whether a line says the same headings; None where it is a line of none."""
    there = headings_of(found.sheet.rows[line])
    if said.headings == there:
        return True
    # Every template has this column, and few rows have its title: the other headings need not be looked for in them.
    if any(found.form.fields[0].title in text for text in there):
        matches = list(_matches(found.number, found.sheet, line))
        if matches:
            same = any((each.form, each.columns) == (found.form, found.columns) for each in matches)
            return same and found.mapping is None
    return False if said.are_partly_in(found.sheet.rows[line]) else None


def _matches(number: int, sheet: Sheet, line: int) -> Iterator[Recognised]:
    """The forms whose required columns all stand in the line."""
    headings = [(place, *split_unit(text)) for text, place in headings_of(sheet.rows[line]).items()]
    for form in forms():
        titled = _fields_by_title(form.command)
        columns = tuple(
            UsedColumn(place=place, field=each, wan=unit == "万元")
            for place, title, unit in headings
            for each in titled.get(title, ())
            if (each.kind is FieldKind.AMOUNT) == (unit is not None)
        )
        names = {column.field.name for column in columns}
        used = {column.place for column in columns}
        if all(each.name in names for each in form.fields if each.is_required) and len(names) == len(columns):
            yield Recognised(
                number=number,
                sheet=sheet,
                form=form,
                heading=line,
                columns=columns,
                state=_place(sheet.rows[line], STATE_HEADING),
                check=_place(sheet.rows[line], CHECK_HEADING),
                unused=tuple(sheet.rows[line][place] for place, _, _ in headings if place not in used),
            )


@cache
def _fields_by_title(command: str) -> Mapping[str, Sequence[FormField]]:
    """The columns of a form by what may stand above them, spelt as `split_unit` gives it.

    A file may have many lines of many headings: each is looked up, and not compared with every column of every form.
    """
    found: dict[str, list[FormField]] = {}
    for each in form_of(command).fields:
        for title in dict.fromkeys(map(narrow, (each.title, *each.former_titles))):
            found.setdefault(title, []).append(each)
    return found


def _likely(number: int, sheet: Sheet) -> Unrecognised:
    """The first of the lines with the most different texts."""
    lines = sheet.rows[:LINES_LOOKED_AT]
    spelt = ([_Spelt.of(text) for text in line if text] for line in lines)
    flaws = (_flaw(form, headings) for headings in spelt for form in forms())
    return Unrecognised(
        number=number,
        sheet=sheet,
        heading=max(range(len(lines)), key=lambda line: (len(headings_of(lines[line])), -line)),
        flaw=next((flaw for flaw in flaws if flaw is not None), None),
    )


@dataclass(frozen=True, slots=True)
class _Spelt:
    """A heading, its own words and unit, and its words without what stands in brackets behind them."""

    text: str
    words: str
    unit: str | None
    bare: str

    @classmethod
    def of(cls, text: str) -> "_Spelt":
        words, unit = split_unit(text)
        return cls(text, words, unit, LAST_BRACKETS.sub("", words))


def _flaw(form: Form, headings: Sequence[_Spelt]) -> Flaw | None:
    """What keeps a line, that has every required column of the form, from being its headings."""
    found: dict[str, list[_Spelt]] = {each.name: [] for each in form.fields}
    for heading in headings:
        for each in _fields_below(form, heading):
            found[each.name].append(heading)
    if not all(found[each.name] for each in form.fields if each.is_required):
        return None
    for each in form.fields:
        if len(found[each.name]) > 1:
            return Flaw(form=form, field=each, is_twice=True)
        if each.kind is FieldKind.AMOUNT and found[each.name] and found[each.name][0].unit is None:
            named = unit_of_heading(found[each.name][0].text)
            other = None if named in UNIT_TEXTS.values() else named
            return Flaw(form=form, field=each, is_twice=False, other_unit=other)
    return None


def _fields_below(form: Form, heading: _Spelt) -> Sequence[FormField]:
    """The fields of that title; of an amount whatever stands in brackets behind it."""
    titled = _fields_by_title(form.command)
    found = titled.get(heading.words, ())
    if found or heading.bare == heading.words:
        return found
    return [each for each in titled.get(heading.bare, ()) if each.kind is FieldKind.AMOUNT]


def _place(row: Sequence[str], heading: str) -> int | None:
    return list(row).index(heading) if heading in row else None
