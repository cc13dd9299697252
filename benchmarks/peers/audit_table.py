"""A table of projects in PostgreSQL with a trigger that writes a row of every change: no system, but tuned by hand."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final

import psycopg
from typing_extensions import override

from benchmarks.peers.peer import NOTHING, WRITERS, Peer, drive
from benchmarks.peers.place import Place
from benchmarks.workload import APPROPRIATION_COUNT, CUTS, PROJECT_COUNT, Cut, FlowEvent, Sums

SCHEMA: Final = Path(__file__).with_name("audit_table.sql")
COPIED_CHANGES: Final = 5000
"""Of one transaction when many are written."""

_CHANGE: Final = """
UPDATE project SET
    allocated = allocated + %s, disbursed = disbursed + %s, score = score + %s, status = coalesce(%s, status),
    event_id = %s, kind = %s, business_date = %s, recorded_at = %s,
    reverses = %s, document_no = %s, note = %s, actor = %s
WHERE project_id = %s
"""
_COPY: Final = """
COPY incoming (
    allocated_by, disbursed_by, score_by, status, event_id, kind, business_date, recorded_at,
    reverses, document_no, note, actor, project_id, number
) FROM STDIN
"""
_SUMS: Final = (
    "sum(allocated_by)::bigint AS allocated, sum(disbursed_by)::bigint AS disbursed, sum(score_by)::bigint AS score"
)
_AT_CUT: Final = "business_date <= %s AND recorded_at < coalesce(%s::timestamptz, 'infinity')"


class AuditTable(Peer):
    """The table and its trigger."""

    name: ClassVar[str] = "audit-table"
    notes: ClassVar[str] = (
        "No system but a schema of three tables and a trigger, written for this workload: no rules, no hashes, no "
        "retries, no expected version; who may write may also change the rows of the audit. The present sums are read "
        "from the projects' rows, all others are summed in SQL from a covering index. Bulk is copied to a table beside "
        "and applied by a function in the database, 5,000 changes a transaction, and each change fires the trigger. A "
        "rebuild is a sum over columns that are numbers already."
    )

    def __init__(self) -> None:
        self._stack = ExitStack()

    @classmethod
    @override
    def version(cls) -> str:
        return ""

    @override
    def start(self, place: Place) -> None:
        self._place = place
        self._connection = self._connected()
        self._connection.execute(SCHEMA.read_bytes())
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO project (project_id, appropriation_id) VALUES (%s, %s)",
                [(f"P{number:04d}", f"A{number % APPROPRIATION_COUNT:03d}") for number in range(PROJECT_COUNT)],
            )

    @override
    def close(self) -> None:
        self._stack.close()

    @override
    def write_singles(self, stream: Sequence[FlowEvent], writers: int = WRITERS) -> float:
        return drive([partial(_change, self._connected()) for _ in range(writers)], stream)

    @override
    def write_bulk(self, stream: Sequence[FlowEvent]) -> float:
        begin = time.perf_counter()
        for start in range(0, len(stream), COPIED_CHANGES):
            with self._connection.transaction(), self._connection.cursor() as cursor:
                with cursor.copy(_COPY) as copy:
                    for event in stream[start : start + COPIED_CHANGES]:
                        copy.write_row((*_change_of(event), event.seq))
                cursor.execute("SELECT take_incoming()")
        return len(stream) / (time.perf_counter() - begin)

    @override
    def one_project(self, project: str, cut: Cut) -> Sums:
        if cut == CUTS["now"]:
            row = self._row("SELECT allocated, disbursed, score FROM project WHERE project_id = %s", project)
        else:
            question = f"SELECT {_SUMS} FROM project_audit WHERE project_id = %s AND {_AT_CUT}"  # noqa: S608 (constants)
            row = self._row(question, project, cut.biz, cut.rec)
        return NOTHING if row is None or row[0] is None else row

    @override
    def every_project(self, cut: Cut) -> dict[str, Sums]:
        if cut == CUTS["now"]:
            found = self._connection.execute("SELECT project_id, allocated, disbursed, score FROM project")
        else:
            question = f"SELECT project_id, {_SUMS} FROM project_audit WHERE {_AT_CUT} GROUP BY project_id"  # noqa: S608 (constants)
            found = self._connection.execute(question, (cut.biz, cut.rec))
        return {name: (allocated, disbursed, score) for name, allocated, disbursed, score in found}

    @override
    def rebuild(self) -> int:
        self._connection.execute(
            f"CREATE TEMPORARY TABLE rebuilt AS SELECT project_id, {_SUMS}, count(*) AS changes"  # noqa: S608 (constants)
            " FROM project_audit GROUP BY project_id"
        )
        row = self._row("SELECT sum(changes)::bigint FROM rebuilt")
        assert row is not None
        return int(row[0])

    @override
    def size_bytes(self) -> int:
        return self._place.database_bytes()

    def _connected(self) -> psycopg.Connection[Any]:
        return self._stack.enter_context(psycopg.connect(self._place.connection_string, autocommit=True))

    def _row(self, question: str, *values: object) -> Any:
        # The driver wants literals, so that nothing a user said becomes SQL; here all of it is in this file.
        return self._connection.execute(question.encode(), values, prepare=True).fetchone()


def _change(connection: psycopg.Connection[Any], event: FlowEvent) -> None:
    connection.execute(_CHANGE, _change_of(event), prepare=True)


def _change_of(event: FlowEvent) -> tuple[object, ...]:
    allocated = event.amount if event.type == "allocation" else 0
    disbursed = {"disbursement": event.amount, "reversal": -event.amount}.get(event.type, 0)
    return (
        allocated,
        disbursed,
        event.score,
        event.status,
        event.id,
        event.type,
        event.biz,
        event.rec,
        event.ref,
        event.doc,
        event.note,
        event.actor,
        event.proj,
    )
