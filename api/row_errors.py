"""What is wrong with rows, ready to be said: in a file beyond a megabyte, as a file may have any number of them."""

from collections.abc import Callable, Iterable, Iterator
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Final, Self

from api.command_file import RowError

_IN_MEMORY_BYTES: Final = 1024 * 1024

Render = Callable[[RowError], Iterable[str]]
"""The lines that are said of one row."""


class RowErrors:
    """Takes the errors by line, and gives their lines back. `first_line` is that of the first one."""

    def __init__(self, render: Render) -> None:
        self.count = 0
        self.first_line: int | None = None
        self._render = render
        self._file = SpooledTemporaryFile(_IN_MEMORY_BYTES, mode="w+", encoding="utf-8", newline="\n")  # noqa: SIM115 (closed by __exit__)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, error: RowError) -> None:
        """Adds one."""
        self.count += 1
        if self.first_line is None:
            self.first_line = error.line
        for line in self._render(error):
            # A line of its own, whatever an error quotes.
            self._file.write(line.replace("\n", " ") + "\n")

    def lines(self) -> Iterator[str]:
        """Every line, in the order in which the errors came."""
        self._file.seek(0)
        for line in self._file:
            yield line.removesuffix("\n")
        self._file.seek(0, 2)
