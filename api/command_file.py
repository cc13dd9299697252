"""A JSONL file of commands: one object on each line, as the items of a batch."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.invalid import InvalidBody
from api.json_input import MAX_BODY_BYTES, BodyTooLarge, UnreadableBody, parse_object
from api.schemas.batch import read_item
from api.schemas.keys import derived_key
from api.schemas.problem import FieldProblem
from domain.errors import FundtrailError
from domain.submission import KeyedCommand

MAX_ROW_ERRORS: Final = 10_000
"""A file is not checked further after so many wrong rows: it is not the file that was meant."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A command and the line of the file (from 1) it stands on. `names_by_key`: it says `event_key`."""

    line: int
    item: KeyedCommand
    names_by_key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """Why the command on a line is not recorded."""

    line: int
    error: FundtrailError


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What the shape check of a whole file found; blank lines are no rows."""

    row_count: int
    errors: list[RowError]


class CommandFile:
    """A file of commands for one ledger, by one subject. It is read anew for each pass, never held as a whole."""

    def __init__(self, path: Path, ledger_id: str, subject: str) -> None:
        self.path = path
        self._ledger_id = ledger_id
        self._subject = subject
        with path.open("rb") as file:
            self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            self.size = file.tell()

    def check(self, advance: Callable[[int], None]) -> Check:
        """Reads every row without deciding any; `advance` is called with the bytes read."""
        errors: list[RowError] = []
        keys: set[str] = set()
        count = 0
        for read in self.rows(advance):
            count += 1
            error = self._repeated_key(read, keys) if isinstance(read, Row) else read
            if error is not None:
                errors.append(error)
            if len(errors) >= MAX_ROW_ERRORS:
                break
        return Check(row_count=count, errors=errors)

    def rows(self, advance: Callable[[int], None] = lambda _count: None) -> Iterator[Row | RowError]:
        """Every row, or what is wrong with it."""
        for number, line in _lines(self.path):
            advance(len(line))
            if line.strip():
                yield self._read(number, line)

    def _repeated_key(self, row: Row, keys: set[str]) -> RowError | None:
        """The error of a row whose own key an earlier row has; keys that follow from the line never repeat."""
        key = row.item.key
        if key in keys:
            return _invalid(row.line, [FieldProblem(pointer="/key", code="repeated-key")])
        if not key.startswith(self.sha256):
            keys.add(key)
        return None

    def _read(self, number: int, line: bytes) -> Row | RowError:
        if len(line) > MAX_BODY_BYTES:
            return RowError(line=number, error=BodyTooLarge(MAX_BODY_BYTES))
        try:
            document = parse_object(line)
        except UnreadableBody as error:
            return RowError(line=number, error=error)
        read = read_item(document, derived_key(self.sha256, number), self._ledger_id, self._subject, in_file=True)
        if isinstance(read, KeyedCommand):
            return Row(line=number, item=read, names_by_key="event_key" in document)
        return _invalid(number, read)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """(number, line without its end); what a line has beyond the limit is skipped, but for one byte that tells."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_BODY_BYTES + 2):
            number += 1
            if number == 1:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            rest = line
            while not rest.endswith(b"\n") and (rest := file.readline(MAX_BODY_BYTES)):
                pass
            yield number, line.removesuffix(b"\n")


def _invalid(line: int, problems: list[FieldProblem]) -> RowError:
    return RowError(line=line, error=InvalidBody(problems))
