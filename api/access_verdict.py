"""What `fundtrail verify` finds in the access log, and how it says it."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.access.audit import AccessDifference, audit_access_log, left_out
from adapters.access.chain import HeadMissingError
from adapters.access.reading import read_ends
from adapters.database import Database
from adapters.database_faults import database_errors, is_damage, words_of
from api.rendering.access import mark_json
from api.terminal import USAGE, fail
from domain.access_log import AccessMark

MAX_KEPT: Final = 10_000
"""Differences that are named; beyond that they are only counted."""

_MARK: Final = re.compile(r"([1-9][0-9]{0,15}):([0-9a-f]{64})\Z")


@dataclass(slots=True, kw_only=True)
class AccessVerdict:
    """`ends`: after which record the log begins, and its last one; None without a head. `left_out`: not compared."""

    ends: tuple[AccessMark, AccessMark] | None
    count: int = 0
    differences: list[AccessDifference] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(self, difference: AccessDifference) -> None:
        """Counts a difference, and keeps it while there are not too many."""
        self.count += 1
        if self.count <= MAX_KEPT:
            self.differences.append(difference)


def mark_of(text: str) -> AccessMark:
    """A head as it was noted down, `sequence:hash`; ends the process when it is none."""
    match = _MARK.match(text)
    if match is None:
        fail("a head of the access log is its sequence, a colon and 64 hexadecimal digits", USAGE)
    return AccessMark(sequence=int(match[1]), hash=bytes.fromhex(match[2]))


def verify_access_log(database: Database, noted: Collection[AccessMark]) -> AccessVerdict:
    """Looks at the whole access log, and at the keys that it tells of.

    `noted` are heads of earlier days that the log must still lead through.
    """
    verdict = AccessVerdict(ends=None)
    try:
        for difference in audit_access_log(database, noted):
            verdict.add(difference)
        verdict.ends = _ends(database)
        verdict.left_out = left_out(database)
    except database_errors() as error:
        if not is_damage(error):
            raise
        verdict.add(AccessDifference(sequence=None, detail=f"cannot be read: {words_of(error)}"))
    return verdict


def access_verdict_json(verdict: AccessVerdict | None) -> dict[str, Any]:
    """The verdict for machines; nothing where the log was not looked at."""
    return {} if verdict is None else {"access_log": _verdict_json(verdict)}


def _verdict_json(verdict: AccessVerdict) -> dict[str, Any]:
    beginning, head = verdict.ends or (None, None)
    return {
        "sound": verdict.count == 0,
        "beginning": None if beginning is None else mark_json(beginning),
        "head": None if head is None else mark_json(head),
        "difference_count": verdict.count,
        "differences": [
            {"sequence": each.sequence, "key_id": each.key_id, "detail": each.detail} for each in verdict.differences
        ],
        "left_out": verdict.left_out,
    }


def access_verdict_lines(verdict: AccessVerdict | None) -> Iterator[str]:
    """One line for the log, one for what is not compared, and one for each difference; none if it was not looked at."""
    if verdict is None:
        return
    result = "sound" if verdict.count == 0 else f"{verdict.count} differences"
    yield f"access log: {result}; {_from_to(verdict)}"
    for each_left_out in verdict.left_out:
        yield f"access log: not compared: {each_left_out}"
    for each in verdict.differences:
        yield f"access log{_place(each)}: {each.detail}"
    if verdict.count > len(verdict.differences):
        yield f"access log: and {verdict.count - len(verdict.differences)} more"


def _place(difference: AccessDifference) -> str:
    if difference.key_id is not None:
        return f", key {difference.key_id}"
    return "" if difference.sequence is None else f" record {difference.sequence}"


def _ends(database: Database) -> tuple[AccessMark, AccessMark] | None:
    try:
        return read_ends(database.access_reader)
    except HeadMissingError:
        return None


def _from_to(verdict: AccessVerdict) -> str:
    if verdict.ends is None:
        return "no head"
    beginning, head = verdict.ends
    if head.sequence == 0:
        return "no record yet"
    return f"records {beginning.sequence + 1} to {head.sequence}, head {head.sequence}:{head.hash.hex()}"
