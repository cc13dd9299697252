"""The parts of a bundle that people read: proven by nothing, made from what is proven."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import msgspec

from api.evidence.completeness import Completeness
from domain.money import format_hundredths
from domain.ports import StoredCheckpoint

FIGURE_NAMES: Final = {
    "initial_budget": ("年初预算", "initial budget"),
    "adjusted_budget": ("全年预算", "adjusted budget"),
    "disbursed": ("支出", "disbursed"),
    "transferred": ("其中：拨付", "of which transferred"),
    "recovered": ("收回", "recovered"),
    "carried_out": ("结转", "carried out"),
    "available": ("可用余额", "available"),
    "execution_rate": ("执行率 %", "execution rate, %"),
    "execution_rate_initial": ("对年初预算执行率 %", "execution rate on the initial budget, %"),
    "received": ("来源指标", "received"),
    "allocated": ("已分配", "allocated"),
    "unallocated": ("未分配", "unallocated"),
}
KIND_NAMES: Final = {
    "project": ("项目", "project"),
    "line": ("项目指标", "budget line"),
    "appropriation": ("来源指标", "appropriation"),
}
EVENT_NAMES: Final = {
    "ledger-opened": "开设账套",
    "appropriation-received": "收到来源指标",
    "project-registered": "登记项目",
    "project-amended": "变更项目",
    "project-status-changed": "项目状态",
    "line-opened": "开设项目指标",
    "opening-balance-recorded": "期初余额",
    "funds-allocated": "下达",
    "allocation-reduced": "调减",
    "funds-disbursed": "支出",
    "disbursement-returned": "退回",
    "funds-recovered": "收回",
    "evaluation-opened": "绩效评价",
    "event-reversed": "冲销",
    "ledger-digest": "摘要",
}
COLUMNS: Final = ("流水号", "序号", "业务日期", "录入时间", "事项", "金额", "凭证/文号")

_STYLE: Final = """
body{font:14px/1.5 "Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei",sans-serif;max-width:60rem;
margin:2rem auto;color:#1b1b1b;padding:0 1rem}h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
p{margin:.3rem 0}table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #ccc;padding:.25rem .5rem;
text-align:left;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tr.out td{color:#8a1c1c}small,.en{color:#666}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f5f5f3;
padding:.6rem}@page{size:A4;margin:18mm}@media print{body{margin:0;max-width:none}tr{break-inside:avoid}
thead{display:table-header-group}}
"""


def readme_text(claim: Mapping[str, Any]) -> str:
    """What the bundle is and how it is checked."""
    coordinates, subject = claim["coordinates"], claim["subject"]
    return f"""资金流向证据包 / Evidence of fund flows

账套 ledger         {claim["ledger"]}
{KIND_NAMES[subject["kind"]][0]} {KIND_NAMES[subject["kind"]][1]:16} {subject["id"]}
业务日期 as of      {coordinates["as_of"]}
录入截止 known at   {coordinates["known_at"]}
流水号 position     {coordinates["position"]}
校验值 root         {coordinates["root"]}

核验（无需网络）/ To check it, without a network:

    python -I -S fundtrail_verify.py THIS.zip --log-key VKEY --policy POLICY --last-seen CHECKPOINT

核验程序、VKEY 与 POLICY 应从发布方或见证单位取得，不可取自本证据包或出具它的服务器。
Take the verifier, VKEY and POLICY from the release and the witnesses, never from this bundle or its server.
Keep checkpoint.txt of a bundle that was verified: it is the CHECKPOINT of the next one.

report.html 与本文件仅供阅读，不属于证明。
report.html and this file are for reading; nothing proves them.
"""


def report_html(
    claim: Mapping[str, Any], entries: Sequence[bytes], checkpoint: StoredCheckpoint, completeness: Completeness
) -> str:
    """A page that prints on A4 and loads nothing."""
    subject = claim["subject"]
    title = f"{KIND_NAMES[subject['kind']][0]} {subject['id']}"
    parts = [
        f"<h1>资金流向证据：{escape(title)}</h1>",
        f"<p>账套 {escape(claim['ledger'])} · {_coordinates(claim)}</p>",
        "<h2>金额 <small>Figures (元 yuan)</small></h2>",
        _figures(claim["figures"]),
        "<h2>流水 <small>Entries</small></h2>",
        _entries(claim, entries),
        "<h2>完整性 <small>Completeness</small></h2>",
        f"<p>{_completeness(completeness)}</p>",
        "<h2>检查点 <small>Checkpoint</small></h2>",
        f"<pre>{escape(checkpoint.note.decode())}</pre>",
        "<p><small>本页仅供阅读，不属于证明；核验方法见 README.txt。<br>"
        "This page is for reading and proven by nothing; README.txt says how the bundle is checked.</small></p>",
    ]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="zh"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _coordinates(claim: Mapping[str, Any]) -> str:
    place = claim["coordinates"]
    return (
        f"业务日期 {escape(place['as_of'])} · 录入截止 {escape(place['known_at'] or '—')} · 流水号 {place['position']}"
        f"<br><small>校验值 root {escape(place['root'])}</small>"
    )


def _figures(figures: Mapping[str, str | None]) -> str:
    rows = [
        f'<tr><td>{FIGURE_NAMES[name][0]} <span class="en">{FIGURE_NAMES[name][1]}</span></td>'
        f'<td class="n">{escape(value) if value is not None else "—"}</td></tr>'
        for name, value in figures.items()
    ]
    return f"<table>{''.join(rows)}</table>"


def _entries(claim: Mapping[str, Any], entries: Sequence[bytes]) -> str:
    documents: list[dict[str, Any]] = [msgspec.json.decode(entry) for entry in entries]
    bearing = [each for each in documents if claim["tag"] in each["tags"]]
    reversed_ids = {each["corrects"] for each in bearing if each["type"].startswith("event-reversed")}
    rows = [_entry(claim, each, is_reversed=each["id"] in reversed_ids) for each in bearing]
    head = (
        "<th>流水号</th><th>序号 n</th><th>业务日期</th><th>录入时间</th><th>事项</th><th>金额</th><th>凭证/文号</th>"
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _entry(claim: Mapping[str, Any], entry: Mapping[str, Any], *, is_reversed: bool) -> str:
    place = claim["coordinates"]
    outside = entry["position"] > place["position"] or entry["effective_date"] > place["as_of"]
    fact = entry["data"].get("fact", entry["data"])
    amount = fact.get("amount")
    word = EVENT_NAMES.get(entry["type"].partition(".")[0], entry["type"])
    marks = f"{'（已冲销）' if is_reversed else ''}{'（不在所问坐标内）' if outside else ''}"
    cells = [
        f'<td class="n">{entry["position"]}</td>',
        f'<td class="n">{entry["tags"][claim["tag"]]}</td>',
        f"<td>{escape(entry['effective_date'])}</td>",
        f"<td>{escape(entry['recorded_at'])}</td>",
        f"<td>{escape(word)}{marks}</td>",
        f'<td class="n">{format_hundredths(amount) if isinstance(amount, int) else ""}</td>',
        f"<td>{escape(str(fact.get('voucher_no') or fact.get('document_no') or ''))}</td>",
    ]
    return f"<tr{' class=out' if is_reversed or outside else ''}>{''.join(cells)}</tr>"


def _completeness(completeness: Completeness) -> str:
    if completeness.position is None:
        return "尚无摘要覆盖本证据：不能证明没有遗漏。 No digest covers this evidence: it is not shown to be complete."
    covered = f"流水号 {completeness.position} 的摘要覆盖至流水号 {completeness.covers}"
    english = f"The digest at position {completeness.position} covers entries up to {completeness.covers}"
    if completeness.tail_first is None:
        return f"{covered}。 {english}."
    return f"{covered}，其后的全部记录见 tail.jsonl。 {english}; every later entry is in tail.jsonl."
