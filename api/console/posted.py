"""The form that a page was sent: its fields by name, within bounds; what is no form is said no to on a page.

A form holds what the page had controls for, each once: what is beyond that was meant to do something, and would not.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from api.console.inside import Refused
from api.console.parameter_names import in_page_words
from api.console.problem_words import problem_words
from api.console.worded_choice import Words
from api.invalid import BadRequest, InvalidForm, InvalidParameter
from api.json_input import BodyTooLarge, header_of, read_body
from api.languages import Language
from api.problems import problem_of
from api.schemas.problem import FieldProblem
from domain.errors import FundtrailError

MAX_FORM_BYTES: Final = 512 * 1024
"""The largest form has 100 indicators; a file is not sent in one of these."""
MAX_FORM_FIELDS: Final = 2_000

_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
_READ: Final = "fundtrail.form"
_NO_WORDS: Final[Words] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A control of a form. `choices` are the texts that it may send; where there are none, any."""

    choices: tuple[str, ...] = ()


TEXT: Final = Control()
TICK: Final = Control(choices=("true",))
"""A box that is ticked; one that is not sends nothing."""

Controls = Callable[[str], Control | None]
"""The control of a name; None: the form has none of that name."""


def text_controls(*names: str) -> Controls:
    """Controls of any text with these names, and no others."""
    return dict.fromkeys(names, TEXT).get


async def fields_sent(request: Request, language: Language, controls: Controls) -> dict[str, str]:
    """The fields, by name.

    Raises:
        Refused: it is too large, no form, or not the one with these controls.
    """
    return fields_of(await form_text(request, language), language, controls)


async def form_text(request: Request, language: Language) -> str:
    """The form as it came; asked for twice, it is read once.

    Raises:
        Refused: as above.
    """
    if _READ not in request.scope:
        request.scope[_READ] = await _read(request, language)
    text: str = request.scope[_READ]
    return text


def fields_of(text: str, language: Language, controls: Controls) -> dict[str, str]:
    """The fields of a form as it came.

    Raises:
        Refused: it is no form, or not the one with these controls.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)
    except ValueError:
        raise refused(BadRequest(), language) from None
    return checked(pairs, language, controls)


def checked(pairs: Iterable[tuple[str, str]], language: Language, controls: Controls) -> dict[str, str]:
    """The fields by name.

    Raises:
        Refused: one is unknown, sent twice, or holds what its control cannot send.
    """
    fields: dict[str, str] = {}
    problems: dict[tuple[str, str], FieldProblem] = {}
    for name, text in pairs:
        problem = _problem_of(name, text, controls(name), fields)
        if problem is not None:
            problems[problem.pointer, problem.code] = problem
        fields[name] = text
    if problems:
        raise refused(InvalidForm(list(problems.values())), language)
    return fields


def refused(error: FundtrailError, language: Language, *, in_path: bool = False, words: Words = _NO_WORDS) -> Refused:
    """What is said no to before the interface is asked, as it would.

    `in_path`: of a thing that the address names. `words` are those of the parameters of a page.
    """
    if isinstance(error, InvalidParameter | InvalidForm):
        error = type(error)([in_page_words(each, language, words) for each in error.problems])
    problem = problem_of(error, language, in_path=in_path)
    for each in problem["errors"]:
        each["detail"] = problem_words(each["code"], language) or each["detail"]
    return Refused(problem["status"], problem)


def flag_of(fields: Mapping[str, str], name: str) -> bool:
    """Whether a box was ticked."""
    return fields.get(name) == "true"


def _problem_of(name: str, text: str, control: Control | None, before: Mapping[str, str]) -> FieldProblem | None:
    """What is wrong with a field; the name of an unknown one is not repeated."""
    if control is None:
        return FieldProblem(pointer="", code="unknown-field")
    if name in before:
        return FieldProblem(pointer=f"/{name}", code="repeated")
    if control.choices and text not in control.choices:
        return FieldProblem(
            pointer=f"/{name}", code="choice", limits={"choices": ", ".join(filter(None, control.choices))}
        )
    return None


async def _read(request: Request, language: Language) -> str:
    declared = header_of(request, b"content-type").partition(";")[0].strip().lower()
    try:
        body = await read_body(request, MAX_FORM_BYTES)
        if body and declared != _MEDIA_TYPE:
            raise refused(BadRequest(), language)
        return body.decode("ascii")
    except BodyTooLarge as error:
        raise refused(error, language) from None
    except UnicodeDecodeError:
        raise refused(BadRequest(), language) from None
