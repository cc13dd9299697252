"""Reading a file of rows: .xlsx, the older .xls, and CSV in UTF-8, UTF-16 or GB18030 (which GBK is a part of).

A cell that holds a number holds a binary float. Spreadsheets show fifteen significant digits of it, and every decimal
of up to fifteen digits comes back from a float unchanged; so the number is taken as its shortest text of fifteen
significant digits. 0.1 + 0.2 is then 0.3, as its author sees it, and every amount below 10^13 yuan is exact.
"""

import csv
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import islice
from typing import Final
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from api.console.field_names import FIELD_NAMES
from api.console.sheets.formula_cells import ERROR_CELL, VALUELESS_CELL, Beside
from api.console.sheets.older_workbook import beside_cells

MAX_ROWS: Final = 10_000
"""Of commands in one file: as many as one dry run can decide together."""
MAX_LINES: Final = MAX_ROWS + 100
MAX_COLUMNS: Final = 200
MAX_SHEETS: Final = 40
MAX_CELL_LENGTH: Final = 2_000
MAX_CELLS: Final = 500_000
"""Of all sheets together, empty ones between and beside the others too: 10,000 rows have 50 columns."""
MAX_TEXT_LENGTH: Final = 8_000_000
"""Characters of all cells together, counted where each cell shows them. Measured: 10,000 rows of 30 columns with long
names and titles have 5,200,000."""
MAX_UNPACKED_BYTES: Final = 64 * 1024 * 1024
"""The same rows have 20 MB."""
MAX_PARTS: Final = 2_000

_ZIP: Final = b"PK"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_Cell = str | float | bool | date | datetime | time | timedelta
_DIGITS: Final = ".15g"
_MORE_DIGITS: Final = 10**15
_DELIMITERS: Final = ",\t;"
_HEADING: Final = FIELD_NAMES["effective_date"]
_SAMPLE_LINES: Final = 30
_SAMPLE_LENGTH: Final = 100_000
_FORMULA_MARK: Final = re.compile(r"'[=+\-@\t\r＝＋－＠]")
_CELL: Final = rb"<(?:\w+:)?c\b"
_FORMULA: Final = rb"<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)"
_NO_VALUE: Final = rb"(?:(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)\s*)?"
_BEFORE: Final = rb"[^<>]{0,200}"
"""Attributes of a cell or row, of which nobody who is honest writes more: they are looked through again and again."""
_REFERENCE: Final = _BEFORE + rb"\br=\"([A-Z]{1,3})([0-9]{1,7})\""
_FAILED: Final = re.compile(_CELL + rb"(?=" + _BEFORE + rb"\bt=\"e\")" + _REFERENCE)
_VALUELESS: Final = re.compile(
    _CELL
    # A formula whose text is empty has a value.
    + rb"(?!"
    + _BEFORE
    + rb"\bt=\"(?:str|e)\")"
    + _REFERENCE
    + rb"[^<>/]{0,200}>\s*"
    + _FORMULA
    + rb"\s*"
    + _NO_VALUE
    + rb"</"
)
_HIDDEN: Final = re.compile(
    rb"<(?:\w+:)?row\b(?="
    + _BEFORE
    # A row of no height is not seen, either.
    + rb"\b(?:hidden=\"(?:1|true)\"|ht=\"0(?:\.0{0,20})?\"))"
    + _BEFORE
    + rb"\br=\"([0-9]{1,7})\""
)
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ALPHABET: Final = 26


class UnreadableFileError(Exception):
    """The file is none that can be read; its argument is one of the codes of `unreadable`."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: what stands in its cells, as text, from the first row and column on. CSV is one sheet without name.

    `hidden` are the lines (from 0) that a spreadsheet program does not show; `is_hidden`: it shows none of them.
    `rewritten` are, by line, the places of cells whose text need not be what somebody typed there: a date, a time, or a
    number of more digits than a cell can hold.
    """

    name: str
    rows: list[list[str]]
    is_hidden: bool = False
    hidden: list[int] = field(default_factory=list)
    rewritten: dict[int, list[int]] = field(default_factory=dict)


