"""`fundtrail verify`: whether a ledger's log is whole and its views are what follows from it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, inspect

from adapters.database import Database, views_file_of
from adapters.database_faults import database_errors, fault_of, is_damage, words_of
from adapters.event_log.audit import Difference, audit_log, openings_are_readable
from adapters.event_log.audit_ids import LEDGER_TABLES, ids_in
from adapters.event_log.encoding import UnreadableEntryError
from adapters.event_log.feed import SqlFeed
from adapters.event_log.tables import ledger_head, log_entry
from adapters.event_log.tree import SqlTree
from adapters.transparency import ed25519
from adapters.transparency.audit import audit_tree
from adapters.transparency.ed25519 import UnusableKeyFileError
from adapters.transparency.log_keys import LogKeys
from adapters.transparency.log_signer import LogSigner
from adapters.transparency.signed_logs import MissingLog, SignedLog, missing_logs
from api.damaged_views import help_for_views
from domain.errors import UnknownLedger
from domain.merkle import ImpossibleProofError
from domain.note import VerifierKey
from projections import tracking
from projections.audit import audit_views
from projections.tables import SCHEMA, projection_pointer

MAX_KEPT: Final = 10_000
"""Differences of one ledger that are named; beyond that they are only counted."""

MEMORY: Final = "signed"
"""The part that a log is found in when it does not continue what this machine's signer remembers."""

UNREADABLE: Final = (UnknownLedger, UnreadableEntryError, AssertionError, AttributeError, TypeError, ValueError)
"""What reading a damaged log for a purpose of the service's can end with: it trusts what it reads."""

_OF_LOGS: Final = (ledger_head, log_entry)
"""Where a log has rows. One that has none there is gone, whatever was left in the other tables."""

Advance = Callable[[str, int, int], None]
"""Called with what is being looked at, the position reached and the last one."""


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What was found in one ledger. `position` is the last one of its log; `views` the positions of its views.

    `left_out`: what could not be looked at.
    """

    ledger_id: str
    position: int | None = None
    views: dict[str, int] = field(default_factory=dict)
    count: int = 0
    differences: list[Difference] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(self, difference: Difference) -> None:
        """Counts a difference, and keeps it while there are not too many."""
        self.count += 1
        if self.count <= MAX_KEPT:
            self.differences.append(difference)


def ledger_ids(database: Database, tables: Collection[Table] = LEDGER_TABLES) -> list[str]:
    """Every ledger that has a row in one of the tables of the log, also one that nobody opened, or whose id is no text.

    Where one of the tables cannot be read, those of the others.
    """
    found: set[str] = set()
    for table in tables:
        with _suppress_damage(), database.log_reader.connect() as connection:
            found.update(ids_in(connection, table))
    return sorted(found)


@contextmanager
def _suppress_damage() -> Iterator[None]:
    """Goes on behind the block when what it reads is damaged: the audit of what is stored there says so."""
    try:
        yield
    except database_errors() as error:
        if not is_damage(error):
            raise


def missing_verdicts(
    database: Database, keys: LogKeys, signed: Sequence[SignedLog], place: str | None
) -> list[Verdict]:
    """One for each log that was signed on this machine and is not in the database."""
    verdicts = []
    for each in missing_from(database, keys, signed, place):
        verdict = Verdict(ledger_id=each.ledger_id)
        verdict.add(Difference(ledger_id=each.ledger_id, position=None, part=MEMORY, detail=each.detail))
        verdicts.append(verdict)
    return verdicts


def missing_from(database: Database, keys: LogKeys, signed: Sequence[SignedLog], place: str | None) -> list[MissingLog]:
    """Which of the signed logs, as they were listed before, are not in the database; see missing_logs."""
    present = {ledger_id: _log_id_of(database, ledger_id) for ledger_id in ledger_ids(database, _OF_LOGS)}
    # Which log a ledger is that cannot be read is not known: it may be the one that was signed.
    comparable = [each for each in signed if present.get(each[0], "") is not None]
    known = {(ledger_id, log_id) for ledger_id, log_id in present.items() if log_id is not None}
    return missing_logs(keys, comparable, known, place)


def verify(
    database: Database, ledger_id: str, advance: Advance, keys: LogKeys, witnesses: Sequence[VerifierKey] = ()
) -> Verdict:
    """Looks at the whole ledger; `keys` are those that signed its checkpoints, where they are on this machine."""
    verdict = Verdict(ledger_id=ledger_id)
    with database.log_reader.connect() as connection:
        if not openings_are_readable(connection):
            verdict.left_out.append("what private values say: this database role may not read them")
    for difference in audit_log(database, ledger_id, lambda reached, last: advance("log", reached, last)):
        verdict.add(difference)
    log_id = _log_id_of(database, ledger_id)
    own = keys_of(keys, ledger_id, log_id)
    known = [*own, *witnesses] if own else []
    for difference in audit_tree(database, ledger_id, log_id, known, ed25519.verify):
        verdict.add(difference)
    for difference in _audit_memory(database, ledger_id, log_id, keys):
        verdict.add(difference)
    try:
        for difference in _audit_views(database, verdict, advance):
            verdict.add(difference)
    except database_errors() as error:
        # Nobody answers now. Whatever else it is, such as a table that is not there, is a fault of these views alone.
        if fault_of(error) is not None and not is_damage(error):
            raise
        detail = help_for_views(database) or f"cannot be read: {words_of(error)}; `fundtrail migrate` makes them anew"
        verdict.add(_difference(verdict, None, "views", detail))
    return verdict


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict for machines."""
    return {
        "ledger_id": verdict.ledger_id,
        "sound": verdict.count == 0,
        "position": verdict.position,
        "views": verdict.views,
        "left_out": verdict.left_out,
        "difference_count": verdict.count,
        "differences": [
            {"position": each.position, "part": each.part, "detail": each.detail} for each in verdict.differences
        ],
    }


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """One line for the ledger, and one for each difference."""
    views = ", ".join(f"view {name} to {position}" for name, position in sorted(verdict.views.items()))
    result = "sound" if verdict.count == 0 else f"{verdict.count} differences"
    yield f"{verdict.ledger_id}: {result}; log to position {verdict.position}, {views or 'no views yet'}"
    for left_out in verdict.left_out:
        yield f"{verdict.ledger_id}: not compared: {left_out}"
    for each in verdict.differences:
        place = "" if each.position is None else f" position {each.position}"
        yield f"{verdict.ledger_id}{place}: {each.part}: {each.detail}"
    if verdict.count > len(verdict.differences):
        yield f"{verdict.ledger_id}: and {verdict.count - len(verdict.differences)} more"


