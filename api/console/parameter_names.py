"""What the parameters of pages are called, for who is told that one is wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from api.console.field_names import FIELD_NAMES
from api.console.fields import TITLES
from api.console.texts import mark as _
from api.console.texts import translations_of
from api.console.worded_choice import Words
from api.console.words import WORDS
from api.languages import Language
from api.schemas.problem import FieldProblem

_OWN: Final[Mapping[str, str]] = {
    "after": _("起点流水号"),
    "appropriation": _("来源指标编号"),
    "as_of": _("业务日期"),
    "at_position": _("流水号"),
    "before": _("终点流水号"),
    "columns": _("显示的列"),
    "command": _("录入类型"),
    "cursor": _("翻页位置"),
    "earlier": _("留存的检查点"),
    "entry": _("流水号与叶哈希"),
    "evaluation": _("评价"),
    "flow": _("流向图口径"),
    "from": _("起始日期"),
    "from_as_of": _("起始业务日期"),
    "from_known_at": _("起始录入截止"),
    "from_position": _("流水号自"),
    "group_by": _("分组方式"),
    "known_as": _("录入截止"),
    "known_at": _("录入截止"),
    "lang": _("语言"),
    "line": _("行号或项目指标编号"),
    "mapping": _("列对应关系"),
    "mode": _("比对方式"),
    "of_unit": _("单位编号"),
    "project": _("项目编号"),
    "opening": _("显示私密内容"),
    "q": _("查找内容"),
    "recorded": _("已录入的类型"),
    "replayed": _("是否重复提交"),
    "sheet": _("工作表"),
    "shown_known_at": _("原录入截止"),
    "sort": _("排序"),
    "unit": _("金额单位"),
    "until": _("截止日期"),
    "until_position": _("流水号至"),
}


_WITH_OTHER: Final = frozenset({"exclusive", "beyond-other"})
"""Problems of one parameter beside another."""
_WITH_NAME: Final = _("{name}（{id}）")
_AND: Final = _("、")
_DESCENDING: Final = _("{name}（从大到小）")
_YES_NO: Final[Mapping[str, str]] = {"true": _("是"), "false": _("否")}


def in_page_words(problem: FieldProblem, language: Language, words: Words) -> FieldProblem:
    """A problem of a parameter, in the words of the pages; those that an address may hold stand beside theirs."""
    say = translations_of(language).gettext
    limits = dict(problem.limits)
    if problem.code in _WITH_OTHER and (name := parameter_name(str(limits["other"]))):
        limits["other"] = say(name)
    if problem.code == "choice":
        choices = str(limits["choices"]).split(", ")
        called = _called(problem.pointer[1:], choices, words, say)
        limits["choices"] = say(_AND).join(
            say(_WITH_NAME).format(name=called[each], id=each) if each in called else each for each in choices
        )
    return replace(problem, limits=limits)


def _called(name: str, choices: Sequence[str], words: Words, say: Callable[[str], str]) -> dict[str, str]:
    """What the words of a parameter are called, as far as pages call them anything."""
    lists = (words.get(name, {}), _YES_NO, *WORDS.values())
    of_list = next((each for each in lists if each.keys() == set(choices)), None)
    if of_list is not None:
        return {word: say(title) for word, title in of_list.items()}
    return {each: _order(each, say) for each in choices} if name == "sort" else {}


def _order(field: str, say: Callable[[str], str]) -> str:
    """What it is called to sort by a field, in the one order or (with a minus sign) the other."""
    title = say(parameter_name(field.removeprefix("-")) or field.removeprefix("-"))
    return say(_DESCENDING).format(name=title) if field.startswith("-") else title


def parameter_name(name: str) -> str | None:
    """What it is called; None where no page has it."""
    return _OWN.get(name) or TITLES.get(name) or FIELD_NAMES.get(name)