def read_book(content: bytes) -> list[Sheet]:
    """The sheets of a file.

    Raises:
        UnreadableFileError: see there.
    """
    if is_xlsx(content):
        unpacked = repacked(content)
        return _read_workbook(unpacked, _beside(unpacked))
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise UnreadableFileError("password")
        return _read_workbook(content, beside_cells(content))
    return [Sheet("", _read_csv(content))]


def is_xlsx(content: bytes) -> bool:
    """Whether the file begins as an .xlsx does."""
    return content.startswith(_ZIP)


def number_text(value: float) -> str:
    """The number as a spreadsheet shows it when nothing limits its decimals, without an exponent."""
    return format(Decimal(format(value, _DIGITS)), "f")


def repacked(content: bytes) -> bytes:
    """The same archive, unpacked within bounds: what the announced sizes leave out is not read.

    Raises:
        UnreadableFileError: it is no archive, or larger than any table.
    """
    target = BytesIO()
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive, zipfile.ZipFile(target, "w") as plain:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
                raise UnreadableFileError("too-large")
            for part in parts:
                plain.writestr(part.filename, archive.read(part))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error):
        raise UnreadableFileError("broken") from None
    return target.getvalue()


@dataclass(slots=True)
class _Taken:
    """How much of a file was read."""

    cells: int = 0
    length: int = 0

    def add(self, cells: int, length: int = 0) -> None:
        """Counts what is read next.

        Raises:
            UnreadableFileError: the file has more than any may.
        """
        self.cells += cells
        self.length += length
        if self.cells > MAX_CELLS:
            raise UnreadableFileError("too-many-cells")
        if self.length > MAX_TEXT_LENGTH:
            raise UnreadableFileError("too-much-text")


def _read_workbook(content: bytes, beside: Mapping[str, Beside]) -> list[Sheet]:
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        found, taken = book.sheets_metadata, _Taken()
        if len(found) > MAX_SHEETS:
            raise UnreadableFileError("too-many-sheets")
        seen = {each.name: each.visible == SheetVisibleEnum.Visible for each in found}
        return [_sheet(book, name, beside.get(name, Beside()), taken, is_seen=seen[name]) for name in book.sheet_names]
    except PasswordError:
        raise UnreadableFileError("password") from None
    except (CalamineError, OSError, ValueError, OverflowError):
        raise UnreadableFileError("broken") from None


def _sheet(book: CalamineWorkbook, name: str, beside: Beside, taken: _Taken, *, is_seen: bool) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    (_line, place), (last_line, last_place) = sheet.start or (0, 0), sheet.end or (-1, -1)
    if last_place >= MAX_COLUMNS:
        raise UnreadableFileError("too-many-columns")
    if last_line >= MAX_LINES:
        raise UnreadableFileError("too-many-rows")
    taken.add((last_line + 1) * (last_place + 1))
    rows, rewritten = [], {}
    # One row after the other: a text that many cells have takes its room again in each.
    for row in sheet.iter_rows():
        rows.append([""] * place + [_cell_text(cell) for cell in row])
        taken.add(0, sum(map(len, rows[-1])))
        places = [at for at, cell in enumerate(row, start=place) if _is_rewritten(cell)]
        if places:
            rewritten[len(rows) - 1] = places
    for (line, place), text in beside.formulas.items():
        # The reader takes such a cell for an empty one, and leaves it out at the edge of the sheet.
        if line < MAX_LINES and place < MAX_COLUMNS:
            rows.extend([] for _missing in range(line + 1 - len(rows)))
            missing = max(0, place + 1 - len(rows[line]))
            taken.add(missing)
            rows[line].extend([""] * missing)
            rows[line][place] = text
    hidden = sorted(line for line in beside.hidden if line < len(rows))
    return Sheet(name, rows, is_hidden=not is_seen, hidden=hidden, rewritten=rewritten)


def _is_rewritten(cell: _Cell) -> bool:
    if isinstance(cell, int | float):
        return abs(cell) >= _MORE_DIGITS
    return not isinstance(cell, str)


