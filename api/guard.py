"""The guard before every route: who calls, and whether a grant gives the right that the route asks for.

A route names one right in the table here; an application with a route that names none cannot be made.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api.callers import address_of
from api.denied import AccessRefused, Forbidden, ForeignForm, ForeignHost, TooManyFailures, Unauthenticated
from api.event_position import position_of
from api.parameters import MAX_POSITION
from api.wiring import services_of
from domain.access import Principal, Right
from domain.access_log import AccessEntry, AccessKind
from domain.budget_line import LineOpened, line_key
from domain.command import Actor, Authority
from domain.errors import FundtrailError, OutsideUnits, UnknownEvent
from domain.event import EventReversed
from domain.flow import MONEY_FACTS
from domain.ports import EventFeed, EventQuery
from domain.registry import COMMANDS
from domain.shape import Shape, text_problem


class Anyone(Enum):
    """Who may use a route that asks for no right."""

    AT_ALL = "anyone"
    WITH_A_CREDENTIAL = "anyone with a valid credential"
    WITH_A_ROLE = "anyone with a role"
    """In whatever ledger: a valid token of whose groups none is granted anything has no role."""


Needed = Right | Anyone

ROUTES: Final[dict[str, Needed]] = {
    **{each.name: Right.RECORD for each in COMMANDS},
    # Nothing brings it back; as an item of a batch it is refused by the rules.
    "erase-private-values": Right.APPROVE,
    "record-batch": Right.RECORD,
    "open-ledger": Right.APPROVE,
    "record-digest": Right.RECORD_DIGEST,
    "ledgers": Right.READ_LINES,
    "ledger": Right.READ_LINES,
    "units": Right.READ_LINES,
    "lines": Right.READ_LINES,
    "one-of-lines": Right.READ_LINES,
    "history-of-lines": Right.READ_LINES,
    "appropriations": Right.READ,
    "projects": Right.READ,
    "evaluations": Right.READ,
    "one-of-projects": Right.READ,
    "one-of-appropriations": Right.READ,
    "one-of-evaluations": Right.READ,
    "history-of-projects": Right.READ,
    "history-of-appropriations": Right.READ,
    "execution": Right.READ,
    "diff": Right.READ,
    "snapshot": Right.READ,
    "calendar": Right.READ_LINES,
    "search": Right.READ,
    "events": Right.READ,
    "event": Right.READ_LINES,
    "event-stream": Right.READ,
    "event-opening": Right.READ_PRIVATE,
    "checkpoint": Right.READ_LINES,
    "checkpoints": Right.READ_LINES,
    "log-keys": Right.READ_LINES,
    "witness-policy": Right.READ_LINES,
    "inclusion-proof": Right.READ_LINES,
    "consistency-proof": Right.READ_LINES,
    "tile": Right.READ,
    "evidence": Right.READ,
    "log-export": Right.READ,
    "fiscal-data-package": Right.READ,
    # What lies there is about to be recorded, and may name persons: it is for those who record.
    "keep-upload": Right.RECORD,
    "upload": Right.RECORD,
    "column-mappings": Right.RECORD,
    "save-column-mapping": Right.RECORD,
    # Only its author or an approver gets further.
    "delete-column-mapping": Right.RECORD,
    "refusals": Right.READ_ACCESS_LOG,
    "ledger-access-log": Right.READ_ACCESS_LOG,
    "access-log": Right.READ_ACCESS_LOG,
    "keys": Right.MANAGE_KEYS,
    "create-key": Right.MANAGE_KEYS,
    "revoke-key": Right.MANAGE_KEYS,
    "me": Anyone.WITH_A_CREDENTIAL,
    "setup-state": Anyone.AT_ALL,
    "setup": Anyone.AT_ALL,
    "health": Anyone.AT_ALL,
    "readiness": Anyone.AT_ALL,
    "metrics": Anyone.WITH_A_ROLE,
    "docs-page": Anyone.AT_ALL,
    "docs-asset": Anyone.AT_ALL,
    "openapi": Anyone.AT_ALL,
}
"""What each route asks for, by its name."""

OF_EVERY_LEDGER: Final = frozenset({"access-log"})
"""Routes without a ledger in their path that tell of all of them: a grant for some does not reach."""

OF_THE_CONSOLE: Final = "console-"
"""How the names of the console's routes begin: they reach nothing but through the routes of the table, on the word of
the same caller."""

OF_ONE_LINE: Final = frozenset({"one-of-lines", "history-of-lines"})
"""Routes whose path names a line."""

OF_ONE_EVENT: Final = frozenset({"event", "inclusion-proof"})
"""Routes that name an event by its position, in the path or in the query; it may be of a line."""

_ADMISSION: Final = "fundtrail.admission"


class UnguardedRouteError(Exception):
    """A route names no right; its name is the argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Who was let in, and the name of the route."""

    principal: Principal
    name: str


def guard_routes(routes: Iterable[BaseRoute]) -> None:
    """Puts the guard before each of the routes.

    Raises:
        UnguardedRouteError: one of them names no right.
    """
    for route in routes:
        if isinstance(route, Route) and route.name.startswith(OF_THE_CONSOLE):
            continue
        if not isinstance(route, Route) or route.name not in ROUTES:
            raise UnguardedRouteError(getattr(route, "name", repr(route)))
        route.app = _Guarded(route.app, route.name)


class _Guarded:
    """A route's own application, behind the guard."""

    def __init__(self, app: ASGIApp, name: str) -> None:
        self._app = app
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        await admit(request, self._name)
        if scope["method"] != "GET" or ROUTES[self._name] is Anyone.AT_ALL:
            await self._app(scope, receive, send)
            return
        share = services_of(request).caller_share
        await share.answer(principal_of(request), self._app, scope, receive, send)


