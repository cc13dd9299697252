"""Pages that stand in no ledger: how they are answered, and what their makers are given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from api.console.caller import caller_if_known
from api.console.inside import FORBIDDEN, Inside, Refused
from api.console.origin import refuse_foreign_form
from api.console.posted import Controls, fields_sent, refused
from api.console.rendering import html_response, refusal_response
from api.console.signing_in import NOT_KNOWN, language_of_page, sign_in_first, sign_in_with_form
from api.console.texts import translations_of
from api.console.view import LANGUAGES
from api.denied import ForeignForm
from api.invalid import InvalidParameter
from api.languages import Language
from api.parameters import Parameter, ParameterSet, choice


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainAsked:
    """One request for a page outside of ledgers."""

    request: Request
    inside: Inside
    language: Language

    def say(self, text: str, **figures: str | int) -> str:
        """The text in the reader's language, its names filled in."""
        translated = translations_of(self.language).gettext(text)
        return translated.format(**figures) if figures else translated

    async def fields(self, controls: Controls) -> dict[str, str]:
        """The form that was sent.

        Raises:
            Refused: it is too large, no form, or not the one with these controls.
        """
        return await fields_sent(self.request, self.language, controls)

    def page(self, template: str, status: int = 200, **given: Any) -> Response:
        """A template with what it is given."""
        return html_response(self.language, template, given, status)


_LANGUAGE: Final = choice("lang", "Language.", list(LANGUAGES))

Make = Callable[[PlainAsked], Awaitable[Response]]
Handler = Callable[[Request], Awaitable[Response]]


def shown_by(make: Make, *parameters: Parameter) -> Handler:
    """Answers a request for the page that `make` makes; `parameters` are its own, beside the language."""

    async def show(request: Request) -> Response:
        return await _answer(request, make, ParameterSet([_LANGUAGE, *parameters]))

    return show


def taken_by(take: Make) -> Handler:
    """Answers a form that was sent to the page; one from elsewhere is refused."""

    async def receive(request: Request) -> Response:
        language = language_of_page(request)
        try:
            await refuse_foreign_form(request)
        except ForeignForm as error:
            return refusal_response(request, refused(error, language), language)
        return await _answer(request, take, ParameterSet([_LANGUAGE]))

    return receive


async def _answer(request: Request, make: Make, parameters: ParameterSet) -> Response:
    language = language_of_page(request)
    try:
        parameters.read(request)
    except InvalidParameter as error:
        return refusal_response(request, refused(error, language), language)
    inside = Inside(request, language)
    try:
        return await make(PlainAsked(request=request, inside=inside, language=language))
    except Refused as error:
        if error.status not in NOT_KNOWN:
            caller = await caller_if_known(inside) if error.status == FORBIDDEN else None
            return refusal_response(request, error, language, caller=caller)
        if request.method == "GET":
            return sign_in_first(request)
        return await sign_in_with_form(request, language, is_kept=False)