def _log_id_of(database: Database, ledger_id: str) -> str | None:
    try:
        return SqlFeed(database.log_reader).ledger(ledger_id).log_id
    except UNREADABLE:
        return None
    except database_errors() as error:
        if not is_damage(error):
            raise
        return None


def keys_of(keys: LogKeys, ledger_id: str, log_id: str | None) -> list[VerifierKey]:
    """Those that signed the log, and are on this machine."""
    if log_id is None:
        return []
    return [*(each.key for each in keys.active(ledger_id, log_id)), *keys.retired(ledger_id, log_id)]


def own_keys(database: Database, keys: LogKeys, ledger_id: str) -> list[VerifierKey]:
    """Those that sign the ledger's log or did, as far as they and the log can be read."""
    try:
        return keys_of(keys, ledger_id, _log_id_of(database, ledger_id))
    except (UnusableKeyFileError, OSError):
        return []


def _audit_memory(database: Database, ledger_id: str, log_id: str | None, keys: LogKeys) -> Iterator[Difference]:
    """Whether the log continues what the signer remembers, where that is on this machine."""
    if log_id is None or not keys.active(ledger_id, log_id):
        return
    tree, feed = SqlTree(database.log_reader), SqlFeed(database.log_reader)
    try:
        problem = LogSigner(keys, tree).problem(ledger_id, log_id, lambda: feed.head(ledger_id))
    except ImpossibleProofError as error:
        problem = str(error)
    except UNREADABLE as error:
        problem = f"not compared: the log cannot be read ({type(error).__name__})"
    except database_errors() as error:
        if not is_damage(error):
            raise
        problem = f"not compared: the log cannot be read ({words_of(error)})"
    if problem is not None:
        yield Difference(ledger_id=ledger_id, position=None, part=MEMORY, detail=problem)


def _audit_views(database: Database, verdict: Verdict, advance: Advance) -> Iterator[Difference]:
    feed = SqlFeed(database.log_reader)
    try:
        verdict.position = feed.ledger(verdict.ledger_id).position
        if not _has_views(database):
            return
        yield from _audit_trackers(database, feed, verdict)
        if verdict.views:
            advance("comparing views", verdict.position, verdict.position)
            for each in audit_views(database.views_reader, feed, verdict.ledger_id):
                yield _difference(verdict, each.position, f"view table {each.part}", each.detail)
    except UNREADABLE as error:
        yield _difference(verdict, None, "views", f"not compared: the log cannot be read ({type(error).__name__})")


def _audit_trackers(database: Database, feed: SqlFeed, verdict: Verdict) -> Iterator[Difference]:
    """Where the views stand, and what is wrong with that. Views of another version are left out."""
    with database.views_reader.connect() as connection:
        trackers = tracking.trackers(connection, tracking.active(connection), verdict.ledger_id)
    # Asked after the views: the log may have grown since the audit began, and the views with it.
    head = feed.head(verdict.ledger_id)
    for tracker in trackers.get(verdict.ledger_id, []):
        verdict.views[tracker.name] = tracker.position
        part = f"view {tracker.name}"
        if tracker.stalled_reason is not None:
            yield _difference(verdict, tracker.position, part, f"stalled: {tracker.stalled_reason}")
        if tracker.position > head:
            yield _difference(verdict, tracker.position, part, f"is ahead of the log, which ends at {head}")


def _has_views(database: Database) -> bool:
    """Whether any were ever made; a SQLite file would be created by looking into it."""
    if database.is_sqlite:
        return Path(views_file_of(database.url.database or "")).is_file() and _has_tables(database, None)
    return _has_tables(database, SCHEMA)


def _has_tables(database: Database, schema: str | None) -> bool:
    with database.views_reader.connect() as connection:
        return inspect(connection).has_table(projection_pointer.name, schema=schema)


def _difference(verdict: Verdict, position: int | None, part: str, detail: str) -> Difference:
    return Difference(ledger_id=verdict.ledger_id, position=position, part=part, detail=detail)
