"""A page: its address, its parameters, who makes its content, and its template. All pages are answered in one way.

An address that leaves something open (today, the head) leads to one that does not, so that what is looked at can be
pasted elsewhere. What the interface refuses becomes a page that says so.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.console.absence import absence_of
from api.console.asked import Asked, Content
from api.console.attachment import attached_table
from api.console.caller import caller_if_known, caller_of_page
from api.console.frame import OF_NOW, frame_of
from api.console.inside import FORBIDDEN, Inside, Refused
from api.console.origin import refuse_foreign_form
from api.console.place import place_of
from api.console.posted import refused as refused_here
from api.console.rendering import NOT_FOUND, UNPROCESSABLE, page_response, refusal_response, refusal_within
from api.console.scope import scope_of
from api.console.signing_in import NOT_KNOWN, SEE_OTHER, language_of_page, sign_in_first, sign_in_with_form
from api.console.table_files import FILES
from api.console.view import KNOWN_AS, ROOT, SHOWN_KNOWN_AT, VIEW_PARAMETERS, View, own_parameters
from api.console.worded_choice import words_of
from api.denied import ForeignForm
from api.invalid import InvalidParameter, NotFound
from api.parameters import Parameter, ParameterSet

_PINNED: Final = frozenset({"unit", "lang"})
_FORMAT: Final = "format"
_TABLE: Final = "table"
_WITHIN: Final = frozenset({FORBIDDEN, NOT_FOUND, UNPROCESSABLE})
"""Refusals of a page that leave the ledger open: they are said within its frame."""

Make = Callable[[Asked], Awaitable[Content | Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a ledger.

    `path` is below the ledger and may name things, as `projects/{id}`. `section` is its place in the menu. `take` makes
    the answer to a form that was sent to the page; None: it takes none. `keeps_typed`: to a form with `act=keep` it is
    the page with what was typed, and nothing is done, so a session that ended loses nothing.
    """

    name: str
    path: str
    make: Make
    template: str
    section: str
    parameters: tuple[Parameter, ...] = ()
    take: Make | None = None
    keeps_typed: bool = False

    async def show(self, request: Request) -> Response:
        """The page; or one of its tables as a file, where the address says a format."""
        return await self._answer(request, self.make)

    async def receive(self, request: Request) -> Response:
        """What becomes of a form that was sent here."""
        assert self.take is not None
        try:
            await refuse_foreign_form(request)
        except ForeignForm as error:
            language = language_of_page(request)
            return refusal_response(request, refused_here(error, language), language)
        return await self._answer(request, self.take)

    async def _answer(self, request: Request, make: Make) -> Response:
        values, right, wrong = self._read(request)
        path = self.path.format(**request.path_params)
        view = View.of(request.path_params["ledger"], path, values, language_of_page(request))
        view = replace(view, own=own_parameters(right))
        if wrong is None and view.known_at is not None and view.at_position is not None:
            wrong = InvalidParameter.of("known_at", "exclusive", other="at_position")
            view = replace(view, known_at=None, at_position=None, known_as=None)
        try:
            return await self._answer_at(request, view, values, make, wrong)
        except Refused as refused:
            if refused.status in NOT_KNOWN and request.method == "GET":
                return sign_in_first(request)
            if refused.status in NOT_KNOWN:
                return await sign_in_with_form(request, view.language, is_kept=self.keeps_typed)
            caller = await caller_if_known(Inside(request, view.language)) if refused.status == FORBIDDEN else None
            return refusal_response(request, refused, view.language, view, caller)

    def _read(self, request: Request) -> tuple[dict[str, Any], dict[str, str], InvalidParameter | None]:
        """The values of what is right in the address, the texts of that, and what is wrong with the rest."""
        parameters = ParameterSet([*VIEW_PARAMETERS, *self.parameters])
        pairs = request.query_params.multi_items()
        try:
            return parameters.read_pairs(pairs), dict(pairs), None
        except InvalidParameter as error:
            names = {each.name for each in parameters.parameters} - {each.pointer[1:] for each in error.problems}
            right = [(name, text) for name, text in pairs if name in names]
            return parameters.read_pairs(right), dict(right), error

    async def _answer_at(
        self, request: Request, view: View, values: Mapping[str, Any], make: Make, wrong: InvalidParameter | None
    ) -> Response:
        inside = Inside(request, view.language)
        view, here = await place_of(inside, view)
        resolved = view.resolved(here)
        if wrong is None and request.method == "GET" and (resolved != view or not _says_all(request, resolved)):
            return _to(request, resolved)
        caller = await caller_of_page(inside)
        scope = None if self.section in OF_NOW else await scope_of(inside, caller, view.ledger_id)
        asked = Asked(
            request=request, inside=inside, view=resolved, values=values, here=here, caller=caller, scope=scope
        )
        try:
            if wrong is not None:
                raise refused_here(wrong, view.language, words=words_of((*VIEW_PARAMETERS, *self.parameters)))
            answer = await make(asked)
        except Refused as refused:
            if request.method != "GET" or asked.is_for_file or refused.status not in _WITHIN:
                raise
            # What was wrong is not sent again by what stands around it.
            around = asked if wrong is not None else replace(asked, view=replace(resolved, own={}))
            frame = await frame_of(around, self.section, None)
            return refusal_within(around, frame, refused, await absence_of(around, refused))
        if isinstance(answer, Response):
            return answer
        if _FORMAT in request.path_params:
            # A long table takes a second to write: others are answered meanwhile.
            return await run_in_threadpool(_file, asked, answer)
        return page_response(asked, self.template, await frame_of(asked, self.section, answer.earlier), answer)


def _says_all(request: Request, view: View) -> bool:
    """Whether the address holds unit and language, nothing that only a form sends, and its place as we spell it."""
    given = request.query_params
    is_as_spelled = view.place().items() <= dict(given).items() and (view.known_as is not None or KNOWN_AS not in given)
    return given.keys() >= _PINNED and SHOWN_KNOWN_AT not in given and is_as_spelled


def _to(request: Request, view: View) -> Response:
    """Leads to the same page or file, at the address of the view."""
    path = request.url.path.removeprefix(f"{ROOT}/ledgers/{view.ledger_id}/")
    return RedirectResponse(replace(view, path=path).here(), SEE_OTHER)


def _file(asked: Asked, content: Content) -> Response:
    """One of the page's tables; the first where the address names none."""
    named = asked.request.path_params.get(_TABLE)
    table = next((each for each in content.tables if named in {None, each.name}), None)
    ending = asked.request.path_params[_FORMAT]
    if table is None or ending not in FILES:
        raise NotFound
    media_type, write = FILES[ending]
    headers = attached_table(asked, table.name, table.title, ending)
    sides = [asked.here] if content.earlier is None else [content.earlier, asked.here]
    told = replace(table, scope=asked.scope)
    return Response(write(told, asked.view, asked.unit_name, sides), 200, headers, media_type)
