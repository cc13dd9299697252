"""One sample of every command with every optional field given, recorded in a real log: what the reference shows."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from adapters.database import Database, open_database
from adapters.event_log.digests import digest_at_head
from adapters.event_log.feed import SqlFeed
from adapters.event_log.sequencer import Sequencer
from adapters.migrations.schema import migrate
from api.custody import record_custody
from api.schemas.commands import command_type_named, to_command
from domain.command import Actor, Command
from domain.custody import EpochRaised, LogKeyAdded, LogKeyRetired, ServiceFact
from domain.event import RecordedEvent
from domain.ledger import OpenLedger
from domain.note import Algorithm, VerifierKey, format_verifier_key
from domain.registry import EVENT_TYPES, CommandType, type_name
from domain.submission import KeyedCommand, Submission

LEDGER: Final = "qingshi"
ACTOR: Final = Actor(subject="clerk-7", issuer=None, role="clerk")

_LINES: Final = """
{"command": "register-unit", "unit_id": "finance", "name": "青石县财政局", "kind": "finance"}
{"command": "register-unit", "unit_id": "road-office", "name": "公路站", "kind": "other", "parent_unit_id": "finance"}
{"command": "receive-appropriation", "appropriation_id": "A1", "name": "省级公路补助", "source_level": "provincial",
 "budget_book": "general_public", "instrument": "省级专项", "fiscal_year": 2023, "amount": "2500000.00",
 "document_no": "省财建〔2023〕6号", "document_date": "2023-01-12"}
{"command": "register-project", "project_id": "roads", "name": "农村公路", "category": "transport",
 "lead_unit_id": "finance", "start_year": 2023}
{"command": "register-project", "project_id": "road", "name": "村村通公路", "programme": "农村公路建设",
 "parent_project_id": "roads", "category": "transport", "lead_unit_id": "finance",
 "implementing_unit_ids": ["road-office"], "start_year": 2023, "end_year": 2024, "planned_amount": "2500000.00",
 "total_investment": "3000000.00", "location": "柳林镇"}
{"command": "amend-project", "project_id": "road", "changes": {"name": "柳林镇村村通公路", "end_year": null},
 "reason": "批复名称变更"}
{"command": "change-project-status", "project_id": "road", "status": "approved", "document_no": "青交〔2023〕5号",
 "note_code": "first_batch"}
{"command": "open-line", "line_id": "L1", "appropriation_id": "A1", "project_id": "road", "unit_id": "finance",
 "function_code": "2140104", "economic_code": "30905", "expenditure_kind": "project"}
{"command": "open-line", "line_id": "L0", "appropriation_id": "A1", "project_id": "road", "unit_id": "finance"}
{"command": "record-opening-balance", "line_id": "L0", "initial": "500000.00", "adjusted": "600000.00",
 "disbursed": "450000.00", "recovered": "0.00"}
{"command": "allocate-funds", "line_id": "L1", "amount": "1000000.00", "stage": "initial",
 "document_no": "青财建〔2023〕2号", "reason": "年初安排"}
{"command": "reduce-allocation", "line_id": "L1", "amount": "100000.00", "document_no": "青财建〔2023〕9号",
 "reason": "招标节余"}
{"command": "record-disbursement", "key": "payment", "line_id": "L1", "amount": "950000.00", "kind": "payment",
 "method": "direct", "voucher_no": "支-0312", "purpose": "路基工程款", "payee": "示例公司",
 "overrun": {"authority": "县政府常务会议纪要〔2023〕7号", "reason": "水毁路段抢修"}}
{"command": "return-disbursement", "event_key": "payment", "amount": "100000.00", "reason": "工程量核减"}
{"command": "recover-funds", "line_id": "L1", "amount": "50000.00", "destination": "treasury",
 "document_no": "青财建〔2023〕30号"}
{"command": "open-evaluation", "evaluation_id": "E1", "subject": {"kind": "project", "id": "road"},
 "fiscal_year": 2023, "evaluation_year": 2024, "kind": "finance", "evaluator_unit_id": "finance",
 "indicators": [{"code": "D1", "name": "完工里程", "level1": "产出", "level2": "数量", "max_points": "100",
 "target": "不少于12公里", "unit": "公里"}]}
{"command": "record-score", "evaluation_id": "E1", "indicator": "D1", "score": "92.5", "actual": "11.1公里",
 "deviation_reason": "汛期停工"}
{"command": "adjust-score", "evaluation_id": "E1", "indicator": "D1", "score": "90", "reason": "复核扣分"}
{"command": "grant-points", "evaluation_id": "E1", "points": "-2", "reason": "资料报送迟缓"}
{"command": "finalise-evaluation", "evaluation_id": "E1"}
{"command": "open-evaluation", "evaluation_id": "E2", "subject": {"kind": "programme", "id": "农村公路建设"},
 "fiscal_year": 2023, "kind": "third_party"}
{"command": "record-result", "evaluation_id": "E2", "total": "89.93"}
{"command": "record-disbursement", "key": "mistake", "line_id": "L0", "amount": "30000.00", "voucher_no": "支-0313"}
{"command": "reverse-event", "event_key": "mistake", "reason": "凭证录入错误"}
{"command": "erase-private-values", "event_ids": ["19ce2745-4246-8528-aab7-77b7df9d4a4e"],
 "legal_basis": "retention_ended"}
