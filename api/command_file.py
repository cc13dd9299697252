"""A JSONL file of commands: one object on each line, as the items of a batch."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.seen_keys import SeenKeys
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
_BUFFER_BYTES: Final = 256 * 1024

OnRowError = Callable[["RowError"], None]


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
    error_count: int


class CommandFile:
    """A file of commands for one ledger, by one subject. It is read anew for each pass, never held as a whole."""

    def __init__(self, path: Path, ledger_id: str, subject: str) -> None:
        self.path = path
        self.size = path.stat().st_size
        self._ledger_id = ledger_id
        self._subject = subject
        self._sha256: str | None = None

    @property
    def sha256(self) -> str:
        """Of the whole file, in hexadecimal."""
        if self._sha256 is None:
            with self.path.open("rb") as file:
                self._sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return self._sha256

    def check(self, wrong: OnRowError, advance: Callable[[int], None] = lambda _count: None) -> Check:
        """Reads every row without deciding any; each error goes to `wrong`, by line, and the bytes read to `advance`.

        No more than MAX_ROW_ERRORS errors are looked for.
        """
        digest = hashlib.sha256()
        rows = errors = 0

        def passed(part: bytes) -> None:
            digest.update(part)
            advance(len(part))

        with SeenKeys() as keys:
            # The keys that follow from the file's content never repeat: they need not be known here.
            for read in self._read_all("", passed):
                rows += 1
                error = _repeated_key(read, keys) if isinstance(read, Row) else read
                if error is not None:
                    errors += 1
                    wrong(error)
                if errors >= MAX_ROW_ERRORS:
                    return Check(row_count=rows, error_count=errors)
        self._sha256 = digest.hexdigest()
        return Check(row_count=rows, error_count=errors)

    def rows(self) -> Iterator[Row | RowError]:
        """Every row, or what is wrong with it."""
        return self._read_all(self.sha256, lambda _part: None)

    def _read_all(self, sha256: str, passed: Callable[[bytes], None]) -> Iterator[Row | RowError]:
        for number, line in _lines(self.path, passed):
            if line.strip():
                yield self._read(number, line, derived_key(sha256, number) if sha256 else "")

    def _read(self, number: int, line: bytes, default_key: str) -> Row | RowError:
        if len(line) > MAX_BODY_BYTES:
            return RowError(line=number, error=BodyTooLarge(MAX_BODY_BYTES))
        try:
            document = parse_object(line)
        except UnreadableBody as error:
            return RowError(line=number, error=error)
        read = read_item(document, default_key, self._ledger_id, self._subject, in_file=True)
        if isinstance(read, KeyedCommand):
            return Row(line=number, item=read, names_by_key="event_key" in document)
        return _invalid(number, read)


def _repeated_key(row: Row, keys: SeenKeys) -> RowError | None:
    """The error of a row whose own key an earlier row has."""
    key = row.item.key
    if not key or keys.add(key):
        return None
    return _invalid(row.line, [FieldProblem(pointer="/key", code="repeated-key")])


def _lines(path: Path, passed: Callable[[bytes], None]) -> Iterator[tuple[int, bytes]]:
    """(number, line without its end); what a line has beyond the limit is skipped, but for one byte that tells.

    All that is read, skipped or not, goes to `passed`.
    """
    with path.open("rb", buffering=_BUFFER_BYTES) as file:
        number = 0
        while line := file.readline(MAX_BODY_BYTES + 2):
            number += 1
            passed(line)
            rest = line
            while not rest.endswith(b"\n") and (rest := file.readline(MAX_BODY_BYTES)):
                passed(rest)
            if number == 1:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            yield number, line.removesuffix(b"\n")


def _invalid(line: int, problems: list[FieldProblem]) -> RowError:
    return RowError(line=line, error=InvalidBody(problems))
