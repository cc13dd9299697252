"""message-db: an event store made of functions in PostgreSQL, from its npm package; psycopg is its client."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final

import psycopg
from typing_extensions import override

from benchmarks.peers.folding import Kept, decoded, encoded, fold
from benchmarks.peers.installation import NODE_MODULES, install_node
from benchmarks.peers.peer import NOTHING, WRITERS, Peer, drive
from benchmarks.peers.place import Place
from benchmarks.workload import CUTS, Cut, FlowEvent, Sums

PACKAGE: Final = NODE_MODULES / "@eventide" / "message-db"
BULK_MESSAGES: Final = 1000
READ_MESSAGES: Final = 5000

_WRITE: Final = "SELECT write_message(%s, %s, %s, %s::jsonb, NULL, %s)"

# The order of the package's install.sh, without the role, its privileges and the summaries. gen_random_uuid is part of
# PostgreSQL since 13, so pgcrypto, which some builds lack, is not needed either.
_FILES: Final = (
    "schema/message-store",
    "tables/messages",
    "types/message",
    "functions/message-store-version",
    "functions/hash-64",
    "functions/acquire-lock",
    "functions/category",
    "functions/is-category",
    "functions/id",
    "functions/cardinal-id",
    "functions/stream-version",
    "functions/write-message",
    "functions/get-stream-messages",
    "functions/get-category-messages",
    "functions/get-last-stream-message",
    "indexes/messages-id",
    "indexes/messages-stream",
    "indexes/messages-category",
)


class MessageDb(Peer):
    """A stream for each project, all in one category."""

    name: ClassVar[str] = "message-db"
    notes: ClassVar[str] = (
        "Decides nothing and hashes nothing; each write names the version of the stream that it expects. It takes one "
        "lock for each category of streams, and all projects are of one, so its writers wait for each other by design. "
        "It has no call for many events: bulk is 1,000 calls in a transaction, pipelined. It keeps no views: every "
        "answer is folded in Python from the messages, of one stream or of the category, each with both dates in its "
        "data."
    )

    def __init__(self) -> None:
        self._stack = ExitStack()

    @classmethod
    @override
    def missing(cls) -> str | None:
        return install_node()

    @classmethod
    @override
    def version(cls) -> str:
        package: dict[str, str] = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))
        return package["version"]

    @override
    def start(self, place: Place) -> None:
        self._place = place
        self._connection = self._connected()
        for name in _FILES:
            self._connection.execute(_sql(name).read_bytes())

    @override
    def close(self) -> None:
        self._stack.close()

    @override
    def write_singles(self, stream: Sequence[FlowEvent], writers: int = WRITERS) -> float:
        return drive([partial(_write, self._connected()) for _ in range(writers)], stream)

    @override
    def write_bulk(self, stream: Sequence[FlowEvent]) -> float:
        begin = time.perf_counter()
        for start in range(0, len(stream), BULK_MESSAGES):
            with self._connection.transaction(), self._connection.cursor() as cursor:
                cursor.executemany(_WRITE, map(_values, stream[start : start + BULK_MESSAGES]))
        return len(stream) / (time.perf_counter() - begin)

    @override
    def one_project(self, project: str, cut: Cut) -> Sums:
        found = self._connection.execute(
            "SELECT data FROM get_stream_messages(%s, 0, -1)", (f"project-{project}",), prepare=True
        )
        return fold((decoded(data) for (data,) in found), cut).get(project, NOTHING)

    @override
    def every_project(self, cut: Cut) -> dict[str, Sums]:
        return fold(self._messages(), cut)

    @override
    def rebuild(self) -> int:
        messages = list(self._messages())
        fold(messages, CUTS["now"])
        return len(messages)

    @override
    def size_bytes(self) -> int:
        return self._place.database_bytes()

    def _messages(self) -> Iterator[Kept]:
        position = 1
        while True:
            found = self._connection.execute(
                "SELECT data, global_position FROM get_category_messages('project', %s, %s)", (position, READ_MESSAGES)
            ).fetchall()
            if not found:
                return
            for data, _ in found:
                yield decoded(data)
            position = found[-1][1] + 1

    def _connected(self) -> psycopg.Connection[Any]:
        options = "-c search_path=message_store,public -c client_min_messages=warning"
        return self._stack.enter_context(
            psycopg.connect(self._place.connection_string, autocommit=True, options=options)
        )


def _sql(name: str) -> Path:
    return PACKAGE / "database" / f"{name}.sql"


def _write(connection: psycopg.Connection[Any], event: FlowEvent) -> None:
    connection.execute(_WRITE, _values(event), prepare=True)


def _values(event: FlowEvent) -> tuple[object, ...]:
    """Of a message; the version that is expected counts from 0, -1 is that of a new stream."""
    return event.id, f"project-{event.proj}", event.type, encoded(event).decode(), event.ver - 2