async def admit(request: Request, name: str) -> None:
    """Lets the request in to the route of that name, or writes down that it was turned away, and says so.

    Raises:
        Unauthenticated, ForeignHost, TooManyFailures, Forbidden, OutsideUnits: once it is written down.
        AccessLogUnavailable: it could not be.
        IssuerUnavailable.
    """
    if ROUTES[name] is Anyone.AT_ALL:
        return
    try:
        principal = await services_of(request).callers.caller(request)
    except (Unauthenticated, ForeignHost, TooManyFailures) as denied:
        await turned_away(request, name, denied)
        raise
    if not _gives(principal, name, request.path_params.get("ledger")):
        await turned_away(request, name, Forbidden(), principal)
        raise Forbidden
    request.scope[_ADMISSION] = Admission(principal=principal, name=name)
    if name in OF_ONE_LINE:
        await _admit_to_line(request, name, unit_of_line, request.path_params["id"])
    if name in OF_ONE_EVENT:
        # Of several in a query this is the last; the route itself refuses more than one.
        named = {**request.query_params, **request.path_params}.get("position", "")
        await _admit_to_line(request, name, unit_of_event, named)


async def _admit_to_line(
    request: Request, name: str, unit_of: Callable[[EventFeed, str, str], str | None], named: str
) -> None:
    """Of a grant that is limited to units: lets it in to the lines of those. Others might as well not be there."""
    units = units_of(request)
    if units is None:
        return
    ledger_id = request.path_params["ledger"]
    if await run_in_threadpool(unit_of, services_of(request).feed, ledger_id, named) not in units:
        await turned_away(request, name, OutsideUnits(), principal_of(request))
        raise OutsideUnits


async def admit_to_ledger(request: Request, ledger_id: str) -> None:
    """The same for a ledger that the body names and not the path; the request was let in to the route before.

    Raises:
        Forbidden, AccessLogUnavailable: as above.
    """
    admission = _admission_of(request)
    if not _gives(admission.principal, admission.name, ledger_id):
        await turned_away(request, admission.name, Forbidden(), admission.principal, ledger_id)
        raise Forbidden


async def is_still_admitted(request: Request) -> bool:
    """Whether the caller would be let in again: what is answered for hours must end with a revocation."""
    admission = _admission_of(request)
    try:
        principal = await services_of(request).callers.caller(request)
    except FundtrailError:
        return False
    return _gives(principal, admission.name, request.path_params.get("ledger"))