"""
_ORIGIN: Final = f"qingshi.example/{LEDGER}/{'0' * 32}"
_OLD_KEY: Final = VerifierKey(name=_ORIGIN, algorithm=Algorithm.ED25519, public_key=sha256(b"old").digest())
_NEW_KEY: Final = VerifierKey(name=_ORIGIN, algorithm=Algorithm.ED25519, public_key=sha256(b"new").digest())
_STATED: Final[tuple[ServiceFact, ...]] = (
    EpochRaised(
        epoch=1,
        last_signed_size=31,
        last_signed_root=sha256(b"root").hexdigest(),
        reason="数据库由 1 月 9 日的备份恢复",
    ),
    LogKeyAdded(verifier_key=format_verifier_key(_NEW_KEY), reason="年度轮换"),
    LogKeyRetired(verifier_key=format_verifier_key(_OLD_KEY), reason="年度轮换"),
)
"""What no command states; the digest is worked out."""


@dataclass(frozen=True)
class Sample:
    """An event and the command that made it; None where it was none that callers give."""

    command: CommandType | None
    event: RecordedEvent
    entry: bytes


class _StandingClock:
    """See ports.Clock. Always the same instant: the reference must come out the same each time."""

    def now(self) -> datetime:
        """Nine o'clock in China."""
        return datetime(2024, 1, 10, 1, 0, tzinfo=UTC)


def samples() -> dict[str, Sample]:
    """The fullest sample of every event type, by its stored name, in the order of the registry."""
    found: dict[str, Sample] = {}
    with _log() as (database, sequencer):
        feed = SqlFeed(database.log_reader)
        opening = sequencer.open_ledger(OpenLedger(ledger_id=LEDGER, name="青石县财政局"), actor=ACTOR, key="open")
        assert opening.position is not None
        _keep(found, _sample(feed, None, opening.position))
        for index, item in enumerate(_items()):
            name, key = item.pop("command"), item.pop("key", f"sample-{index}")
            command = to_command(name, {"effective_date": "2023-12-29", **item}, LEDGER, ACTOR.subject)
            assert isinstance(command, Command), (name, command)
            submission = Submission(ledger_id=LEDGER, actor=ACTOR, items=(KeyedCommand(key=key, command=command),))
            answer = sequencer.submit(submission).result()
            assert answer.position is not None, (name, answer.refusal)
            _keep(found, _sample(feed, command_type_named(name), answer.position))
        for fact in (digest_at_head(database.log_reader, LEDGER), *_STATED):
            answer = record_custody(
                sequencer, feed.ledger(LEDGER), ACTOR, type_name(fact), fact, clock=_StandingClock()
            )
            assert answer.position is not None, (fact, answer.refusal)
            _keep(found, _sample(feed, None, answer.position))
    missing = EVENT_TYPES.keys() - found.keys()
    assert not missing, f"add a sample command for {missing} to {__file__}"
    return {name: found[name] for name in EVENT_TYPES}


def _keep(found: dict[str, Sample], sample: Sample) -> None:
    known = found.get(sample.event.type)
    if known is None or len(sample.entry) > len(known.entry):
        found[sample.event.type] = sample


def _sample(feed: SqlFeed, command: CommandType | None, position: int) -> Sample:
    event, entry = feed.event(LEDGER, position), feed.entry(LEDGER, position)
    assert event is not None
    assert entry is not None
    return Sample(command, event, entry)


def _items() -> Iterator[dict[str, Any]]:
    for text in _LINES.replace("\n ", " ").split("\n"):
        if text:
            yield json.loads(text)


@contextmanager
def _log() -> Iterator[tuple[Database, Sequencer]]:
    with tempfile.TemporaryDirectory(prefix="fundtrail-reference-") as folder:
        database = open_database(f"sqlite:///{Path(folder)}/reference.db")
        migrate(database)
        sequencer = Sequencer(database, _StandingClock(), demo=True)
        try:
            yield database, sequencer
        finally:
            sequencer.stop()
            database.dispose()
