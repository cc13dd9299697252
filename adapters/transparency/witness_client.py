"""How a log gets a cosignature: one question to a witness over HTTP, or two when the witness stands elsewhere.

Source: C2SP tlog-witness, `add-checkpoint`. The witness is not trusted: what it answers is bounded in size and time,
and a cosignature is returned only after it was verified.
"""

import http.client
import re
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from adapters.timed_connection import timed_connection
from adapters.transparency.ed25519 import verify
from domain.checkpoint import parse_checkpoint, parse_size
from domain.cosigning import ADD_CHECKPOINT, SIZE_TYPE, format_cosigning_request
from domain.note import MalformedNoteError, Note, Signature, UntrustedNoteError, VerifierKey, parse_note, verify_note

MAX_ANSWER_BYTES: Final = 64 * 1024
"""Longest answer that is read, inclusive: room for sixteen post-quantum signature lines and more."""

_PRINTED: Final = re.compile(r"[\x21-\x7e]+")

ProveConsistency = Callable[[int, int], tuple[bytes, ...]]
"""The proof that the tree of the second size begins with that of the first; 0 < first <= second."""


class WitnessUrlError(ValueError):
    """The address is no http or https address without credentials, query and fragment."""


class WitnessError(Exception):
    """There is no cosignature."""


class WitnessUnreachableError(WitnessError):
    """No answer came in time."""


class WitnessRefusedError(WitnessError):
    """The witness said no. `size` is the last size it cosigned where it named that (status 409), else None.

    A size above that of the checkpoint means that the log has lost entries it had signed, or that another signs for it.
    """

    def __init__(self, status: int, size: int | None = None) -> None:
        super().__init__(f"the witness answered {status}" + ("" if size is None else f", size {size}"))
        self.status = status
        self.size = size


class WitnessAnswerError(WitnessError):
    """The answer is too long, or holds no cosignature of the checkpoint by the witness's key."""


class _Address(NamedTuple):
    secure: bool
    host: str
    port: int
    path: str


class _Answer(NamedTuple):
    status: int
    media_type: str
    body: bytes


def submit(
    url: str, key: VerifierKey, note: Note, prove: ProveConsistency, *, old_size: int = 0, timeout_s: float = 10.0
) -> tuple[Signature, ...]:
    """The cosignatures, at least one, that the witness's key has made of a signed checkpoint; each is verified.

    `url` is the submission prefix. `old_size` is where the witness is thought to stand: when it stands elsewhere, it is
    asked a second time from there. `timeout_s` is for each question as a whole. Redirections are not followed.

    Raises:
        WitnessUrlError: before anything is sent.
        WitnessUnreachableError, WitnessRefusedError, WitnessAnswerError: nothing is known about what the witness kept.
        MalformedNoteError, MalformedCheckpointError: the note cannot be sent.
        Whatever `prove` raises.
    """
    address = _parsed(url)
    size = parse_checkpoint(note.text).size
    # A hint beyond the checkpoint is a request that the witness must call malformed; from its size it says where it is.
    answer = _asked(address, note, prove, (min(old_size, size), size), timeout_s)
    if answer.status == http.client.CONFLICT:
        named = _named_size(answer)
        if named is None or named > size:
            raise WitnessRefusedError(answer.status, named)
        answer = _asked(address, note, prove, (named, size), timeout_s)
    if answer.status != http.client.OK:
        raise WitnessRefusedError(answer.status, _named_size(answer))
    return _cosignatures(answer.body, note, key)


def _cosignatures(lines: bytes, note: Note, key: VerifierKey) -> tuple[Signature, ...]:
    try:
        answered = parse_note(note.text.encode() + b"\n" + lines)
        verified = verify_note(answered, [key], verify)
    except (MalformedNoteError, UntrustedNoteError) as error:
        raise WitnessAnswerError("the answer holds no cosignature by the witness's key") from error
    if answered.text != note.text or not all(each.time_s for each in verified):
        raise WitnessAnswerError("the answer is over another text, or bears no time")
    return tuple(one for one in answered.signatures if (one.name, one.key_id) == (key.name, key.key_id))


def _named_size(answer: _Answer) -> int | None:
    """The size in the answer to a request that started from another one; None where there is none."""
    if answer.status != http.client.CONFLICT or answer.media_type != SIZE_TYPE or not answer.body.endswith(b"\n"):
        return None
    return parse_size(answer.body[:-1].decode("ascii", "replace"))


def _asked(address: _Address, note: Note, prove: ProveConsistency, sizes: tuple[int, int], timeout_s: float) -> _Answer:
    proof = prove(*sizes) if sizes[0] > 0 else ()
    request = format_cosigning_request(sizes[0], proof, note)
    try:
        with timed_connection(address.host, address.port, timeout_s, secure=address.secure) as connection:
            connection.request("POST", address.path, request, {"Content-Type": "text/plain; charset=utf-8"})
            return _answer(connection.getresponse())
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise WitnessUnreachableError(f"no answer from {address.host}: {type(error).__name__}") from error


def _answer(response: http.client.HTTPResponse) -> _Answer:
    body = response.read(MAX_ANSWER_BYTES + 1)
    if len(body) > MAX_ANSWER_BYTES:
        raise WitnessAnswerError(f"the answer is longer than {MAX_ANSWER_BYTES} bytes")
    if response.length:
        # Reading at most so many bytes does not complain when the connection ends before they are there.
        raise http.client.IncompleteRead(body, response.length)
    media_type = response.getheader("Content-Type", "").partition(";")[0].strip().lower()
    return _Answer(response.status, media_type, body)


def _parsed(url: str) -> _Address:
    refused = WitnessUrlError("the address of a witness is http or https, without credentials, query and fragment")
    if not _PRINTED.fullmatch(url):
        raise refused
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise refused from None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or "?" in url or "#" in url:
        raise refused
    default = http.client.HTTPS_PORT if parts.scheme == "https" else http.client.HTTP_PORT
    path = parts.path.rstrip("/") + ADD_CHECKPOINT
    return _Address(parts.scheme == "https", host, default if port is None else port, path)
