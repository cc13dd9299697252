"""docs/reference/limits.md: how much of anything a request may have, and how long it may take."""

from typing import Final

from api.caller_share import READS_AT_ONCE, STREAMS_OF_CONNECTIONS
from api.connections import MAX_FRAMING_BYTES, MAX_PIPELINED, MAX_UNSENT_BYTES, MIN_TAKEN_BYTES
from api.console.sheets import book, child, turns
from api.json_input import MAX_BATCH_BYTES, MAX_BODY_BYTES, MAX_DEPTH, MAX_INTEGER_DIGITS, MAX_MEMBERS
from api.listing import LIMIT
from api.open_files import KEPT_FREE
from api.parameters import MAX_REPEATS, MAX_TEXT_LENGTH
from api.request_head import MAX_HEAD_BYTES, MAX_HEADERS, MAX_TARGET_BYTES
from api.schemas.fields import MAX_ITEMS as MAX_ELEMENTS
from api.schemas.keys import MAX_ITEMS
from api.settings import Settings
from api.uploads import MAX_UPLOAD_BYTES
from domain import shape
from domain.shape import Shape

HEAD: Final = """\
# Limits

What a request may have and how long it may take; beyond it the answer is the refusal named here, in the form of
[refusals.md](refusals.md). Those with a variable can be set ([settings.md](settings.md)).
Generated from the code by `python -m scripts.build_reference`.

| what | at most | beyond it |
|---|---|---|
"""

RULES: Final = """\

## What is refused whatever its size

- **A request that two servers could read differently**, with 400 `bad-request` and the end of the connection: more than
  one `Content-Length`, `Host`, `Content-Type`, `Content-Encoding`, `Idempotency-Key` or `Authorization`; a length
  together with chunks; a `Transfer-Encoding` other than `chunked`; chunks in HTTP/1.0; no `Host` in HTTP/1.1; lines
  that end in a line feed alone or go on in the next; a slash written as `%2F` in the address; a method that the parser
  does not know; any version but 1.0 and 1.1. Requests before it on the connection are answered first. An `Upgrade` is
  not followed; one with a body is refused.
- **A compressed body**, and JSON declared in another encoding than UTF-8: 415 `unsupported-encoding`.
- **JSON that says a field twice**, or is no UTF-8: 400. `NaN` and numbers beyond what a field takes: 422, at the field.
- **Characters** in texts and parameters: controls, line and paragraph separators, marks and overrides of direction,
  invisible ones (zero-width space, soft hyphen, byte order mark, tags), unassigned ones, halves of characters; and text
  that is not in composed form (NFC): 422. Characters that join letters or choose a form of one (U+200C, U+200D,
  U+180E, variation selectors) are taken, because scripts need them; but not in numbers of documents and vouchers, which
  also have no space at an end, no two of U+0020 in a row and none but that and U+3000, no character of private use, no
  radical (U+2E80 to U+2FDF): two numbers do not differ by what is not seen. What only looks alike (O and 0) does.

## What is not refused

`Accept` chooses where an address has two forms, and else is not looked at: a caller who names another type gets JSON
rather than a 406, as RFC 9110 (section 12.4.1) allows. An `Accept-Language` that cannot be read is none. `Range` and
trailers are ignored. None of them is ever repeated in an answer.

## Slow clients

One time for everything a client may keep the server waiting for: a head from its first byte (or the opening of the
connection) to its end, a body from there to its end, the next request on a connection, and the taking of an answer, of
which something must be taken in each such time. A head or body that is late is answered 408 `request-timeout` where
the connection allows, and every such connection is closed. An event stream may be silent for as long as it likes: the
server is the one who speaks.

When all connections are taken, the one that has kept the server waiting the longest gives way to a new one; when none
waits, the one whose request has waited longest for others of its own caller is answered 503 `too-many-connections`; and
when there is none such (all are being answered, or are streams), the new one is. Behind a proxy that
holds its connections open, a limit above the proxy's is right. The process raises its limit of open files to what its
connections need, as far as the system allows, and else takes fewer connections and says so in its log: at the limit of
open files itself the system would close connections without a word, and requests would fail for want of a file.
"""

KIB: Final = 1024
MIB: Final = 1024 * KIB


def page() -> str:
    """The whole page."""
    lines = (f"| {what} | {most} | {beyond} |" for what, most, beyond in rows())
    return HEAD + "\n".join(lines) + "\n" + RULES


def rows() -> list[tuple[str, str, str]]:
    """What is limited, its limit, and the answer beyond it."""
    return [*_rows_of_heads(), *_rows_of_bodies(), *_rows_of_values(), *_rows_of_files(), *_rows_of_connections()]


