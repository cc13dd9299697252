"""The form that a page was sent: its fields by name, within bounds; what is no form is said no to on a page."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from api.console.inside import Refused
from api.invalid import BadRequest
from api.json_input import BodyTooLarge, header_of, read_body
from api.languages import Language
from api.problems import problem_of
from domain.errors import FundtrailError

MAX_FORM_BYTES: Final = 512 * 1024
"""The largest form has 100 indicators; a file is not sent in one of these."""
MAX_FORM_FIELDS: Final = 2_000

_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
_READ: Final = "fundtrail.form"


async def fields_sent(request: Request, language: Language) -> dict[str, str]:
    """The fields, by name; of several of one name the last.

    Raises:
        Refused: it is too large, or no form.
    """
    return fields_of(await form_text(request, language), language)


async def form_text(request: Request, language: Language) -> str:
    """The form as it came; asked for twice, it is read once.

    Raises:
        Refused: as above.
    """
    if _READ not in request.scope:
        request.scope[_READ] = await _read(request, language)
    text: str = request.scope[_READ]
    return text


def fields_of(text: str, language: Language) -> dict[str, str]:
    """The fields of a form as it came.

    Raises:
        Refused: it is no form.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)
    except ValueError:
        raise refused(BadRequest(), language) from None
    return dict(pairs)


def refused(error: FundtrailError, language: Language) -> Refused:
    """What is said no to before the interface is asked, as the interface would say it."""
    problem = problem_of(error, language)
    return Refused(problem["status"], problem)


def flag_of(fields: Mapping[str, str], name: str) -> bool:
    """Whether a box was ticked."""
    return fields.get(name) == "true"


async def _read(request: Request, language: Language) -> str:
    declared = header_of(request, b"content-type").partition(";")[0].strip().lower()
    if declared != _MEDIA_TYPE:
        raise refused(BadRequest(), language)
    try:
        return (await read_body(request, MAX_FORM_BYTES)).decode("ascii")
    except BodyTooLarge as error:
        raise refused(error, language) from None
    except UnicodeDecodeError:
        raise refused(BadRequest(), language) from None
