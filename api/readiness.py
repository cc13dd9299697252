"""Whether the service can serve, and if not, what is wrong: which check, its code, since when, with which figures.

Whoever asks may be a stranger: nothing is said of ledgers, addresses, or what a driver says. The service's log has it.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Self

import structlog
from anyio import CapacityLimiter

from adapters.clock import SystemClock
from adapters.database_faults import fault_of, log_fault
from adapters.writable import NoWrites
from api.database_needs import RIGHTS_MISSING, VIEWS_ALTERED
from api.languages import Language
from api.readiness_wording import READINESS
from api.transparency import Transparency
from domain.access_log import AccessLog
from domain.errors import (
    AccessLogUnavailable,
    ClockAhead,
    ClockBehind,
    DatabaseUnavailable,
    LogDamaged,
    OutcomeUnknown,
    ServiceStopping,
    StorageFull,
    Unavailable,
)
from projections.projector import ProjectionStatus

STANDSTILL_S: Final = 10.0
"""A view that is behind the log and has not moved for so long has nobody who moves it."""

TROUBLE_S: Final = 30.0
"""So long after it was seen a write that failed is held against the service, unless one succeeds: who is not ready
gets no more writes, so nothing else would ever show that it can write again."""

CHECKS: Final = (
    "service",
    "database",
    "writes",
    "projections",
    "checkpoints",
    "witnesses",
    "access_log",
    "self_check",
    "uploads",
)

_LOST: Final = (DatabaseUnavailable, OutcomeUnknown)
_WRITE_TROUBLES: Final = (StorageFull, ClockBehind, ClockAhead, LogDamaged, *_LOST)
_CHECK_OF_LACKING: Final = {RIGHTS_MISSING: "database", VIEWS_ALTERED: "projections"}

_logger = structlog.get_logger(__name__)

Monotonic = Callable[[], float]


class Finding(NamedTuple):
    """One thing that is wrong. The figures explain it."""

    check: str
    code: str
    figures: Mapping[str, str | int]


THREADS: Final = 2
"""In which it is looked: of their own, so that it is told what is wrong while readers hold all others."""


class Readiness:
    """Looks at everything that must work. It remembers since when something does not.

    `threads` limits those of one event loop.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (one for each thing that must work)
        self,
        status: Callable[[], list[ProjectionStatus]],
        transparency: Transparency,
        access_log: AccessLog,
        last_failure: Callable[[], Exception | None],
        uploads_trouble: Callable[[], Unavailable | None],
        no_writes: Callable[[], NoWrites | None],
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._status = status
        self._transparency = transparency
        self._access_log = access_log
        self._last_failure = last_failure
        self._uploads_trouble = uploads_trouble
        self._no_writes = no_writes
        self._explained: Exception | None = None
        self._failure: tuple[Exception, float] | None = None
        self._monotonic = monotonic
        self._since: dict[tuple[str, str], datetime] = {}
        self._moved: dict[tuple[str, str], tuple[int, float]] = {}
        self._lacking: Callable[[], Mapping[str, list[str]]] = dict
        self.threads = CapacityLimiter(THREADS)

    def look(self, language: Language, *, stopping: bool) -> dict[str, Any]:
        """The document of /readyz: `ready`, each check, how far the views are behind, and what is wrong."""
        statuses, findings = self._looked()
        findings += [Finding("service", ServiceStopping.code, {})] if stopping else []
        wrong = {each.check for each in findings}
        checks = {check: check not in wrong for check in CHECKS}
        lag = {} if statuses is None else {"projection_lag_events": max((each.lag for each in statuses), default=0)}
        return {"ready": not findings, **checks, **lag, "problems": self._told(findings, language)}

    def _looked(self) -> tuple[list[ProjectionStatus] | None, list[Finding]]:
        """Where the views are (None when the database does not say), and everything that is wrong."""
        findings: list[Finding] = []
        try:
            refusal = self._no_writes()
            findings += [] if refusal is None else [Finding("writes", refusal.value, {})]
            statuses = self._status()
        except Exception as error:  # noqa: BLE001 (whatever fails, the answer is that the service is not ready)
            log_fault(error)
            # What failed while it was away says nothing once it is back.
            failure = self._last_failure()
            self._explained = failure if isinstance(failure, _LOST) else self._explained
            fault = fault_of(error) or DatabaseUnavailable()
            findings += [Finding("database", fault.code, {}), *([] if findings else self._of_writes())]
            return None, [*findings, *self._beside_the_views()]
        findings += [] if findings else self._of_writes()
        return statuses, [*findings, *self._of_views(statuses), *self._beside_the_views()]

    def _of_writes(self) -> Iterator[Finding]:
        failure = self._last_failure()
        if isinstance(failure, _WRITE_TROUBLES) and failure is not self._explained and self._is_fresh(failure):
            yield Finding("writes", failure.code, {})

    def _beside_the_views(self) -> Iterator[Finding]:
        if self._access_log.is_failing:
            yield Finding("access_log", AccessLogUnavailable.code, {})
        if (trouble := self._uploads_trouble()) is not None:
            yield Finding("uploads", trouble.code, {})
        problems = {
            ("checkpoints", "checkpoint-refused"): self._transparency.checkpointer.problems,
            ("witnesses", "witness-refused"): self._transparency.witnesses.problems,
            ("self_check", "self-check-failed"): self._transparency.self_check.problems,
            ("self_check", "self-check-unreadable"): self._transparency.self_check.unreadable,
            ("self_check", "ledger-missing"): self._transparency.self_check.missing,
        }
        for (check, found), by_ledger in problems.items():
            if by_ledger:
                yield Finding(check, found, {"ledgers": len(by_ledger)})
        for code, names in self._lacking().items():
            yield Finding(_CHECK_OF_LACKING[code], code, {"count": len(names)})

    def asking(self, lacking: Callable[[], Mapping[str, list[str]]]) -> Self:
        """Itself: it looks at that, too, which is what the database has no more of all that it must have, by code."""
        self._lacking = lacking
        return self

    def lacks_something(self) -> bool:
        """Whether the database is no more as this version needs it, so that whatever it is asked may fail."""
        return bool(self._lacking())

    def _is_fresh(self, failure: Exception) -> bool:
        now = self._monotonic()
        if self._failure is None or self._failure[0] is not failure:
            self._failure = (failure, now)
        return now - self._failure[1] < TROUBLE_S

    def _of_views(self, statuses: list[ProjectionStatus]) -> Iterator[Finding]:
        for code, found in (
            ("projection-stalled", [each for each in statuses if each.stalled_reason is not None]),
            ("projection-ahead", [each for each in statuses if each.is_ahead]),
            ("projection-standstill", [each for each in statuses if self._stands_still(each)]),
        ):
            if found:
                yield Finding("projections", code, _figures_of(found))

    def _stands_still(self, status: ProjectionStatus) -> bool:
        """Whether it is behind, not stalled, and was at the same position for a while."""
        key, now = (status.ledger_id, status.name), self._monotonic()
        if not status.lag or status.stalled_reason is not None:
            self._moved.pop(key, None)
            return False
        position, since = self._moved.get(key, (status.position, now))
        if position != status.position:
            since = now
        self._moved[key] = (status.position, since)
        return now - since >= STANDSTILL_S

    def _told(self, findings: list[Finding], language: Language) -> list[dict[str, Any]]:
        now = SystemClock().now()
        known = {each[:2]: self._since.get(each[:2], now) for each in findings}
        for each in findings:
            if each[:2] not in self._since:
                _logger.error("not-ready", check=each.check, code=each.code, **each.figures)
        self._since = known
        return [
            {
                "check": each.check,
                "code": each.code,
                "since": known[each[:2]].astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
                "detail": READINESS[each.code][language].format_map(each.figures),
                **each.figures,
            }
            for each in findings
        ]


def _figures_of(found: list[ProjectionStatus]) -> dict[str, str | int]:
    """How many there are, and of the one that is furthest behind, which it is, where, and why it halted."""
    worst = max(found, key=lambda each: (each.lag, each.name))
    figures: dict[str, str | int] = {
        "count": len(found),
        "projection": worst.name,
        "position": worst.position,
        "lag_events": worst.lag,
    }
    if worst.stalled_reason is not None:
        figures["reason"] = _without_message(worst.stalled_reason)
    return figures


def _without_message(reason: str) -> str:
    """Where it was and the kind of error: an error's message may repeat what an event says."""
    return ": ".join(reason.split(": ")[:2])
