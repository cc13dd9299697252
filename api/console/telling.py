"""One sentence for each type of event: what happened, in the words of the field."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from api.console.asked import Asked
from api.console.field_names import FIELD_NAMES
from api.console.figures import rate
from domain.appropriation import SourceLevel
from domain.evaluation import EvaluationKind
from domain.flow import AllocationStage, DisbursementKind, RecoveryDestination
from domain.grade import Grade
from domain.project import ProjectStatus
from domain.unit import UnitKind

Data = Mapping[str, Any]
Tell = Callable[[Asked, Data], str]

PAPERS: Final = ("document_no", "voucher_no")


def sentence(asked: Asked, event: Mapping[str, Any]) -> str:
    """What the event says; one of a type that is not ours is told by its name."""
    tell = TELLINGS.get(event["type"])
    return str(event["type"]) if tell is None else tell(asked, event["data"])


def paper_of(event: Mapping[str, Any]) -> str | None:
    """The number of its document or voucher; of a reversal that of what it takes back. None: it has none."""
    fact = fact_of(event)
    return next((str(fact[name]) for name in PAPERS if fact.get(name)), None)


def amount_of(event: Mapping[str, Any]) -> str | None:
    """The amount that it tells of, in yuan; of a reversal with a minus. None: it moves no money."""
    fact = fact_of(event)
    amount = fact.get("amount", fact.get("adjusted"))
    if amount is None:
        return None
    return f"-{amount}" if event["type"].startswith("event-reversed.") else str(amount)


def fact_of(event: Mapping[str, Any]) -> Data:
    """The fact itself; of a reversal the one that it takes back."""
    data: Data = event["data"]
    fact: Data = data.get("fact", data)
    return fact


def _named(names: Mapping[str, str]) -> Callable[[Data], dict[str, Any]]:
    return lambda data: {key: data[field] for key, field in names.items()}


def _ledger(asked: Asked, data: Data) -> str:
    return asked.say("开立账套「{name}」", name=data["name"])


def _unit(asked: Asked, data: Data) -> str:
    return asked.say("登记单位「{name}」（{kind}）", name=data["name"], kind=asked.word(UnitKind, data["kind"]))


def _appropriation(asked: Asked, data: Data) -> str:
    level = asked.word(SourceLevel, data["source_level"])
    return asked.say("收到来源指标「{name}」（{level}）", name=data["name"], level=level)


def _project(asked: Asked, data: Data) -> str:
    return asked.say("登记项目「{name}」", name=data["name"])


def _amendment(asked: Asked, data: Data) -> str:
    changed = asked.say("、").join(asked.say(FIELD_NAMES.get(name, name)) for name in data["changes"])
    return asked.say("项目 {project} 变更：{changed}", project=data["project_id"], changed=changed)


def _line(asked: Asked, data: Data) -> str:
    return asked.say(
        "为项目 {project} 开立项目指标 {line}，来源 {source}",
        project=data["project_id"],
        line=data["line_id"],
        source=data["appropriation_id"],
    )


def _opening(asked: Asked, data: Data) -> str:
    return asked.say("接入项目指标 {line} 的期初余额", line=data["line_id"])


def _allocation(asked: Asked, data: Data) -> str:
    stage = asked.word(AllocationStage, data["stage"])
    return asked.say("向项目指标 {line} 下达{stage}指标", line=data["line_id"], stage=stage)


def _reduction(asked: Asked, data: Data) -> str:
    return asked.say("调减项目指标 {line}：{reason}", line=data["line_id"], reason=data["reason"])


def _disbursement(asked: Asked, data: Data) -> str:
    kind = asked.word(DisbursementKind, data["kind"])
    told = asked.say("项目指标 {line} {kind}", line=data["line_id"], kind=kind)
    told += asked.say("：{purpose}", purpose=data["purpose"]) if data["purpose"] else ""
    return told + (asked.say("（超指标支付）") if data["overrun"] else "")


def _return(asked: Asked, data: Data) -> str:
    return asked.say(
        "流水 #{position} 的支出退回项目指标 {line}：{reason}",
        position=data["disbursement"]["position"],
        line=data["line_id"],
        reason=data["reason"],
    )


def _recovery(asked: Asked, data: Data) -> str:
    destination = asked.word(RecoveryDestination, data["destination"])
    return asked.say("收回项目指标 {line} 的资金，去向：{where}", line=data["line_id"], where=destination)


def _status(asked: Asked, data: Data) -> str:
    status = asked.word(ProjectStatus, data["status"])
    return asked.say("项目 {project}：{status}", project=data["project_id"], status=status)


def _evaluation(asked: Asked, data: Data) -> str:
    return asked.say(
        "开立{kind} {evaluation}，对象 {subject}",
        kind=asked.word(EvaluationKind, data["kind"]),
        evaluation=data["evaluation_id"],
        subject=data["subject"]["id"],
    )


def _score(asked: Asked, data: Data) -> str:
    named = _named({"evaluation": "evaluation_id", "indicator": "indicator"})(data)
    return asked.say("评价 {evaluation} 指标 {indicator} 得分 {score}", score=rate(data["score"]), **named)


def _adjustment(asked: Asked, data: Data) -> str:
    named = _named({"evaluation": "evaluation_id", "indicator": "indicator", "reason": "reason"})(data)
    return asked.say(
        "评价 {evaluation} 指标 {indicator} 得分 {previous}→{score}：{reason}",
        previous=rate(data["previous"]),
        score=rate(data["score"]),
        **named,
    )


def _points(asked: Asked, data: Data) -> str:
    named = _named({"evaluation": "evaluation_id", "reason": "reason"})(data)
    return asked.say("评价 {evaluation} 加减分 {points}：{reason}", points=rate(data["points"]), **named)


def _result(asked: Asked, data: Data) -> str:
    return asked.say("评价 {evaluation} 总分 {total}", evaluation=data["evaluation_id"], total=rate(data["total"]))


def _finalisation(asked: Asked, data: Data) -> str:
    return asked.say(
        "评价 {evaluation} 定稿：{total}，{grade}",
        evaluation=data["evaluation_id"],
        total=rate(data["total"]),
        grade=asked.word(Grade, data["grade"]),
    )


def _reversal(asked: Asked, data: Data) -> str:
    reverses = data["reverses"]
    return asked.say(
        "冲销流水 #{position}（{type}）：{reason}",
        position=reverses["position"],
        type=asked.event_type(reverses["type"]),
        reason=data["reason"],
    )


def _digest(asked: Asked, data: Data) -> str:
    return asked.say(
        "记下截至流水 #{position} 的 {count} 个标签摘要", position=data["position"], count=data["tag_count"]
    )


def _erasure(asked: Asked, data: Data) -> str:
    return asked.say("清除 {count} 笔流水的私密内容", count=len(data["event_ids"]))


def _epoch(asked: Asked, data: Data) -> str:
    return asked.say("账本纪元提升至 {epoch}：{reason}", epoch=data["epoch"], reason=data["reason"])


def _key_added(asked: Asked, _data: Data) -> str:
    return asked.say("启用一把签名密钥")


def _key_retired(asked: Asked, _data: Data) -> str:
    return asked.say("停用一把签名密钥")


TELLINGS: Final[Mapping[str, Tell]] = {
    "ledger-opened.v1": _ledger,
    "unit-registered.v1": _unit,
    "appropriation-received.v1": _appropriation,
    "project-registered.v1": _project,
    "project-amended.v1": _amendment,
    "line-opened.v1": _line,
    "opening-balance-recorded.v1": _opening,
    "funds-allocated.v1": _allocation,
    "allocation-reduced.v1": _reduction,
    "funds-disbursed.v1": _disbursement,
    "disbursement-returned.v1": _return,
    "funds-recovered.v1": _recovery,
    "project-status-changed.v1": _status,
    "evaluation-opened.v1": _evaluation,
    "score-recorded.v1": _score,
    "score-adjusted.v1": _adjustment,
    "points-granted.v1": _points,
    "result-recorded.v1": _result,
    "evaluation-finalised.v1": _finalisation,
    "event-reversed.v1": _reversal,
    "ledger-digest.v1": _digest,
    "personal-data-erased.v1": _erasure,
    "epoch-raised.v1": _epoch,
    "log-key-added.v1": _key_added,
    "log-key-retired.v1": _key_retired,
}
"""By the full name of the type; a test holds it against every type there is."""
