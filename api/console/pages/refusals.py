"""拒绝记录 and 访问日志: who tried what and was refused, and who was turned away. For those who may read it."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from api.console.access_actions import action_title
from api.console.asked import EVERY_ROW, Asked, Content
from api.console.figures import grouped, local_time
from api.console.form_parameters import optional
from api.console.inside import Refused
from api.console.page import Page
from api.console.table import Column, Kind, Row, Table
from api.console.texts import mark as _
from api.console.worded_choice import worded_choice
from api.parameters import position
from api.wording import title_of_code
from domain.access import Role

SHOWN: Final = 100
MOST_EXPORTED: Final = 20_000
KINDS: Final[Mapping[str, str]] = {
    "refused": _("指令被规则拒绝"),
    "denied": _("无权访问"),
    "unauthenticated": _("身份未通过"),
    "administered": _("密钥与日志管理"),
}
FIGURES: Final[Mapping[str, str]] = {
    "available": _("可用余额"),
    "requested": _("申请"),
    "unallocated": _("未下达"),
    "disbursed": _("支出金额"),
    "returned": _("已退回"),
    "maximum": _("分值"),
    "missing": _("缺少得分的指标数"),
    "sum": _("合计"),
    "limit": _("上限"),
    "count": _("引用的流水数"),
    "entries": _("流水笔数"),
    "position": _("相关流水号"),
    "other_index": _("同一请求中的另一项（从 0 数起）"),
    "earliest": _("最早日期"),
    "latest": _("最晚日期"),
    "registered_on": _("登记日期"),
    "original_date": _("原业务日期"),
    "ended_on": _("终止日期"),
    "last_on": _("最后业务日期"),
    "size_bytes": _("字节数"),
    "limit_bytes": _("字节上限"),
    "granted_role": _("角色"),
    "ledgers": _("账套"),
    "units": _("限于单位"),
    "expires_at": _("有效期至"),
    "secret_hash_sha256": _("密钥的校验值"),
    "first_recorded_at": _("首次记录时间"),
    "mapping_id": _("列对应编号"),
    "sha256_before": _("原列对应的校验值"),
    "sha256": _("新列对应的校验值"),
    "unconfirmed": _("未确认的记录数"),
    "first_sequence": _("首条序号"),
    "last_sequence": _("末条序号"),
    "records": _("记录条数"),
}
"""What the figures of refusals, and of acts of administration, are called."""
NEWEST: Final = "-sequence"
SORTS: Final[Mapping[str, str]] = {NEWEST: _("新的在前"), "sequence": _("旧的在前")}


_DECIMAL: Final = re.compile(r"-?[0-9]+\.[0-9]+\Z")


async def make_refusals(asked: Asked) -> Content:
    """Refused commands."""
    return await _make(asked, "refusals", asked.say("拒绝记录"), {})


async def make_access_log(asked: Asked) -> Content:
    """Everything that is kept of the ledger."""
    return await _make(asked, "access-log", asked.say("访问日志"), {"kind": asked.values["kind"]})


async def _make(asked: Asked, path: str, title: str, chosen: Mapping[str, Any]) -> Content:
    question = {**chosen, "sort": asked.values["sort"]}
    if "format" in asked.request.path_params:
        found = await _everything(asked, path, question)
    else:
        place = {"before": asked.values["before"], "after": asked.values["after"]}
        found = await asked.inside.get(asked.address(path), {**question, **place, "limit": SHOWN})
    ledger = await asked.inside.get(asked.address(""))
    return Content(
        title=title,
        values={
            "records": found["items"],
            "following": _place_of(found["next"]),
            "is_first": asked.values["before"] is None and asked.values["after"] is None,
            "head": found["head"],
            "beginning": found["beginning"],
            "kinds": KINDS,
            "kind": chosen.get("kind"),
            "with_kind": path == "access-log",
            "sort": asked.values["sort"],
            "figures_of": lambda record: figures_of(asked, record),
            "action_of": lambda record: action_of(asked, record),
            "why_of": lambda record: _why_of(asked, record),
        },
        tables=(_table(asked, path, title, found["items"], ledger["time_zone"]),),
    )


async def _everything(asked: Asked, path: str, question: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await asked.inside.get(asked.address(path), {**question, "limit": EVERY_ROW})
    following = found["next"]
    while following is not None:
        if len(found["items"]) >= MOST_EXPORTED:
            detail = asked.say(
                "一次最多导出 {count} 条记录；全部记录用命令 fundtrail access-log export 导出。", count=MOST_EXPORTED
            )
            raise Refused(422, {"title": asked.say("记录过多"), "detail": detail, "code": "too-many", "errors": []})
        parts = urlsplit(following)
        page = await asked.inside.get(parts.path, parse_qs(parts.query))
        found["items"] += page["items"]
        following = page["next"]
    return found


def _place_of(following: str | None) -> dict[str, str] | None:
    if following is None:
        return None
    return {name: each[0] for name, each in parse_qs(urlsplit(following).query).items() if name in {"before", "after"}}


def action_of(asked: Asked, record: Row) -> str:
    """What was wanted, as it is called on the pages."""
    return asked.say(action_title(record["action"]))


def _why_of(asked: Asked, record: Row) -> str:
    return title_of_code(record["code"], asked.view.language)


def figures_of(asked: Asked, record: Row) -> str:
    """The figures that explain the refusal, each with its name; amounts and points with separators."""
    figures = record["figures"].items()
    return " · ".join(f"{_figure_name(asked, name)} {_shown(asked, name, value)}" for name, value in figures)


def _figure_name(asked: Asked, name: str) -> str:
    return asked.say(FIGURES[name]) if name in FIGURES else name


def _shown(asked: Asked, name: str, value: str | int) -> str:
    if name == "granted_role":
        return asked.word(Role, str(value))
    if name == "position":
        return f"#{value}"
    if isinstance(value, int):
        return f"{value:,}"
    return grouped(value) if _DECIMAL.match(value) else value


def _table(asked: Asked, name: str, title: str, records: list[Row], time_zone: str) -> Table:
    columns = (
        Column(title=asked.say("序号"), value=lambda row: row["sequence"], kind=Kind.COUNT),
        Column(title=asked.say("时间"), value=lambda row: local_time(row["recorded_at"], time_zone), kind=Kind.INSTANT),
        Column(title=asked.say("种类"), value=lambda row: asked.say(KINDS[row["kind"]])),
        Column(title=asked.say("所求"), value=lambda row: action_of(asked, row)),
        Column(title=asked.say("结果"), value=lambda row: _why_of(asked, row)),
        Column(title=asked.say("结果代码"), value=lambda row: row["code"]),
        Column(title=asked.say("操作人"), value=lambda row: row["subject"]),
        Column(title=asked.say("角色"), value=lambda row: asked.word(Role, row["role"])),
        Column(title=asked.say("来源地址"), value=lambda row: row["address"]),
        Column(title=asked.say("涉及"), value=lambda row: " ".join(row["concerns"])),
        Column(title=asked.say("数字"), value=lambda row: figures_of(asked, row)),
        Column(title=asked.say("次数"), value=lambda row: row["count"], kind=Kind.COUNT),
        Column(title=asked.say("链上校验值"), value=lambda row: row["hash"]),
    )
    return Table(name=name, title=title, columns=columns, rows=records)


_PLACE: Final = (
    worded_choice("sort", "Order.", SORTS, NEWEST),
    optional(position("before", "Only records before that sequence.")),
    optional(position("after", "Only records after that sequence.")),
)
REFUSALS: Final = Page(
    name="refusals",
    path="refusals",
    make=make_refusals,
    template="refusals.html",
    section="refusals",
    parameters=_PLACE,
)
ACCESS_LOG: Final = Page(
    name="access-log",
    path="access-log",
    make=make_access_log,
    template="refusals.html",
    section="refusals",
    parameters=(*_PLACE, optional(worded_choice("kind", "Only records of that kind.", KINDS))),
)