def _rows_of_heads() -> list[tuple[str, str, str]]:
    return [
        ("address with its query", _bytes(MAX_TARGET_BYTES), "414 `target-too-long`"),
        ("address and headers together", _bytes(MAX_HEAD_BYTES), "431 `head-too-large`"),
        ("headers", str(MAX_HEADERS), "431 `head-too-large`"),
        ("times a parameter may repeat that may", str(MAX_REPEATS), "422 `invalid-parameter`"),
        ("text of a parameter", f"{MAX_TEXT_LENGTH:,} characters", "422 `invalid-parameter`"),
        ("rows of a page (`limit`)", f"{LIMIT.schema['maximum']:,}", "422 `invalid-parameter`"),
    ]


def _rows_of_bodies() -> list[tuple[str, str, str]]:
    return [
        ("body of a command", _bytes(MAX_BODY_BYTES), "413 `body-too-large`"),
        ("body of a batch", _bytes(MAX_BATCH_BYTES), "413 `body-too-large`"),
        ("commands of a batch", f"{MAX_ITEMS:,}", "422 `invalid-body`"),
        ("sizes of chunks, extensions and trailers of a body", _bytes(MAX_FRAMING_BYTES), "431 `head-too-large`"),
        ("levels of JSON", str(MAX_DEPTH), "400 `too-deep`"),
        ("fields of one JSON object", str(MAX_MEMBERS), "400 `too-many-fields`"),
        ("digits of a whole number", str(MAX_INTEGER_DIGITS), "422 `invalid-body`"),
    ]


def _rows_of_values() -> list[tuple[str, str, str]]:
    names = {Shape.NAME: "a name", Shape.PROSE: "a reason or description", Shape.REFERENCE: "a number of a document"}
    texts = [(f"text of {name}", f"{shape.MAX_TEXT_LENGTH[each]:,} characters", "422") for each, name in names.items()]
    lists = [(f"elements of `{name}`", str(most), "422") for name, most in sorted(MAX_ELEMENTS.items())]
    return [(what, most, f"{status} `invalid-body`") for what, most, status in [*texts, *lists]]


def _rows_of_files() -> list[tuple[str, str, str]]:
    refused = "422 on the page of the file, with the reason"
    return [
        ("uploaded file", _bytes(MAX_UPLOAD_BYTES), "413 `body-too-large`"),
        ("rows to record of a file that the console looks at", f"{book.MAX_ROWS:,}", refused),
        ("lines of one of its sheets, titles and headings included", f"{book.MAX_LINES:,}", refused),
        ("columns of a sheet", str(book.MAX_COLUMNS), refused),
        ("sheets", str(book.MAX_SHEETS), refused),
        ("cells of all sheets, empty ones included", f"{book.MAX_CELLS:,}", refused),
        ("characters in all cells", f"{book.MAX_TEXT_LENGTH:,}", refused),
        ("characters read of one cell", f"{book.MAX_CELL_LENGTH:,}", "the rest is left out"),
        ("an `.xlsx`, unpacked", _bytes(book.MAX_UNPACKED_BYTES), refused),
        ("memory of the process that reads or marks one", _bytes(child.MEMORY_BYTES), refused),
        (
            "its processor time, for reading and for marking",
            f"{child.READING_S} s, {child.MARKING_S} s",
            refused,
        ),
        ("files looked at in one process of the server", str(turns.AT_ONCE), "waits"),
        ("of them of one caller", "1", "waits"),
        (
            "pages of files that wait, and of one caller",
            f"{turns.WAITING}, {turns.WAITING_OF_CALLER}",
            "503 `imports-busy`",
        ),
        ("their waiting", f"{turns.WAIT_S:g} s", "503 `imports-busy`"),
    ]


def _rows_of_connections() -> list[tuple[str, str, str]]:
    timeout, connections = (Settings.model_fields[name].default for name in ("client_timeout_s", "connection_limit"))
    return [
        ("waiting for a client (`FUNDTRAIL_CLIENT_TIMEOUT_S`)", f"{timeout} s", "408 `request-timeout`, or closed"),
        ("least that a client takes of an answer in that time", _bytes(MIN_TAKEN_BYTES), "closed"),
        (
            "connections of a process (`FUNDTRAIL_CONNECTION_LIMIT`)",
            f"{connections:,}",
            "the longest waiting is closed, or 503 `too-many-connections`",
        ),
        (
            "reads of one caller that are worked on at once",
            str(READS_AT_ONCE),
            "the others wait for their turn, and those of other callers do not wait for them",
        ),
        (
            "event streams of one caller",
            f"one in {STREAMS_OF_CONNECTIONS} of the connections",
            "503 `too-many-streams`",
        ),
        ("open files kept free beside connections", str(KEPT_FREE), "fewer connections"),
        ("requests in a row that wait for their turn on a connection", str(MAX_PIPELINED), "400 `bad-request`"),
        ("answers of a process that clients have not taken", _bytes(MAX_UNSENT_BYTES), "the slowest are closed"),
        (
            "commands waiting for one ledger (`FUNDTRAIL_QUEUE_LIMIT`)",
            f"{Settings.model_fields['queue_limit'].default:,}",
            "503 `queue-full`",
        ),
    ]


def _bytes(count: int) -> str:
    return f"{count // MIB} MiB" if count % MIB == 0 else f"{count // KIB} KiB"
