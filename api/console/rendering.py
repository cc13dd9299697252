"""Making HTML of a page's content: the templates, the words in the reader's language, and what they can call."""

from collections.abc import AsyncIterator, Mapping
from functools import cache, partial
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.runtime import Context
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from api.console import figures, words
from api.console.absence import Absence
from api.console.asked import Asked, Content, Pieces
from api.console.evidence import Held
from api.console.forms.wording import TITLES
from api.console.frame import Frame
from api.console.inside import FORBIDDEN, Refused
from api.console.parameter_names import parameter_name
from api.console.static import asset_url
from api.console.table import Kind
from api.console.texts import counted, translations_of
from api.console.view import CODES, ROOT, UNIT_NAMES, AmountUnit, View
from api.languages import Language
from domain.access import Principal, Role

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing comes from another host, no script stands in a page. Lengths of bars are styles in their elements."""

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
NOT_FOUND: Final = 404
UNPROCESSABLE: Final = 422
UNAVAILABLE: Final = 503
UNKNOWN_LEDGER: Final = "unknown-ledger"

_PIECES: Final = "<!-- pieces -->"
"""What a template has in the place of its pieces. No text is mistaken for it: what is put in is escaped."""

_OF_PAGE: Final = "contexts_of_page"

_HTML_LANG: Final = {Language.CHINESE: "zh-CN", Language.ENGLISH: "en"}


class _Context(Context):
    """What a template of one page sees. It writes itself into the list of those of its page."""

    def __init__(self, environment: Environment, parent: dict[str, Any], *others: Any, **named: Any) -> None:
        super().__init__(environment, parent, *others, **named)
        if _OF_PAGE in parent:
            parent[_OF_PAGE].append(self)


@cache
def environment_of(language: Language) -> Environment:
    """The templates in a language."""
    environment = Environment(
        loader=PackageLoader("api.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    environment.context_class = _Context
    environment.install_gettext_translations(translations_of(language), newstyle=True)  # type: ignore[attr-defined] # of the extension
    environment.globals.update(
        root=ROOT,
        asset=asset_url,
        html_lang=_HTML_LANG[language],
        language_code=CODES[language],
        languages=[("zh", "中文", "zh-CN"), ("en", "English", "en")],
        amount_units=[(unit.value, UNIT_NAMES[unit]) for unit in AmountUnit],
        Kind=Kind,
        Held=Held,
        figures=figures,
        role_word=partial(words.word, Role),
        counted=partial(counted, language),
        command_titles=TITLES,
    )
    return environment


def page_response(asked: Asked, template: str, frame: Frame, content: Content) -> Response:
    """A page of a ledger in its frame."""
    view = asked.view
    given = {
        "asked": asked,
        "view": view,
        "frame": frame,
        "may": asked.may,
        "title": content.title,
        "tables": {table.name: table for table in content.tables},
        "amount": partial(figures.amount, unit=view.unit),
        "rate": figures.rate,
        "is_negative": partial(figures.is_negative, unit=view.unit),
        "unit_name": asked.unit_name,
        "local_time": partial(figures.local_time, time_zone=frame.ledger["time_zone"]),
        "word": partial(_word, asked),
        "event_type": asked.event_type,
        **content.values,
    }
    if content.pieces is None:
        return html_response(view.language, template, given, content.status)
    sent = _in_turn(view.language, template, given, content.pieces)
    return StreamingResponse(sent, content.status, {**HEADERS, "X-Accel-Buffering": "no"}, "text/html")


async def _in_turn(language: Language, template: str, given: Mapping[str, Any], pieces: Pieces) -> AsyncIterator[str]:
    """The page up to its pieces, each piece when it is there, and the rest."""
    environment = environment_of(language)
    before, _, after = rendered(environment.get_template(template), given).partition(_PIECES)
    yield before
    async for values in pieces.each:
        yield rendered(environment.get_template(pieces.template), {**given, **values})
    yield after


def refusal_response(
    request: Request, refused: Refused, language: Language, view: View | None = None, caller: Principal | None = None
) -> Response:
    """A page that says what the interface said no to; `view` is where the reader was, `caller` who it is, if known."""
    # Only a page that was asked for is there in the other language too.
    in_languages = _in_languages(request, view) if caller is not None and request.method == "GET" else {}
    given = {**_given_of(request, refused, view), "caller": caller, "in_languages": in_languages}
    return html_response(language, "refused.html", given, refused.status)


def _in_languages(request: Request, view: View | None) -> dict[str, str]:
    """The addresses of the page by the codes of the languages."""
    codes = CODES.values()
    return {code: f"{request.url.path}?lang={code}" if view is None else view.here(lang=code) for code in codes}


def refusal_within(asked: Asked, frame: Frame, refused: Refused, absence: Absence | None) -> Response:
    """The same in the frame of the ledger, of what is refused at a place that there is."""
    given = _given_of(asked.request, refused, asked.view, absence)
    content = Content(title=refused.problem["title"], values=given, status=refused.status)
    return page_response(asked, "refused_within.html", frame, content)


def _given_of(request: Request, refused: Refused, view: View | None, absence: Absence | None = None) -> dict[str, Any]:
    """What the template of a refusal is given."""
    problem = refused.problem
    return {
        "problem": problem,
        "complaints": [(_place_of(each), each["detail"]) for each in problem.get("errors", ())],
        "view": view,
        # A page can be asked for again by itself; a form that was sent cannot.
        "is_passing": refused.status == UNAVAILABLE and request.method == "GET",
        "absence": absence,
        # What was wrong is not sent again, nor shown.
        "is_wrong": refused.status == UNPROCESSABLE,
        # Who is kept out is led to where it may go, not back to the closed door.
        "is_within": refused.status != FORBIDDEN and problem["code"] != UNKNOWN_LEDGER,
    }


def _place_of(error: Mapping[str, Any]) -> str:
    """What the parameter or field is called that an error is about; its own name where we have none for it."""
    name = str(error["pointer"]).rpartition("/")[2]
    return parameter_name(name) or name


def html_response(language: Language, template: str, given: Mapping[str, Any], status: int = 200) -> Response:
    """A template with what it is given."""
    text = rendered(environment_of(language).get_template(template), given)
    return HTMLResponse(text, status, HEADERS)


def rendered(template: Template, given: Mapping[str, Any]) -> str:
    """The text of a template, which keeps nothing of what it was given.

    A macro holds the context it was made in, and is held by it: thousands of rows would lie there until the interpreter
    looks for garbage. Measured: a look among those of 20 overviews of 2,000 projects stopped everyone for 0.3 s.
    """
    contexts: list[_Context] = []
    try:
        return template.render({**given, _OF_PAGE: contexts})
    finally:
        for each in contexts:
            each.vars.clear()
            each.parent.clear()


def _word(asked: Asked, members: str, value: str | None) -> str:
    """What a word is called, its list named as in the code."""
    return asked.word(words.LISTS[members], value)
