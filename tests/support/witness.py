"""A log that signs checkpoints, and a witness that cosigns them, in the test's own process."""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from uvicorn import Config

from adapters.transparency.witness_state import WitnessState, create_state
from api.serve import ReadyServer, listen, url_of
from api.witness import Witness, witness_app
from domain.checkpoint import Checkpoint, format_checkpoint
from domain.cosigning import StaleSizeError, format_cosigning_request
from domain.identifiers import leaf_hash
from domain.merkle import EMPTY_EDGE, consistency_proof
from domain.note import Algorithm, Note, VerifierKey, cosignature_of, signature_of
from tests.support.ed25519 import SeededSigner

DEADLINE_S = 30.0
NOW = datetime(2024, 1, 2, 1, 0, tzinfo=UTC)
NOW_S = 1_704_157_200
WITNESS = SeededSigner("witness.example/bureau", Algorithm.COSIGNATURE)


class StandingClock:
    """It is always the same moment."""

    def now(self) -> datetime:
        """See ports.Clock."""
        return NOW


class SmallLog:
    """A log of fewer than 256 entries. One that is forked holds other entries from there on, under the same key."""

    def __init__(self, origin: str = "log.example/funds", *, forked_at: int = 256, seed: str | None = None) -> None:
        self.origin = origin
        self.signer = SeededSigner(origin, seed=seed)
        self._leaves = [leaf_hash(b"%d %d" % (number, number >= forked_at)) for number in range(255)]

    def hashes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """See merkle.HashSource; all of a tree this small is level 0."""
        assert level == 0
        return self._leaves[first : first + count]

    def text(self, size: int, *extensions: str) -> str:
        root = EMPTY_EDGE.appended(self._leaves[:size])[0].root()
        return format_checkpoint(Checkpoint(self.origin, size, root, extensions))

    def note(self, size: int, *extensions: str) -> Note:
        text = self.text(size, *extensions)
        return Note(text, (signature_of(text, self.signer),))

    def prove(self, old_size: int, size: int) -> tuple[bytes, ...]:
        return consistency_proof(self, old_size, size)

    def request(self, old_size: int, size: int) -> bytes:
        proof = self.prove(old_size, size) if 0 < old_size <= size else ()
        return format_cosigning_request(old_size, proof, self.note(size))


def cosigned(note: Note) -> Note:
    """The note with a cosignature of WITNESS."""
    return Note(note.text, (*note.signatures, cosignature_of(note.text, WITNESS, NOW_S)))


def witness_in(folder: Path, logs: Iterable[VerifierKey]) -> Witness:
    """A witness whose state is in the folder, from before if there is one."""
    path = folder / "state"
    state = WitnessState(path) if path.exists() else create_state(path)
    return Witness(signer=WITNESS, logs=logs, state=state, clock=StandingClock())


class InProcess:
    """Asks an application without a socket; an exception that leaves it fails the test."""

    def __init__(self, app: Starlette) -> None:
        self._transport = httpx.ASGITransport(app)

    def add_checkpoint(self, body: bytes) -> httpx.Response:
        return self.request("POST", "/add-checkpoint", body)

    def request(self, method: str, path: str, body: bytes = b"") -> httpx.Response:
        return asyncio.run(self._request(method, path, body))

    async def _request(self, method: str, path: str, body: bytes) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="http://witness.example") as client:
            return await client.request(method, path, content=body)


@contextmanager
def listening(app: Starlette, **options: Any) -> Iterator[str]:
    """The address of an application on a free port; it has stopped when the block is left."""
    listener = listen("127.0.0.1", 0)
    ready = threading.Event()
    config = Config(app, ws="none", log_config=None, timeout_graceful_shutdown=5, **options)
    server = ReadyServer(config, lambda _url: ready.set(), url_of(listener))
    thread = threading.Thread(target=server.run, args=([listener],), name="test-witness")
    thread.start()
    try:
        assert ready.wait(DEADLINE_S), "the witness did not start"
        yield url_of(listener)
    finally:
        server.should_exit = True
        thread.join(DEADLINE_S)
        assert not thread.is_alive(), "the witness did not stop"


@contextmanager
def listening_witness(folder: Path, *logs: SmallLog) -> Iterator[str]:
    """The address of a witness of these logs."""
    with listening(witness_app(witness_in(folder, [log.signer.key for log in logs]))) as url:
        yield url


def advance_to(path: Path, origin: str, last: int, start: Barrier) -> None:
    """Moves a state one leaf at a time, among others who do the same, until it has so many."""
    log, state = SmallLog(origin), WitnessState(path)
    notes = [log.note(size) for size in range(last + 1)]
    start.wait(DEADLINE_S)
    size = 0
    while size < last:
        reached = _stepped(state, notes, size)
        assert reached > size, "a step was taken back"
        size = reached


def _stepped(state: WitnessState, notes: Sequence[Note], size: int) -> int:
    """The size that the state has then, whoever made the step."""
    try:
        state.replace(notes[size + 1], old_size=size)
    except StaleSizeError as error:
        return error.size
    return size + 1
