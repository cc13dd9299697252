"""What must hold between the fields of one command, whatever the ledger holds."""

from collections.abc import Iterable, Iterator

from api.schemas.problem import FieldProblem
from domain.custody import PersonalDataErased
from domain.evaluation import EvaluationOpened
from domain.flow import AllocationStage, FundsAllocated
from domain.project import ProjectAmended, ProjectRegistered
from domain.registry import Body


def broken_rules(body: Body) -> list[FieldProblem]:
    """Every rule the body breaks."""
    match body:
        case FundsAllocated(stage=AllocationStage.ADDITIONAL, amount=0):
            return [FieldProblem(pointer="/amount", code="zero")]
        case EvaluationOpened():
            codes = (indicator.code for indicator in body.indicators)
            return [FieldProblem(pointer=f"/indicators/{index}/code", code="repeated") for index in repeated(codes)]
        case ProjectRegistered():
            return _repeated_units("", body.implementing_unit_ids)
        case ProjectAmended():
            return _broken_changes(body)
        case PersonalDataErased():
            return [FieldProblem(pointer=f"/event_ids/{index}", code="repeated") for index in repeated(body.event_ids)]
        case _:
            return []


def repeated(values: Iterable[str]) -> Iterator[int]:
    """Index of each value that stood before."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield index
        seen.add(value)


def _broken_changes(body: ProjectAmended) -> list[FieldProblem]:
    if not body.changes:
        return [FieldProblem(pointer="/changes", code="empty")]
    unit_ids = body.changes.get("implementing_unit_ids")
    return _repeated_units("/changes", unit_ids if isinstance(unit_ids, tuple) else ())


def _repeated_units(parent: str, unit_ids: tuple[str, ...]) -> list[FieldProblem]:
    return [
        FieldProblem(pointer=f"{parent}/implementing_unit_ids/{index}", code="repeated") for index in repeated(unit_ids)
    ]
