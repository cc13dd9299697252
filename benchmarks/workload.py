"""The common workload: deterministic events of public fund flows, and the answers they must lead to.

100 appropriations, 2,000 projects, the years 2022 to 2025. Every event has a business date and a recorded instant,
strictly increasing. 12 % are recorded 3 to 120 days late, 4 % reverse an earlier disbursement in full. The draws, and
so the stream, are those of the generator other systems are measured with: `expected-100k.json` holds its answers.
"""

import hashlib
import json
import random
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

APPROPRIATION_COUNT: Final = 100
PROJECT_COUNT: Final = 2000
SEED: Final = 20260101
FIRST_DAY: Final = date(2022, 1, 1)
DAY_COUNT: Final = 1461
EXPECTED_FILE: Final = Path(__file__).with_name("expected-100k.json")

_LATE_SHARE: Final = 0.12
_MONEY_SHARE: Final = 0.84
_ALLOCATION_MIN: Final = 10_000_00
_ALLOCATION_RANGE: Final = 50_000_000_00
_NOTES: Final = (
    "拨付进度款", "年度预算下达", "设备采购", "工程结算", "审计调整", "绩效考核", "中期评估", "合同尾款",
)  # fmt: skip
_STATUSES: Final = ("planned", "approved", "in_progress", "suspended", "completed", "accepted")


