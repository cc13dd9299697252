"""The witness: cosigns what logs append, and nothing that takes back what it has cosigned.

Source: C2SP tlog-witness (`add-checkpoint` and the monitoring address) and C2SP tlog-cosignature (Ed25519).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from adapters.transparency.ed25519 import verify
from adapters.transparency.witness_state import CorruptStateError, WitnessState
from api.json_input import BodyTooLarge, read_body
from domain.checkpoint import MalformedCheckpointError
from domain.cosigning import (
    ADD_CHECKPOINT,
    MAX_REQUEST_BYTES,
    SIZE_TYPE,
    MalformedRequestError,
    StaleSizeError,
    UnknownLogError,
    parse_cosigning_request,
    refuse_unless_append_only,
    signed_by_log,
)
from domain.merkle import InvalidProofError
from domain.note import (
    MalformedNoteError,
    Note,
    Signature,
    Signer,
    UntrustedNoteError,
    VerifierKey,
    cosignature_of,
    format_note,
    format_signature,
)
from domain.ports import Clock

CONFLICT: Final = 409
UNAVAILABLE: Final = 503
STATUSES: Final[Mapping[type[Exception], int]] = {
    MalformedRequestError: 400,
    MalformedNoteError: 400,
    MalformedCheckpointError: 400,
    UntrustedNoteError: 403,
    UnknownLogError: 404,
    InvalidProofError: 422,
}
TOO_LARGE: Final = 413

_logger = structlog.get_logger(__name__)


class Witness:
    """Watches the logs of some keys, each under the origin that is the key's name. Threads may share it."""

    def __init__(self, *, signer: Signer, logs: Iterable[VerifierKey], state: WitnessState, clock: Clock) -> None:
        self._signer = signer
        self._state = state
        self._clock = clock
        self._keys: defaultdict[str, list[VerifierKey]] = defaultdict(list)
        for key in dict.fromkeys(logs):
            self._keys[key.name].append(key)

    def cosign(self, data: bytes) -> Signature:
        """The cosignature of the checkpoint in a request, once it is kept as the last of its log.

        Raises, in this order:
            MalformedRequestError, MalformedNoteError, MalformedCheckpointError: it cannot be read.
            UnknownLogError, UntrustedNoteError: it is of no watched log, or not signed by it.
            MalformedRequestError, StaleSizeError, InvalidProofError: it does not go on from the last checkpoint.
            CorruptStateError, OSError: what was cosigned cannot be known or kept.
        """
        request = parse_cosigning_request(data)
        origin = request.checkpoint.origin
        note = signed_by_log(request, self._keys.get(origin, ()), verify)
        try:
            refuse_unless_append_only(request, self._state.latest(origin))
        except InvalidProofError:
            # The log has signed it, so it may be the proof that the log shows different trees to different people.
            _logger.warning("checkpoint-not-consistent", old_size=request.old_size, note=format_note(note).decode())
            raise
        cosignature = cosignature_of(note.text, self._signer, int(self._clock.now().timestamp()))
        self._state.replace(Note(note.text, (*note.signatures, cosignature)), old_size=request.old_size)
        return cosignature

    def latest_note(self, origin_hash: str) -> str | None:
        """The last note cosigned of the log whose origin has this SHA-256 (lower-case hex); None before the first."""
        notes = self._state.notes().items()
        return next((note for origin, note in notes if sha256(origin.encode()).hexdigest() == origin_hash), None)


def witness_app(witness: Witness) -> Starlette:
    """The application around a witness; both of its prefixes are the root."""

    async def add_checkpoint(request: Request) -> Response:
        data = await read_body(request, MAX_REQUEST_BYTES)
        return PlainTextResponse(format_signature(await run_in_threadpool(witness.cosign, data)))

    def checkpoint(request: Request) -> Response:
        note = witness.latest_note(request.path_params["origin_hash"])
        return PlainTextResponse("nothing cosigned of that log\n", 404) if note is None else PlainTextResponse(note)

    return Starlette(
        routes=[
            Route(ADD_CHECKPOINT, add_checkpoint, methods=["POST"]),
            Route("/healthz", _health),
            Route("/{origin_hash}/checkpoint", checkpoint),
        ],
        exception_handlers={
            **dict.fromkeys(STATUSES, _refused),
            BodyTooLarge: _too_large,
            StaleSizeError: _stale,
            CorruptStateError: _unavailable,
            OSError: _unavailable,
            ClientDisconnect: _gone,
        },
    )


async def _health(_request: Request) -> Response:
    return JSONResponse({"status": "up"})


async def _refused(_request: Request, error: Exception) -> Response:
    """The reason holds no word of what was sent."""
    return PlainTextResponse(f"{error}\n", STATUSES[type(error)])


async def _too_large(_request: Request, error: Exception) -> Response:
    """The rest of the body is not waited for either: it may have no end."""
    return PlainTextResponse(f"{error}\n", TOO_LARGE, {"Connection": "close"})


async def _stale(_request: Request, error: Exception) -> Response:
    assert isinstance(error, StaleSizeError)
    # As a header: a media type of texts would be given a charset, which the specification does not have.
    return Response(f"{error.size}\n", CONFLICT, {"Content-Type": SIZE_TYPE})


async def _unavailable(_request: Request, error: Exception) -> Response:
    _logger.error("state-not-kept", error=str(error))
    return PlainTextResponse("the witness cannot keep what it cosigns\n", UNAVAILABLE)


async def _gone(_request: Request, _error: Exception) -> Response:
    """Nobody is there to read it."""
    return Response(status_code=400)
