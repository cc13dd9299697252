"""The process that reads files: `python -m api.console.sheets.child read|mark`, a file in, what it holds out.

A file is made by whoever sends it. What makes a reader take memory or time without end ends this process, and nothing
else: the system stops it at its bounds.
"""

import resource
import sys
from dataclasses import astuple
from typing import Final

import msgspec

from api.console.sheets.book import UnreadableFileError, read_book

MEMORY_BYTES: Final = 512 * 1024 * 1024
"""Measured: an .xlsx of 10,000 rows and 30 columns takes 148 MB to be read, and 218 MB to be marked."""
READING_S: Final = 5
"""Of the processor; the same file takes 1.0 s."""
MARKING_S: Final = 15
"""The same file takes 6.3 s."""
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
LENGTH_BYTES: Final = 8
UNREADABLE: Final = 3
"""Exit code: the code of the reason is the output."""


def main() -> int:
    """Does what the argument says; the exit code."""
    is_read = sys.argv[1] == "read"
    processor_s = READING_S if is_read else MARKING_S
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    # At the first of the two the signal is one that tells what it was for.
    resource.setrlimit(resource.RLIMIT_CPU, (processor_s, processor_s + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sent = sys.stdin.buffer.read()
    try:
        answer = _read(sent) if is_read else _marked(sent)
    except UnreadableFileError as error:
        return _refused(str(error))
    except MemoryError:
        return _refused("too-large")
    if len(answer) > MAX_ANSWER_BYTES:
        return _refused("too-large")
    sys.stdout.buffer.write(answer)
    return 0


def _refused(code: str) -> int:
    sys.stdout.write(code)
    return UNREADABLE


def _read(content: bytes) -> bytes:
    return msgspec.msgpack.encode([astuple(sheet) for sheet in read_book(content)])


def _marked(sent: bytes) -> bytes:
    from api.console.sheets.marked import marked_book  # noqa: PLC0415 (a third of the start, and most calls read)

    length = int.from_bytes(sent[:LENGTH_BYTES], "big")
    notes = msgspec.msgpack.decode(sent[LENGTH_BYTES : LENGTH_BYTES + length])
    return marked_book(sent[LENGTH_BYTES + length :], notes)


if __name__ == "__main__":
    sys.exit(main())
