"""Evidence that someone tampered with, and what the verifier says of it."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from tests.support.auditor import judged, trusting
from tests.support.evidence import Asked, Files, bundle_of, changed_json, json_file, zipped
from tests.support.evidence_log import STORY_OPENING, EvidenceLog, story_log
from verifier.fundtrail_verify import Report, Trust

LOG: Final = story_log()
YEAR_END: Final = date(2023, 12, 31)
CLOSED: Final = Asked(tag="line:L1", as_of=YEAR_END, position=20)
"""At position 20, which the digest at 24 covers."""

OPEN: Final = Asked(tag="line:L2", as_of=YEAR_END, openings=[STORY_OPENING], since=9)
"""At the head, with a tail behind what the digest covers."""


def report_of(files: Files, trust: Trust | None = None) -> Report:
    report = judged(zipped(files), trust or trusting(LOG.signer))
    assert report.exit_code == 1
    return report


def first_reason(report: Report) -> str:
    first = report.first_fault
    assert first is not None
    return first[1].reason


def changed(asked: Asked, name: str, change: Callable[[Any], None]) -> Report:
    files = bundle_of(LOG, asked)
    with changed_json(files, name) as value:
        change(value)
    return report_of(files)


def put(*path: str, value: object) -> Callable[[Any], None]:
    """Sets the value at a path."""

    def change(whole: Any) -> None:
        for name in path[:-1]:
            whole = whole[name]
        whole[path[-1]] = value

    return change


def rewritten(change: Callable[[dict[str, Any]], None], position: int, asked: Asked = OPEN) -> Report:
    """The report on a log whose owner rewrote one entry before anything was signed, and proves the result."""
    log = story_log()
    rewrite(log, change, position)
    return report_of(bundle_of(log, asked))


def rewrite(log: EvidenceLog, change: Callable[[dict[str, Any]], None], position: int) -> None:
    entry = json.loads(log.entries[position - 1])
    change(entry)
    log.entries[position - 1] = json_file(entry)[:-1]