def principal_of(request: Request) -> Principal:
    """Who was let in."""
    return _admission_of(request).principal


def caller_of(request: Request, ledger_id: str | None = None) -> Actor:
    """The actor on whose word the request is recorded, in the role that gave the right in the ledger.

    `ledger_id` is that of the path unless another is given.
    """
    admission = _admission_of(request)
    needed = ROUTES[admission.name]
    assert isinstance(needed, Right)
    return admission.principal.actor(needed, ledger_id or request.path_params.get("ledger"))


def authority_of(request: Request) -> Authority:
    """What limits the caller's commands in the ledger of the path."""
    return principal_of(request).authority(request.path_params["ledger"])


def units_of(request: Request) -> frozenset[str] | None:
    """The units whose lines the caller may see in the ledger of the path; None: every line."""
    return principal_of(request).units(Right.READ_LINES, request.path_params["ledger"])


async def turned_away(
    request: Request,
    name: str,
    denied: AccessRefused | OutsideUnits,
    principal: Principal | None = None,
    ledger_id: str | None = None,
) -> None:
    """Writes down who was turned away from a route.

    Raises:
        AccessLogUnavailable: it could not be.
    """
    entry = AccessEntry(
        kind=AccessKind.DENIED if principal else AccessKind.UNAUTHENTICATED,
        action=name,
        code=denied.code,
        ledger_id=ledger_id or request.path_params.get("ledger"),
        subject=principal.subject if principal else None,
        issuer=principal.issuer if principal else None,
        role=principal.grants[0].role if principal and principal.grants else None,
        address=address_of(request),
    )
    await services_of(request).denials.record(entry)


async def turn_away_form(request: Request, credential: str | None) -> None:
    """Writes down that a form of no page of ours came in the name of whoever has the credential, if any, and says so.

    Raises:
        ForeignForm: once it is written down.
        AccessLogUnavailable: it could not be.
    """
    headers = [each for each in request.scope["headers"] if each[0] != b"authorization"]
    if credential is not None:
        headers.append((b"authorization", f"Bearer {credential}".encode("latin-1", "replace")))
    try:
        principal = await services_of(request).callers.caller(Request({**request.scope, "headers": headers}))
    except FundtrailError:
        principal = None
    await turned_away(request, request.scope["route"].name, ForeignForm(), principal)
    raise ForeignForm


def unit_of_line(feed: EventFeed, ledger_id: str, line_id: str) -> str | None:
    """The unit of a line that was ever opened, which never changes; None where there was none."""
    if text_problem(Shape.IDENTIFIER, line_id):
        return None
    # The first event that bears a line's tag opened it.
    opened = feed.find(ledger_id, EventQuery(tags=(line_key(line_id),), until=MAX_POSITION, limit=1))
    return opened[0].data.unit_id if opened and isinstance(opened[0].data, LineOpened) else None


def unit_of_event(feed: EventFeed, ledger_id: str, position: str) -> str | None:
    """The unit of the line that an event is of, by its position as a path names it; None where there is none."""
    try:
        event = feed.event(ledger_id, position_of(position))
    except UnknownEvent:
        return None
    data = None if event is None else event.data
    fact = data.fact if isinstance(data, EventReversed) else data
    if isinstance(fact, LineOpened):
        return fact.unit_id
    return unit_of_line(feed, ledger_id, fact.line_id) if isinstance(fact, MONEY_FACTS) else None


def _gives(principal: Principal, name: str, ledger_id: str | None) -> bool:
    """Whether the caller has what the route asks for in the ledger; with None in any, or in all that it tells of."""
    needed = ROUTES[name]
    if principal.local or needed is Anyone.WITH_A_CREDENTIAL:
        return True
    if isinstance(needed, Anyone):
        return bool(principal.grants)
    if ledger_id is None and name not in OF_EVERY_LEDGER:
        return principal.may_somewhere(needed)
    return principal.may(needed, ledger_id)


def _admission_of(request: Request) -> Admission:
    admission: Admission = request.scope[_ADMISSION]
    return admission
