"""What one caller may take of a process: so many reads are worked on at once, and so many event streams are open.

Reads share the threads of a process and its one interpreter. Whoever asks for much at once would fill both, and the
first thing that anybody else asks would wait behind all of it. So the reads of one caller wait for each other. Where
nobody is asked who he is, everyone is the same caller, and there is nothing to share.
"""

import time
from asyncio import Semaphore
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Any, Final
from weakref import WeakValueDictionary

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.invalid import TooManyStreams
from domain.access import Principal

READS_AT_ONCE: Final = 3
STREAMS_OF_CONNECTIONS: Final = 10
"""A caller's streams may be one in so many of the connections that a process has at most."""

_WAITS_SINCE: Final = "fundtrail.waits_for_own_turn_since"


class CallerShare:
    """The shares of all callers of one event loop. `connection_limit`: see the settings."""

    def __init__(self, connection_limit: int) -> None:
        self._most_streams = connection_limit // STREAMS_OF_CONNECTIONS
        self._streams: Counter[str] = Counter()
        # Each is there for as long as a read holds it.
        self._turns: WeakValueDictionary[str, Semaphore] = WeakValueDictionary()

    async def answer(self, caller: Principal, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Has the application answer in a turn of the caller, which ends when the answer begins to be sent.

        How long he takes to read the answer is no work of ours. Who has left while he waited is not answered.
        """
        if caller.local:
            await app(scope, receive, send)
            return
        turn = _Turn(self._turns_of(caller))

        async def ending(message: Message) -> None:
            turn.end()
            await send(message)

        has_waited = await turn.begin(scope.setdefault("state", {}))
        try:
            if not (has_waited and await Request(scope, receive).is_disconnected()):
                await app(scope, receive, ending)
        finally:
            turn.end()

    @asynccontextmanager
    async def turn(self, caller: Principal) -> AsyncIterator[None]:
        """A turn for a part of an answer."""
        async with nullcontext() if caller.local else self._turns_of(caller):
            yield

    @contextmanager
    def stream(self, caller: Principal) -> Iterator[None]:
        """One more stream of the caller while the block runs.

        Raises:
            TooManyStreams: he has as many as he may.
        """
        name = _name_of(caller)
        if self._streams[name] >= self._most_streams and not caller.local:
            raise TooManyStreams
        self._streams[name] += 1
        try:
            yield
        finally:
            self._streams[name] -= 1
            if not self._streams[name]:
                del self._streams[name]

    def _turns_of(self, caller: Principal) -> Semaphore:
        return self._turns.setdefault(_name_of(caller), Semaphore(READS_AT_ONCE))


class _Turn:
    """One of the turns that a semaphore gives, taken and given back once."""

    def __init__(self, turns: Semaphore) -> None:
        self._turns = turns
        self._is_held = False

    async def begin(self, state: dict[str, Any]) -> bool:
        """Whether it had to be waited for; while it is, the request's state says since when."""
        has_waited = self._turns.locked()
        if has_waited:
            state[_WAITS_SINCE] = time.monotonic()
        try:
            await self._turns.acquire()
        finally:
            state.pop(_WAITS_SINCE, None)
        self._is_held = True
        return has_waited

    def end(self) -> None:
        if self._is_held:
            self._is_held = False
            self._turns.release()


def waits_for_own_turn_since(scope: Mapping[str, Any]) -> float | None:
    """Since when the request waits for others of the same caller; None where it does not."""
    since: float | None = scope.get("state", {}).get(_WAITS_SINCE)
    return since


def _name_of(caller: Principal) -> str:
    return f"{caller.issuer or ''} {caller.subject}"
