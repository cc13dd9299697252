"""What the words of the closed lists are called: the field's own terms. Source: domain.md, section 1."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from api.console.texts import mark as _
from domain.access import Role
from domain.appropriation import BudgetBook, SourceLevel, SourceNature
from domain.budget_line import ExpenditureKind
from domain.command import Basis
from domain.dates import DatePrecision
from domain.evaluation import EvaluationKind, SubjectKind
from domain.flow import AllocationStage, DisbursementKind, PaymentMethod, RecoveryDestination
from domain.grade import Grade
from domain.project import ProjectStatus, Recurrence
from domain.unit import UnitKind
from projections.rows import Flag

WORDS: Final[Mapping[type[Enum], Mapping[str, str]]] = {
    SourceLevel: {
        SourceLevel.CENTRAL: _("中央"),
        SourceLevel.PROVINCIAL: _("省级"),
        SourceLevel.MUNICIPAL: _("市级"),
        SourceLevel.COUNTY: _("县（区）级"),
        SourceLevel.TOWNSHIP: _("乡镇级"),
        SourceLevel.NONE: _("无级次"),
        SourceLevel.MIXED: _("多级合计"),
        SourceLevel.NOT_STATED: _("未列明"),
    },
    SourceNature: {
        SourceNature.BUDGET: _("预算资金"),
        SourceNature.BOND: _("债券资金"),
        SourceNature.SELF_RAISED: _("自筹资金"),
        SourceNature.SOCIAL: _("社会资金"),
        SourceNature.OTHER: _("其他"),
        SourceNature.NOT_STATED: _("未列明"),
    },
    BudgetBook: {
        BudgetBook.GENERAL_PUBLIC: _("一般公共预算"),
        BudgetBook.GOVERNMENT_FUND: _("政府性基金预算"),
        BudgetBook.STATE_CAPITAL: _("国有资本经营预算"),
        BudgetBook.SOCIAL_INSURANCE: _("社会保险基金预算"),
        BudgetBook.SPECIAL_ACCOUNT: _("财政专户"),
        BudgetBook.UNIT_FUNDS: _("单位资金"),
        BudgetBook.NONE: _("无"),
        BudgetBook.NOT_STATED: _("未列明"),
    },
    UnitKind: {
        UnitKind.FINANCE: _("财政部门"),
        UnitKind.DEPARTMENT: _("主管部门"),
        UnitKind.TOWN: _("乡镇（街道）"),
        UnitKind.VILLAGE: _("村（社区）"),
        UnitKind.ENTERPRISE: _("企业"),
        UnitKind.THIRD_PARTY: _("第三方机构"),
        UnitKind.OTHER: _("其他"),
    },
    Recurrence: {
        Recurrence.ONE_OFF: _("一次性"),
        Recurrence.RECURRENT: _("经常性"),
    },
    ProjectStatus: {
        ProjectStatus.PROPOSED: _("申报"),
        ProjectStatus.REVIEWED: _("评审"),
        ProjectStatus.IN_LIBRARY: _("入库"),
        ProjectStatus.INITIATED: _("立项"),
        ProjectStatus.FEASIBILITY_APPROVED: _("可研批复"),
        ProjectStatus.APPROVED: _("批复"),
        ProjectStatus.FUNDED: _("资金下达"),
        ProjectStatus.PROCURED: _("采购"),
        ProjectStatus.STARTED: _("开工"),
        ProjectStatus.UNDER_CONSTRUCTION: _("在建"),
        ProjectStatus.COMPLETED: _("完工"),
        ProjectStatus.PRELIMINARILY_ACCEPTED: _("初步验收"),
        ProjectStatus.FINALLY_ACCEPTED: _("竣工验收"),
        ProjectStatus.SETTLED: _("决算"),
        ProjectStatus.ASSET_REGISTERED: _("资产入账"),
        ProjectStatus.IN_USE: _("投入使用"),
        ProjectStatus.UPKEEP: _("管护"),
        ProjectStatus.SUSPENDED: _("暂停"),
        ProjectStatus.RESUMED: _("恢复"),
        ProjectStatus.NOT_CARRIED_OUT: _("未实施"),
        ProjectStatus.CANCELLED: _("取消"),
        ProjectStatus.OUT_OF_USE: _("停用"),
        ProjectStatus.DEMOLITION_PLANNED: _("拟拆除"),
        ProjectStatus.DEMOLISHED: _("已拆除"),
    },
    ExpenditureKind: {
        ExpenditureKind.BASIC: _("基本支出"),
        ExpenditureKind.PROJECT: _("项目支出"),
    },
    AllocationStage: {
        AllocationStage.INITIAL: _("年初"),
        AllocationStage.ADDITIONAL: _("追加"),
    },
    DisbursementKind: {
        DisbursementKind.PAYMENT: _("支付"),
        DisbursementKind.TRANSFER: _("拨付"),
    },
    PaymentMethod: {
        PaymentMethod.DIRECT: _("直接支付"),
        PaymentMethod.AUTHORISED: _("授权支付"),
        PaymentMethod.ENTITY_ACCOUNT: _("实拨"),
        PaymentMethod.SPECIAL_ACCOUNT: _("专户支付"),
    },
    RecoveryDestination: {
        RecoveryDestination.TREASURY: _("国库"),
        RecoveryDestination.HIGHER_LEVEL: _("上级财政"),
        RecoveryDestination.APPROPRIATION: _("来源指标"),
        RecoveryDestination.NOT_STATED: _("未列明"),
    },
    SubjectKind: {
        SubjectKind.PROJECT: _("项目"),
        SubjectKind.PROGRAMME: _("专项"),
        SubjectKind.UNIT: _("单位"),
        SubjectKind.APPROPRIATION: _("来源指标"),
    },
    EvaluationKind: {
        EvaluationKind.SELF: _("单位自评"),
        EvaluationKind.DEPARTMENT: _("部门评价"),
        EvaluationKind.FINANCE: _("财政评价"),
        EvaluationKind.THIRD_PARTY: _("第三方评价"),
    },
    Grade: {
        Grade.EXCELLENT: _("优"),
        Grade.GOOD: _("良"),
        Grade.FAIR: _("中"),
        Grade.POOR: _("差"),
    },
    Basis: {
        Basis.RECORDED: _("据实记录"),
        Basis.REPORTED: _("据报告"),
        Basis.ASSUMED: _("推定"),
        Basis.INVENTED: _("虚构示例"),
    },
    DatePrecision: {
        DatePrecision.DAY: _("日"),
        DatePrecision.MONTH: _("月"),
        DatePrecision.QUARTER: _("季"),
        DatePrecision.YEAR: _("年"),
    },
    Flag: {
        Flag.OVERRUN: _("超指标支付"),
        Flag.NEGATIVE_AVAILABLE: _("可用余额为负"),
        Flag.SPENDING_WITHOUT_BUDGET: _("无预算支出"),
        Flag.LATE_ENTRY: _("含补录"),
        Flag.REVERSED_FACTS: _("含冲销"),
        Flag.ASSUMED_FACTS: _("含推定"),
        Flag.USED_BEFORE_ACCEPTANCE: _("未验先用"),
        Flag.STARTED_BEFORE_APPROVAL: _("未批先建"),
    },
    Role: {
        Role.VIEWER: _("查看"),
        Role.CLERK: _("经办"),
        Role.APPROVER: _("审批"),
        Role.AUDITOR: _("审计"),
        Role.ADMIN: _("管理"),
    },
}
"""By list, then by word."""

LISTS: Final[Mapping[str, type[Enum]]] = {each.__name__: each for each in WORDS}
"""By the name they have in the code, for templates."""

EVENT_TYPES: Final[Mapping[str, str]] = {
    "ledger-opened.v1": _("账套开立"),
    "unit-registered.v1": _("单位登记"),
    "appropriation-received.v1": _("来源指标收到"),
    "project-registered.v1": _("项目登记"),
    "project-amended.v1": _("项目信息变更"),
    "line-opened.v1": _("项目指标开立"),
    "opening-balance-recorded.v1": _("期初余额"),
    "funds-allocated.v1": _("指标下达"),
    "allocation-reduced.v1": _("指标调减"),
    "funds-disbursed.v1": _("支出"),
    "disbursement-returned.v1": _("支出退回"),
    "funds-recovered.v1": _("资金收回"),
    "project-status-changed.v1": _("项目状态"),
    "evaluation-opened.v1": _("绩效评价开立"),
    "score-recorded.v1": _("得分录入"),
    "score-adjusted.v1": _("得分调整"),
    "points-granted.v1": _("加分/减分"),
    "result-recorded.v1": _("总分录入"),
    "evaluation-finalised.v1": _("评价定稿"),
    "event-reversed.v1": _("冲销"),
    "ledger-digest.v1": _("他账摘要"),
    "personal-data-erased.v1": _("私密内容清除"),
    "epoch-raised.v1": _("账本纪元提升"),
    "log-key-added.v1": _("签名密钥启用"),
    "log-key-retired.v1": _("签名密钥停用"),
}
"""By the full name of the type."""


def word(members: type[Enum], value: str | None) -> str:
    """What a word is called, in Chinese as the catalogs know it; the word itself where it is none of the list."""
    return "" if value is None else WORDS[members].get(value, value)


def event_type(name: str) -> str:
    """What a type of event is called; a type that is not ours is shown by its name."""
    return EVENT_TYPES.get(name, name)