class FlowEvent(NamedTuple):
    """One event of the stream; `amount` in fen, `biz` the business date, `ref` the id of the event reversed."""

    id: str
    seq: int
    ver: int
    appr: str
    proj: str
    type: str
    amount: int
    biz: str
    rec: str
    ref: str | None
    status: str | None
    score: int
    doc: str
    note: str
    actor: str

    def line(self) -> bytes:
        """The event as the hash of the stream takes it."""
        text = json.dumps(self._asdict(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return text.encode() + b"\n"


class Cut(NamedTuple):
    """Coordinates of an answer: business date at most `biz`, recorded before `rec` (None: all that was recorded)."""

    biz: str
    rec: str | None

    def has(self, event: FlowEvent) -> bool:
        """Whether the event counts at these coordinates."""
        return event.biz <= self.biz and (self.rec is None or event.rec < self.rec)


CUTS: Final = {
    "now": Cut("9999-12-31", None),
    "biz_2023_06_30": Cut("2023-06-30", None),
    "biz_2024_12_31": Cut("2024-12-31", None),
    "bitemporal_2024_06_30_known_2024_07_15": Cut("2024-06-30", "2024-07-15T00:00:00.000000+00:00"),
}

Sums = tuple[int, int, int]
"""Allocated, net disbursed (both in fen) and score of a project."""


class _Drawn(NamedTuple):
    """What the dice said an event is."""

    type: str
    amount: int = 0
    ref: str | None = None
    status: str | None = None
    score: int = 0


@dataclass(slots=True)
class _Money:
    """What was allocated to a project and spent by it so far, and the disbursements that were not reversed."""

    allocated: int = 0
    spent: int = 0
    open: list[tuple[str, int]] = field(default_factory=list)
    count: int = 0


def events(count: int, seed: int = SEED, hot_share: float = 0.0) -> Iterator[FlowEvent]:
    """The first `count` events of the stream that spreads this many over the four years.

    That share of the money goes to project P0000 instead; without it the stream is that of the expected answers.
    """
    dice = random.Random(seed)
    heat = random.Random(seed + 1)
    money = [_Money() for _ in range(PROJECT_COUNT)]
    start = datetime(2022, 1, 1, tzinfo=UTC)
    step_us = DAY_COUNT * 86400 * 10**6 // count
    for index in range(count):
        recorded_at = start + timedelta(microseconds=index * step_us + dice.randrange(step_us))
        number = index if index < PROJECT_COUNT else dice.randrange(PROJECT_COUNT)
        kind = dice.random()
        if hot_share and kind < _MONEY_SHARE and heat.random() < hot_share:
            number = 0
        lag_days = dice.randrange(3) if dice.random() >= _LATE_SHARE else 3 + dice.randrange(118)
        business_date = max(recorded_at.date() - timedelta(days=lag_days), FIRST_DAY)
        event_id = str(uuid.UUID(int=dice.getrandbits(128), version=4))
        project = money[number]
        drawn = _draw(dice, project, event_id, 0.0 if index < PROJECT_COUNT else kind)
        project.count += 1
        yield FlowEvent(
            id=event_id,
            seq=index + 1,
            ver=project.count,
            appr=f"A{number % APPROPRIATION_COUNT:03d}",
            proj=f"P{number:04d}",
            type=drawn.type,
            amount=drawn.amount,
            biz=business_date.isoformat(),
            rec=recorded_at.isoformat(timespec="microseconds"),
            ref=drawn.ref,
            status=drawn.status,
            score=drawn.score,
            doc=f"财预〔{recorded_at.year}〕{index % 100000:05d}号",
            note=_NOTES[dice.randrange(8)],
            actor=f"u{dice.randrange(300):03d}",
        )


def _draw(dice: random.Random, project: _Money, event_id: str, kind: float) -> _Drawn:
    if kind < 0.22:
        return _allocation(dice, project)
    if kind < 0.80:
        room = project.allocated - project.spent
        amount = 1 + dice.randrange(max(1, room // 4))
        if amount > room:
            return _allocation(dice, project)
        project.spent += amount
        project.open.append((event_id, amount))
        return _Drawn("disbursement", amount)
    if kind < _MONEY_SHARE and project.open:
        reversed_id, amount = project.open.pop(dice.randrange(len(project.open)))
        project.spent -= amount
        return _Drawn("reversal", amount, ref=reversed_id)
    if kind < 0.92:
        return _Drawn("status", status=_STATUSES[dice.randrange(6)])
    return _Drawn("score", score=dice.randrange(2001) - 1000)


def _allocation(dice: random.Random, project: _Money) -> _Drawn:
    amount = _ALLOCATION_MIN + dice.randrange(_ALLOCATION_RANGE)
    project.allocated += amount
    return _Drawn("allocation", amount)


def stream_sha256(stream: Iterable[FlowEvent]) -> str:
    """Hex SHA-256 that names a stream."""
    digest = hashlib.sha256()
    for event in stream:
        digest.update(event.line())
    return digest.hexdigest()


def oracle(stream: Iterable[FlowEvent], cut: Cut) -> dict[str, Sums]:
    """The sums of every project that has an event at the cut, by plain addition."""
    table: dict[str, Sums] = {}
    for event in stream:
        if not cut.has(event):
            continue
        allocated, disbursed, score = table.get(event.proj, (0, 0, 0))
        if event.type == "allocation":
            allocated += event.amount
        elif event.type == "disbursement":
            disbursed += event.amount
        elif event.type == "reversal":
            disbursed -= event.amount
        table[event.proj] = (allocated, disbursed, score + event.score)
    return table


def table_sha256(table: dict[str, Sums]) -> str:
    """Hex SHA-256 that names a table of sums, as every system's answer is compared."""
    text = "".join(f"{name},{allocated},{spent},{score}\n" for name, (allocated, spent, score) in sorted(table.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def expected() -> dict[str, Any]:
    """The answers for 100,000 events that two independent programs (Python, SQL) agree on."""
    document: dict[str, Any] = json.loads(EXPECTED_FILE.read_text(encoding="utf-8"))
    return document


def with_possible_reversals(stream: list[FlowEvent]) -> list[FlowEvent]:
    """The stream with every reversal dated no earlier than the event it reverses: the ledger refuses others.

    In the stream of 100,000 that moves the date of 68 reversals; one project differs at two of the four cuts.
    """
    return list(made_possible(stream))


def made_possible(stream: Iterable[FlowEvent]) -> Iterator[FlowEvent]:
    """The same for a stream that is too long for a list."""
    dates: dict[str, str] = {}
    for event in stream:
        if event.type == "disbursement":
            dates[event.id] = event.biz
        yield event._replace(biz=max(event.biz, dates.pop(event.ref))) if event.ref else event
