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
from api.console.sheets.marked import marked_book

MEMORY_BYTES: Final = 1_536 * 1024 * 1024
PROCESSOR_S: Final = 40
LENGTH_BYTES: Final = 8
UNREADABLE: Final = 3
"""Exit code: the code of the reason is the output."""


def main() -> int:
    """Does what the argument says; the exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_S, PROCESSOR_S))
    sent = sys.stdin.buffer.read()
    try:
        answer = _read(sent) if sys.argv[1] == "read" else _marked(sent)
    except UnreadableFileError as error:
        sys.stdout.write(str(error))
        return UNREADABLE
    sys.stdout.buffer.write(answer)
    return 0


def _read(content: bytes) -> bytes:
    return msgspec.msgpack.encode([astuple(sheet) for sheet in read_book(content)])


def _marked(sent: bytes) -> bytes:
    length = int.from_bytes(sent[:LENGTH_BYTES], "big")
    notes = msgspec.msgpack.decode(sent[LENGTH_BYTES : LENGTH_BYTES + length])
    return marked_book(sent[LENGTH_BYTES + length :], notes)


if __name__ == "__main__":
    sys.exit(main())
