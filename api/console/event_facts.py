"""Every field of an event with its name, as a reader of Chinese or English has it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from api.console.asked import Asked
from api.console.field_names import FIELD_NAMES
from api.console.words import WORDS
from domain.appropriation import BudgetBook, SourceLevel, SourceNature
from domain.budget_line import ExpenditureKind
from domain.evaluation import EvaluationKind, SubjectKind
from domain.flow import AllocationStage, DisbursementKind, PaymentMethod, RecoveryDestination
from domain.grade import Grade
from domain.project import ProjectStatus, Recurrence
from domain.unit import UnitKind

AMOUNTS: Final = frozenset(
    {"amount", "initial", "adjusted", "disbursed", "recovered", "planned_amount", "total_investment"}
)
PAGES: Final = {
    "project_id": "projects",
    "parent_project_id": "projects",
    "line_id": "lines",
    "appropriation_id": "appropriations",
    "evaluation_id": "evaluations",
}
"""Which page an id leads to."""

_LISTS: Final[Mapping[str, type[Enum]]] = {
    "source_level": SourceLevel,
    "source_nature": SourceNature,
    "budget_book": BudgetBook,
    "expenditure_kind": ExpenditureKind,
    "stage": AllocationStage,
    "method": PaymentMethod,
    "destination": RecoveryDestination,
    "grade": Grade,
    "status": ProjectStatus,
    "recurrence": Recurrence,
}
_KINDS: Final = (DisbursementKind, EvaluationKind, UnitKind, SubjectKind)
"""What a field `kind` may be of; no two lists share a word that is called differently."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One field. `path` is the page that the value leads to, or None; `is_amount`: yuan, shown in the unit."""

    name: str
    value: str | None
    is_amount: bool = False
    path: str | None = None


def facts_of(asked: Asked, data: Mapping[str, Any], before: str = "") -> Iterator[Fact]:
    """The fields in their order, those of a part under the name of the part; absent ones too."""
    for field, value in data.items():
        name = before + asked.say(FIELD_NAMES.get(field, field))
        if isinstance(value, Mapping):
            yield from facts_of(asked, value, f"{name} · ")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, each in enumerate(value, start=1):
                yield from facts_of(asked, each, f"{name} {number} · ")
        else:
            yield _fact(asked, field, name, value)


def _fact(asked: Asked, field: str, name: str, value: Any) -> Fact:
    if value is None or isinstance(value, bool):
        shown = None if value is None else asked.say("是") if value else asked.say("否")
        return Fact(name=name, value=shown)
    if field in AMOUNTS:
        return Fact(name=name, value=str(value), is_amount=True)
    if field in PAGES:
        return Fact(name=name, value=str(value), path=f"{PAGES[field]}/{value}")
    if field == "position":
        return Fact(name=name, value=f"#{value}", path=f"events/{value}")
    if isinstance(value, list):
        return Fact(name=name, value=asked.say("、").join(map(str, value)) or None)
    return Fact(name=name, value=_word(asked, field, str(value)))


def _word(asked: Asked, field: str, value: str) -> str:
    lists = _KINDS if field == "kind" else (_LISTS[field],) if field in _LISTS else ()
    members = next((each for each in lists if value in WORDS[each]), None)
    return asked.event_type(value) if members is None else asked.word(members, value)
