"""What an .xls says beside its cells: formulas that the reader takes for empty ones, and rows that are hidden.

Such a file is a compound file ([MS-CFB]: sectors in chains, as a small file system) with one stream of records in it
([MS-XLS]: number, length, content). What is not understood says nothing: whether the file can be read, the reader says.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from struct import Struct, error, unpack_from
from typing import Final

from api.console.sheets.formula_cells import ERROR_CELL, VALUELESS_CELL, Beside

_STREAMS: Final = ("Workbook", "Book")
_SUMMARY: Final = "\x05SummaryInformation"
"""What every spreadsheet program writes beside the records, and libraries seldom do."""
_ROOT: Final = "Root Entry"
_HEADER_FAT: Final = 109
_ENTRY: Final = 128
_END_OF_NAME: Final = 2
_NO_SECTOR: Final = 0xFFFFFFFA
"""From here on numbers mean: free, the end of a chain, the tables themselves."""
_SHIFTS: Final = frozenset({9, 12})

_RECORD: Final = Struct("<HH")
_CELL: Final = Struct("<HHH")
_BOUND_SHEET, _BEGIN, _END, _FORMULA, _LITERAL, _ROW = 0x85, 0x809, 0x0A, 0x06, 0x205, 0x208
_FLAGS_OF_ROW: Final = 12
_HIDDEN: Final = 0x20
_NO_NUMBER: Final = b"\xff\xff"
"""Ends the value of a formula that is no number; its first byte says what it is."""
_ERROR, _BLANK = 2, 3


def beside_cells(content: bytes) -> dict[str, Beside]:
    """By sheet, the cells whose formula failed or was not worked out, and the rows that are hidden.

    A formula whose value is an empty text, and one of a library that works out none, look alike. It is taken for the
    latter where no formula of the file has a value, and no spreadsheet program has saved it.
    """
    try:
        streams = _Compound(content)
        records = next(streams.content(name) for name in _STREAMS if name in streams.entries)
        found = {name: _told(records, start) for name, start in _sheets(records)}
    except (error, IndexError, StopIteration, UnicodeDecodeError, ValueError):
        return {}
    kinds = {kind for cells, _hidden in found.values() for kind in cells.values()}
    is_worked_out = _SUMMARY in streams.entries or bool(kinds - {_BLANK, _LITERAL})
    said = {_ERROR: ERROR_CELL, _LITERAL: ERROR_CELL} | ({} if is_worked_out else {_BLANK: VALUELESS_CELL})
    return {
        name: Beside({place: said[kind] for place, kind in cells.items() if kind in said}, frozenset(hidden))
        for name, (cells, hidden) in found.items()
    }


class _Compound:
    """The streams of a compound file, by name: where each begins, and how long it is.

    Raises:
        ValueError, struct.error, IndexError: it is none, ends too early, or its chains lead nowhere.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        shift, mini_shift = unpack_from("<HH", content, 30)
        if shift not in _SHIFTS or mini_shift >= shift:
            raise ValueError
        self._size, self._mini_size = 1 << shift, 1 << mini_shift
        (first_of_directory,) = unpack_from("<I", content, 48)
        self._cutoff, first_of_mini, _, more, more_count = unpack_from("<5I", content, 56)
        self._fat = self._fat_of(list(unpack_from(f"<{_HEADER_FAT}I", content, 76)), more, more_count)
        self.entries = dict(self._directory(self._joined(first_of_directory)))
        self._mini_fat = _numbers(self._joined(first_of_mini)) if _is_sector(first_of_mini) else []

    def content(self, name: str) -> bytes:
        """The bytes of a stream that there is."""
        start, size = self.entries[name]
        if size >= self._cutoff:
            return self._joined(start)[:size]
        small = self._joined(self.entries[_ROOT][0])
        chain = _chain(self._mini_fat, start)
        return b"".join(small[each * self._mini_size : (each + 1) * self._mini_size] for each in chain)[:size]

    def _fat_of(self, tables: list[int], more: int, more_count: int) -> list[int]:
        """For each sector the one that follows it in its chain."""
        sectors = len(self._content) // self._size
        for _ in range(min(more_count, sectors)):
            *further, more = _numbers(self._sector(more))
            tables += further
        # A file that names its tables again and again would else take memory without end.
        numbers = (number for each in tables[:sectors] if _is_sector(each) for number in _numbers(self._sector(each)))
        return list(islice(numbers, sectors))

    def _directory(self, content: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
        for at in range(0, len(content), _ENTRY):
            (length,) = unpack_from("<H", content, at + 64)
            if length > _END_OF_NAME:
                name = content[at : at + length - _END_OF_NAME].decode("utf-16-le")
                yield name, unpack_from("<II", content, at + 116)

    def _joined(self, first: int) -> bytes:
        return b"".join(map(self._sector, _chain(self._fat, first)))

    def _sector(self, number: int) -> bytes:
        at = (number + 1) * self._size
        return self._content[at : at + self._size]


def _is_sector(number: int) -> bool:
    """Whether a number leads on."""
    return number < _NO_SECTOR


def _numbers(content: bytes) -> Sequence[int]:
    return unpack_from(f"<{len(content) // 4}I", content)


def _chain(following: Sequence[int], first: int) -> list[int]:
    chain = []
    while _is_sector(first):
        chain.append(first)
        if len(chain) > len(following):
            raise ValueError
        first = following[first]
    return chain


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Those of the part that begins there, without those of parts within it, as charts are."""
    depth = 0
    while True:
        number, length = _RECORD.unpack_from(stream, start)
        start += _RECORD.size
        depth += {_BEGIN: 1, _END: -1}.get(number, 0)
        if depth == 0:
            return
        if depth == 1:
            yield number, stream[start : start + length]
        start += length


def _sheets(stream: bytes) -> Iterator[tuple[str, int]]:
    """Of each sheet its name, and where it begins."""
    for number, content in _records(stream, 0):
        if number == _BOUND_SHEET:
            start, _state, _kind, length, is_wide = unpack_from("<IBBBB", content)
            name = content[8 : 8 + length * (1 + (is_wide & 1))]
            yield name.decode("utf-16-le" if is_wide & 1 else "latin-1"), start


def _told(stream: bytes, start: int) -> tuple[dict[tuple[int, int], int], set[int]]:
    """Of each formula what its value is: `_ERROR`, `_BLANK`, or 0 for any other. `_LITERAL`: an error without one.

    With them the rows that are hidden.
    """
    cells: dict[tuple[int, int], int] = {}
    hidden = set()
    for number, content in _records(stream, start):
        if number == _FORMULA:
            line, place, _format = _CELL.unpack_from(content)
            kind = content[6] if content[12:14] == _NO_NUMBER else 0
            cells[line, place] = kind if kind in {_ERROR, _BLANK} else 0
        elif number == _LITERAL and content[7]:
            line, place, _format = _CELL.unpack_from(content)
            cells[line, place] = _LITERAL
        elif number == _ROW and content[_FLAGS_OF_ROW] & _HIDDEN:
            hidden.add(int.from_bytes(content[:2], "little"))
    return cells, hidden
