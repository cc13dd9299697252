"""The figures that a claim states: those of the answer to the same question over HTTP."""

from dataclasses import fields
from typing import Any, Final

from api.evidence.sources import Claimed
from api.rendering.values import render
from domain.boundary import Kind
from domain.errors import Unknown, UnknownAppropriation, UnknownLine, UnknownProject
from projections.rows import AmountBlock, AppropriationTotals
from projections.views import Views

UNKNOWN: Final[dict[Kind, type[Unknown]]] = {
    Kind.PROJECT: UnknownProject,
    Kind.LINE: UnknownLine,
    Kind.APPROPRIATION: UnknownAppropriation,
}
"""The kinds of things there is evidence of, and what is said of one that is not there."""

_AMOUNTS: Final = tuple(each.name for each in fields(AmountBlock))
_SUMS: Final = tuple(each.name for each in fields(AppropriationTotals))


def figures_of(views: Views, claimed: Claimed) -> dict[str, str | None]:
    """By name, as text.

    Raises:
        Unknown: it does not exist at the coordinates.
        ProjectionBehind: the views have not reached the position.
    """
    row = _row(views, claimed)
    if row is None:
        raise UNKNOWN[claimed.kind]
    shown = render(row)
    return {name: shown[name] for name in (_SUMS if claimed.kind is Kind.APPROPRIATION else _AMOUNTS)}


def _row(views: Views, claimed: Claimed) -> Any:
    match claimed.kind:
        case Kind.PROJECT:
            return views.project(claimed.ledger_id, claimed.place.at, claimed.identifier)
        case Kind.LINE:
            return views.line(claimed.ledger_id, claimed.place.at, claimed.identifier)
        case _:
            return views.appropriation(claimed.ledger_id, claimed.place.at, claimed.identifier)
