"""Pages of one answer: a cursor keeps where the first page stood, so that all pages belong together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request

from api.coordinates import Standpoint, pinned, standpoint_of
from api.cursors import Cursor, decode, digest_of, encode
from api.ledgers import LedgerIdentity
from api.wiring import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Which page is asked for: from where it is read, and what named the last row of the page before (or None)."""

    place: Standpoint
    last: str | None
    question: str


def turn_of(request: Request, services: Services, ledger: LedgerIdentity, parameters: Mapping[str, Any]) -> Turn:
    """The page that the request asks for.

    Raises:
        InvalidParameter: the coordinates or the cursor are wrong.
    """
    question = digest_of(request.scope["path"], _given(request, parameters["limit"]))
    text: str | None = parameters["cursor"]
    if text is None:
        return Turn(place=standpoint_of(services, ledger, parameters), last=None, question=question)
    cursor = decode(text, ledger.log_id, question)
    return Turn(place=pinned(services, ledger, cursor.pin), last=cursor.last, question=question)


def next_of(request: Request, turn: Turn, limit: int, last: str | None) -> str | None:
    """The absolute path of the page after the row that `last` names; None when none follows."""
    if last is None:
        return None
    cursor = encode(Cursor(question=turn.question, pin=turn.place.pin(), last=last), turn.place.ledger.log_id)
    pairs = [*_given(request, limit), ("cursor", cursor)]
    path: str = request.scope["path"]
    return f"{quote(path)}?{urlencode(pairs)}"


def _given(request: Request, limit: int) -> list[tuple[str, str]]:
    """The parameters of all pages: the limit also when it was not given, the cursor never."""
    given = [(name, value) for name, value in request.query_params.multi_items() if name not in {"cursor", "limit"}]
    return [*given, ("limit", str(limit))]
