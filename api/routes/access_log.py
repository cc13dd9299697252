"""访问日志: who was turned away, and which commands were refused."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.documents.access import document_of_access_log, document_of_refusals
from api.etags import NO_STORE
from api.listing import LIMIT
from api.parameters import ParameterSet, choice, position
from api.rendering.access import mark_json, record_json
from api.routes.answers import OK, json_response
from api.wiring import services_of
from domain.access_log import AccessKind, AccessPage, AccessQuery

OLDEST_FIRST: Final = "sequence"
NEWEST_FIRST: Final = "-sequence"

_AFTER: Final = position("after", "Only records after that sequence.")
_BEFORE: Final = position("before", "Only records before that sequence.")
_SORT: Final = choice("sort", "Order; `-sequence`: the newest first.", [OLDEST_FIRST, NEWEST_FIRST], OLDEST_FIRST)
_KIND: Final = choice("kind", "Only records of that kind.", [kind.value for kind in AccessKind])

_REFUSALS: Final = ParameterSet([_AFTER, _BEFORE, _SORT, LIMIT])
_EVERYTHING: Final = ParameterSet([_AFTER, _BEFORE, _SORT, LIMIT, _KIND])


def access_log_router() -> APIRouter:
    """Three views of one log."""
    router = APIRouter()
    _add(router, "/v1/ledgers/{ledger}/refusals", "refusals", list_refusals, document_of_refusals(_REFUSALS))
    in_ledger = document_of_access_log(_EVERYTHING, in_ledger=True)
    _add(router, "/v1/ledgers/{ledger}/access-log", "ledger-access-log", list_records_of_ledger, in_ledger)
    of_all = document_of_access_log(_EVERYTHING, in_ledger=False)
    _add(router, "/v1/access-log", "access-log", list_records, of_all)
    return router


def list_refusals(request: Request) -> Response:
    """The refused commands of a ledger."""
    return _list(request, _REFUSALS.read(request) | {"kind": AccessKind.REFUSED.value}, _ledger_of(request))


def list_records_of_ledger(request: Request) -> Response:
    """Everything that is kept of a ledger."""
    return _list(request, _EVERYTHING.read(request), _ledger_of(request))


def list_records(request: Request) -> Response:
    """Everything that is kept, also what names no ledger."""
    return _list(request, _EVERYTHING.read(request), None)


def _add(
    router: APIRouter, path: str, name: str, handler: Callable[[Request], Response], document: dict[str, Any]
) -> None:
    router.add_api_route(path, handler, methods=["GET"], name=name, openapi_extra=document)


def _ledger_of(request: Request) -> str:
    return services_of(request).ledgers.identity(request.path_params["ledger"]).ledger_id


def _list(request: Request, parameters: dict[str, Any], ledger_id: str | None) -> Response:
    kind: str | None = parameters["kind"]
    query = AccessQuery(
        ledger_id=ledger_id,
        kinds=() if kind is None else (AccessKind(kind),),
        after=parameters["after"] or 0,
        before=parameters["before"],
        newest_first=parameters["sort"] == NEWEST_FIRST,
        limit=parameters["limit"],
    )
    page = services_of(request).access_log.page(query)
    document = {
        "items": [record_json(record) for record in page.records],
        "next": _next(request, query, page),
        "beginning": mark_json(page.beginning),
        "head": mark_json(page.head),
    }
    # It grows, and it is for few eyes.
    return json_response(document, OK, {"Cache-Control": NO_STORE})


def _next(request: Request, query: AccessQuery, page: AccessPage) -> str | None:
    """The absolute path of the following page; None when none follows."""
    if not page.more:
        return None
    replaced = "before" if query.newest_first else "after"
    pairs: list[tuple[str, object]] = [(replaced, page.records[-1].sequence), ("limit", query.limit)]
    pairs += [pair for pair in request.query_params.multi_items() if pair[0] not in {replaced, "limit"}]
    return f"{quote(request.url.path)}?{urlencode(pairs)}"
