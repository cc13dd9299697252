"""The commands that files may hold, and the columns of each: they follow from the fields that the command has."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from enum import Enum, auto
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from api.console.field_names import FIELD_NAMES
from api.console.fields import TITLES
from api.console.forms.wording import LABELS
from api.console.texts import mark as _
from api.schemas.commands import command_type_named
from domain.command import Basis
from domain.dates import DatePrecision
from domain.registry import CommandType
from domain.shape import Shape


class FieldKind(Enum):
    """What a column holds."""

    TEXT = auto()
    IDENTIFIER = auto()
    AMOUNT = auto()
    POINTS = auto()
    DAY = auto()
    WHOLE = auto()
    WORD = auto()
    YES_NO = auto()
    IDENTIFIERS = auto()
    EVENT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A column. `path` is where the interface has it; `name` the same in one word. `words`: its closed list.

    `former_titles` are what it was called before.
    """

    name: str
    title: str
    kind: FieldKind
    path: tuple[str, ...]
    is_required: bool
    words: type[Enum] | None = None
    former_titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A command as a sheet of rows."""

    command: str
    title: str
    fields: tuple[FormField, ...]

    def at(self, pointer: str) -> FormField | None:
        """The field that a problem of the interface points to."""
        path = tuple(pointer.strip("/").split("/"))
        exact = (each for each in self.fields if each.path == path)
        return next(exact, next((each for each in self.fields if each.path[:1] == path[:1]), None))


COMMAND_TITLES: Final[Mapping[str, str]] = {
    "register-unit": _("单位登记"),
    "receive-appropriation": _("来源指标收到"),
    "register-project": _("项目登记"),
    "open-line": _("项目指标开立"),
    "record-opening-balance": _("期初余额"),
    "allocate-funds": _("指标下达"),
    "reduce-allocation": _("指标调减"),
    "record-disbursement": _("支出"),
    "return-disbursement": _("支出退回"),
    "recover-funds": _("资金收回"),
    "change-project-status": _("项目状态"),
    "record-score": _("得分录入"),
    "adjust-score": _("得分调整"),
    "grant-points": _("加分/减分"),
    "record-result": _("总分录入"),
    "finalise-evaluation": _("评价定稿"),
    "reverse-event": _("冲销"),
}
"""In the order in which one leans on the other."""

BY_FORM_ONLY: Final[Mapping[str, str]] = {
    "amend-project": _("每个字段可以不动、改写或清空，表格里空着的格分不出是哪一种"),
    "open-evaluation": _("一份评价含多个指标，不是一行"),
    "erase-private-values": _("清除后不能恢复，须逐次办理"),
}
"""The other commands, and why none of them is a row of a sheet."""

OWN_TITLES: Final[Mapping[tuple[str, str], str]] = {
    ("receive-appropriation", "amount"): _("指标金额"),
    ("allocate-funds", "amount"): _("下达金额"),
    ("reduce-allocation", "amount"): _("调减金额"),
    ("record-disbursement", "amount"): _("支出金额"),
    ("recover-funds", "amount"): _("收回金额"),
    ("record-disbursement", "overrun_authority"): _("超指标批准依据"),
    ("return-disbursement", "event_id"): _("原事件流水号"),
    ("reverse-event", "event_id"): _("原事件流水号"),
    ("record-score", "indicator"): _("指标代码"),
    ("adjust-score", "indicator"): _("指标代码"),
}
"""By command and name: columns that a sheet calls otherwise than a form, as no group and no list stands beside them."""

FORMER_TITLES: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("单位类别", "支付或拨付"),
    "budget_book": ("预算类型",),
    "instrument": ("资金名称",),
    "document_date": ("文件日期",),
    "programme": ("专项",),
    "category": ("项目类别代码",),
    "recurrence": ("周期",),
    "start_year": ("开始年度",),
    "end_year": ("结束年度",),
    "location": ("地点",),
    "represents": ("所含项目数",),
    "expenditure_kind": ("支出类型",),
    "initial": ("年初预算",),
    "recovered": ("已收回",),
    "stage": ("下达阶段",),
    "reason": ("事由", "冲销原因"),
    "overrun_authority": ("超指标批准人",),
    "overrun_reason": ("超指标事由",),
    "note_code": ("备注代码",),
    "actual": ("实际完成值",),
}
"""By name: what columns of earlier templates were called; sheets that were made from those are read still."""

OTHER_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "effective_date": ("日期", "入账日", "记账日期", "支付日期", "发生日期"),
    "line_id": ("指标编号", "指标号", "指标代码"),
    "amount": ("金额", "付款额", "支付金额", "发生额"),
    "voucher_no": ("凭证编号", "支付令号", "单据号"),
    "document_no": ("指标文号", "文件号", "发文字号"),
    "payee": ("收款人名称", "收款单位", "供应商"),
    "purpose": ("摘要", "款项用途", "备注"),
    "unit_id": ("单位代码", "预算单位代码"),
    "project_id": ("项目代码",),
    "function_code": ("功能分类", "支出功能分类科目"),
    "economic_code": ("经济分类", "支出经济分类科目"),
    "fiscal_year": ("年度", "预算年份"),
}
"""By name: what other systems call a field."""

_IDS: Final = ("_id", "_ids")
_KINDS: Final = {
    Shape.AMOUNT: FieldKind.AMOUNT,
    Shape.AMOUNT_OR_ZERO: FieldKind.AMOUNT,
    Shape.POINTS: FieldKind.POINTS,
    Shape.GRANTED_POINTS: FieldKind.POINTS,
    Shape.YEAR: FieldKind.WHOLE,
    Shape.COUNT: FieldKind.WHOLE,
    Shape.IDENTIFIER: FieldKind.IDENTIFIER,
    Shape.CODE: FieldKind.IDENTIFIER,
    Shape.EVENT_ID: FieldKind.EVENT,
}


@cache
def forms() -> tuple[Form, ...]:
    """Every command that files may hold."""
    return tuple(form_of(name) for name in COMMAND_TITLES)


@cache
def form_of(command: str) -> Form:
    """The form of one of them."""
    command_type = command_type_named(command)
    assert command_type is not None
    of_day = FormField(
        name="effective_date",
        title=FIELD_NAMES["effective_date"],
        kind=FieldKind.DAY,
        path=("effective_date",),
        is_required=True,
    )
    every = (of_day, *_fields_of(command_type), *_OF_ENVELOPE)
    return Form(command=command, title=COMMAND_TITLES[command], fields=every)


def _envelope_word(name: str, words: type[Enum]) -> FormField:
    return FormField(
        name=name, title=FIELD_NAMES[name], kind=FieldKind.WORD, path=(name,), is_required=False, words=words
    )


_OF_ENVELOPE: Final = (_envelope_word("date_precision", DatePrecision), _envelope_word("basis", Basis))


def _fields_of(command_type: CommandType) -> Iterator[FormField]:
    hints = get_type_hints(command_type.body, include_extras=True)
    for each in fields(command_type.body):
        needed = each.default is MISSING
        yield from _fields(command_type.name, (each.name,), hints[each.name], is_required=needed)
    for name in command_type.private:
        yield _field(command_type.name, (name,), FieldKind.TEXT, is_required=False)


def _fields(command: str, path: tuple[str, ...], hint: Any, *, is_required: bool) -> Iterator[FormField]:
    """The column of a field; the columns of its fields where it is an object."""
    if get_origin(hint) in {Union, UnionType}:
        hint = next(each for each in get_args(hint) if each is not NoneType)
    if get_origin(hint) is Annotated:
        kind = _KINDS.get(get_args(hint)[1], FieldKind.TEXT)
        yield _field(command, path, kind, is_required=is_required)
    elif get_origin(hint) is tuple:
        yield _field(command, path, FieldKind.IDENTIFIERS, is_required=is_required)
    elif hint is date or hint is bool:
        yield _field(command, path, FieldKind.DAY if hint is date else FieldKind.YES_NO, is_required=is_required)
    elif issubclass(hint, Enum):
        yield _field(command, path, FieldKind.WORD, is_required=is_required, words=hint)
    else:
        inner = get_type_hints(hint, include_extras=True)
        for each in fields(hint):
            yield from _fields(command, (*path, each.name), inner[each.name], is_required=is_required)


def _field(
    command: str, path: tuple[str, ...], kind: FieldKind, *, is_required: bool, words: type[Enum] | None = None
) -> FormField:
    name = "_".join(path)
    return FormField(
        name=name,
        title=_title(command, path),
        kind=kind,
        path=path,
        is_required=is_required,
        words=words,
        former_titles=FORMER_TITLES.get(name, ()),
    )


def _title(command: str, path: tuple[str, ...]) -> str:
    """What the form calls it; what a list names there by its id is called the id here."""
    own, whole = OWN_TITLES.get((command, "_".join(path))), "/".join(path)
    label = LABELS.get(f"{command}/{whole}") or LABELS.get(whole)
    of_id = TITLES.get(whole) if whole.endswith(_IDS) else None
    return own or label or of_id or FIELD_NAMES[path[-1]]
