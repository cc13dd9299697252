"""What commands are called, in what order a bureau gives them, and the labels and hints that a name does not say."""

from collections.abc import Mapping
from typing import Final

from api.console.texts import mark as _

SECTIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (_("基础登记"), ("register-unit", "receive-appropriation", "register-project", "open-line")),
    (
        _("资金收支"),
        (
            "record-opening-balance",
            "allocate-funds",
            "reduce-allocation",
            "record-disbursement",
            "return-disbursement",
            "recover-funds",
        ),
    ),
    (_("项目管理"), ("change-project-status", "amend-project")),
    (
        _("绩效管理"),
        ("open-evaluation", "record-score", "adjust-score", "grant-points", "record-result", "finalise-evaluation"),
    ),
    (_("更正与清除"), ("reverse-event", "erase-private-values")),
)
"""Every command, in the order of a bureau's work."""

TITLES: Final[Mapping[str, str]] = {
    "register-unit": _("登记单位"),
    "receive-appropriation": _("收到来源指标"),
    "register-project": _("登记项目"),
    "amend-project": _("变更项目信息"),
    "open-line": _("开立项目指标"),
    "record-opening-balance": _("录入期初余额"),
    "allocate-funds": _("下达指标"),
    "reduce-allocation": _("调减指标"),
    "record-disbursement": _("录入支出"),
    "return-disbursement": _("录入支出退回"),
    "recover-funds": _("收回资金"),
    "change-project-status": _("记录项目状态"),
    "open-evaluation": _("开立绩效评价"),
    "record-score": _("录入得分"),
    "adjust-score": _("调整得分"),
    "grant-points": _("录入加减分"),
    "record-result": _("录入总分"),
    "finalise-evaluation": _("绩效评价定稿"),
    "reverse-event": _("冲销记录"),
    "erase-private-values": _("清除私密内容"),
}
"""By the name of the command."""

PURPOSES: Final[Mapping[str, str]] = {
    "register-unit": _("财政、主管部门、乡镇、村、企业等持有或使用资金的单位"),
    "receive-appropriation": _("一份指标文、一笔金额、一个预算年度"),
    "register-project": _("登记一次，以后的变动另记"),
    "amend-project": _("名称、单位、计划金额等信息的变动，原值留存"),
    "open-line": _("一个来源指标下，一个项目由一个单位使用的指标"),
    "record-opening-balance": _("中途接管的项目指标，只能是其首笔资金记录"),
    "allocate-funds": _("年初或追加，下达到项目指标"),
    "reduce-allocation": _("支出前调减已下达的指标"),
    "record-disbursement": _("支付给收款人，或拨付给实施单位"),
    "return-disbursement": _("某笔支出的款项退回项目指标"),
    "recover-funds": _("收回未支出的资金"),
    "change-project-status": _("开工、验收、投入使用等，按发生日期记录"),
    "open-evaluation": _("评价对象、年度和绩效指标"),
    "record-score": _("每个绩效指标一次，以后用得分调整"),
    "adjust-score": _("须写明原因，原得分留存"),
    "grant-points": _("对整个评价加分或减分"),
    "record-result": _("未设绩效指标的评价只录总分"),
    "finalise-evaluation": _("定稿后不再变动，只能先冲销定稿"),
    "reverse-event": _("误录的记录不删除，以冲销更正"),
    "erase-private-values": _("清除事件的私密字段，不可恢复；须有审批权限"),
}
"""What each is for, in a line."""

LABELS: Final[Mapping[str, str]] = {
    "register-unit/unit_id": _("单位编号"),
    "register-unit/name": _("单位名称"),
    "register-unit/kind": _("单位类型"),
    "receive-appropriation/appropriation_id": _("来源指标编号"),
    "receive-appropriation/name": _("来源指标名称"),
    "register-project/project_id": _("项目编号"),
    "register-project/name": _("项目名称"),
    "amend-project/reason": _("变更事由"),
    "changes/name": _("项目名称"),
    "open-line/line_id": _("项目指标编号"),
    "record-opening-balance/initial": _("其中：年初预算"),
    "record-disbursement/kind": _("支出方式"),
    "return-disbursement/event_id": _("退回的支出"),
    "return-disbursement/amount": _("退回金额"),
    "return-disbursement/reason": _("退回事由"),
    "reduce-allocation/reason": _("调减事由"),
    "open-evaluation/evaluation_id": _("评价编号"),
    "open-evaluation/kind": _("评价类型"),
    "subject/kind": _("对象类型"),
    "subject/id": _("对象"),
    "indicators/code": _("指标代码"),
    "indicators/name": _("三级指标"),
    "adjust-score/score": _("调整后得分"),
    "adjust-score/reason": _("调整原因"),
    "grant-points/reason": _("加减分原因"),
    "reverse-event/event_id": _("被冲销的记录"),
    "reverse-event/reason": _("冲销事由"),
    "erase-private-values/event_ids": _("要清除的事件"),
    "overrun/reason": _("超支原因"),
    "open-ledger/name": _("账套名称"),
}
"""By command and path, or by path alone; other fields are called as in `field_names`."""

HINTS: Final[Mapping[str, str]] = {
    "effective_date": _("款项或事项实际发生的日期，如 2024-03-15；补录旧账填当时的日期"),
    "event_id": _("流水号，或事件编号"),
    "event_ids": _("流水号，或事件编号"),
    "payee": _("私密字段：只存承诺值，不进入账本"),
    "voucher_no": _("同一项目指标同一年度不能重复"),
    "category": _("小写英文代码，如 road"),
    "note_code": _("小写英文代码，如 rain_delay"),
    "legal_basis": _("小写英文代码，如 retention_ended"),
    "represents": _("报告中一行代表多个项目时填写，默认 1"),
    "points": _("减分填负数，如 -3"),
    "subject/id": _("项目、单位、来源指标填编号；专项填名称"),
    "indicators": _("分值全部填写时合计须为 100"),
    "implementing_unit_ids": _("与主管单位不同时填写"),
    "overrun": _("本笔支出超过可用余额时，写明批准依据和原因；将长期标记为超指标支付"),
    "changes": _("只填要变更的项；留空表示不变，勾选“清空”表示改为无"),
    "correlation_id": _("把相关的几笔记录联系起来的编号"),
    "row": _("文件中的行，从 1 起"),
    "sha256": _("64 位十六进制"),
    "initial": _("没有年初预算的留空；为零填 0"),
    "open-ledger/ledger_id": _("字母、数字、点、横线，如 qingshi-2024；以后不能改"),
    "open-ledger/region_code": _("六位行政区划代码，可不填"),
    "register-unit/unit_id": _("字母、数字、点、横线，以后不能改"),
    "receive-appropriation/appropriation_id": _("字母、数字、点、横线，以后不能改"),
    "register-project/project_id": _("字母、数字、点、横线，以后不能改"),
    "open-line/line_id": _("字母、数字、点、横线，以后不能改"),
    "open-evaluation/evaluation_id": _("字母、数字、点、横线，以后不能改"),
}
"""The same; also by the name of the field alone."""