def _cell_text(cell: _Cell) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return number_text(cell)
    if isinstance(cell, datetime):
        # A day is held as a number, and one that was worked out may miss midnight by less than what anybody sees.
        seen = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
        return seen.isoformat(" ") if seen.time() != time(0) else seen.date().isoformat()
    return cell.strip()[:MAX_CELL_LENGTH] if isinstance(cell, str) else str(cell)


def _beside(content: bytes) -> dict[str, Beside]:
    """By sheet, what the reader of cells does not say."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        try:
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 (in a process of its own)
            links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 (the same)
        except (KeyError, ElementTree.ParseError):
            raise UnreadableFileError("broken") from None
        targets = {each.get("Id"): str(each.get("Target", "")) for each in links}
        found, read = {}, 0
        sheets = list(book.iter(f"{_MAIN}sheet"))
        if len(sheets) > MAX_SHEETS:
            raise UnreadableFileError("too-many-sheets")
        for sheet in sheets:
            target = targets.get(sheet.get(_RELATION), "")
            path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            if path in archive.namelist():
                xml = archive.read(path)
                # Many sheets may name one part.
                read += len(xml)
                if read > MAX_UNPACKED_BYTES:
                    raise UnreadableFileError("too-large")
                failed = dict.fromkeys(_references(_FAILED, xml), ERROR_CELL)
                valueless = dict.fromkeys(_references(_VALUELESS, xml), VALUELESS_CELL)
                lines = (int(found[1]) - 1 for found in _HIDDEN.finditer(xml))
                hidden = frozenset(line for line in lines if line < MAX_LINES)
                found[str(sheet.get("name"))] = Beside(failed | valueless, hidden)
        return found


def _references(pattern: re.Pattern[bytes], xml: bytes) -> Iterator[tuple[int, int]]:
    for letters, line in pattern.findall(xml):
        place = 0
        for letter in letters:
            place = place * _ALPHABET + letter - ord("A") + 1
        yield int(line) - 1, place - 1


def _read_csv(content: bytes) -> list[list[str]]:
    text = _decoded(content)
    if "\0" in text:
        raise UnreadableFileError("broken")
    delimiter = _delimiter(text[:_SAMPLE_LENGTH])
    rows: list[list[str]] = []
    taken = _Taken()
    try:
        for cells in csv.reader(StringIO(text, newline=""), delimiter=delimiter):
            if len(rows) == MAX_LINES:
                raise UnreadableFileError("too-many-rows")
            if len(cells) > MAX_COLUMNS:
                raise UnreadableFileError("too-many-columns")
            rows.append([_csv_text(cell) for cell in cells])
            taken.add(len(cells), sum(map(len, rows[-1])))
    except csv.Error:
        raise UnreadableFileError("broken") from None
    return rows


def _delimiter(sample: str) -> str:
    """What makes the heading that every template has, or else the most lines of the most cells.

    Titles above the headings have commas and semicolons of their own, and amounts have commas.
    """
    return max(_DELIMITERS, key=lambda each: _fitness(sample, each))


def _fitness(sample: str, delimiter: str) -> tuple[bool, int]:
    try:
        found = list(islice(csv.reader(StringIO(sample, newline=""), delimiter=delimiter), _SAMPLE_LINES))
    except csv.Error:
        return False, 0
    tables = [row for row in found if len(row) > 1]
    is_headed = any(cell.strip(" *＊") == _HEADING for row in tables for cell in row)
    of_width = Counter(map(len, tables))
    # A table has many lines of its width, and a title few.
    return is_headed, max(((width - 1) * count**2 for width, count in of_width.items()), default=0)


def _csv_text(cell: str) -> str:
    """The text; an apostrophe that keeps a spreadsheet from taking it for a formula is no part of it."""
    text = cell.strip()[:MAX_CELL_LENGTH]
    return text[1:] if _FORMULA_MARK.match(text) else text


def _decoded(content: bytes) -> str:
    encodings: Sequence[str] = ("utf-16",) if content.startswith(_UTF16) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFileError("encoding")
