"""Whose file is looked at: few at once, one of each caller, and nobody waits for long.

What a page of a file takes of the machine, no other page takes: a process that reads, and all rows in memory. So it is
begun when there is room for it, and who would have to wait too long is told to come again.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from api.console.asked import Asked, Content
from api.console.page import Make
from api.invalid import ImportsBusy

AT_ONCE: Final = 2
WAITING: Final = 16
WAITING_OF_CALLER: Final = 2
"""Beside the one that is looked at."""
WAIT_S: Final = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    caller: str
    turn: asyncio.Future[None]


class Turns:
    """The turns of one event loop."""

    def __init__(self, wait_s: float = WAIT_S) -> None:
        self._wait_s = wait_s
        self._taken: set[str] = set()
        self._waiting: deque[_Waiting] = deque()

    @asynccontextmanager
    async def of(self, caller: str) -> AsyncIterator[None]:
        """One turn of the caller: it is his until he leaves.

        Raises:
            ImportsBusy: he waits for others already, as many as may do, or it took too long.
        """
        if not self._is_free_for(caller):
            await self._wait(caller)
        else:
            self._taken.add(caller)
        try:
            yield
        finally:
            self._taken.remove(caller)
            self._give()

    async def _wait(self, caller: str) -> None:
        of_caller = sum(1 for each in self._waiting if each.caller == caller)
        if of_caller >= WAITING_OF_CALLER or len(self._waiting) >= WAITING:
            raise ImportsBusy
        waiting = _Waiting(caller, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        has_turn = False
        try:
            await asyncio.wait([waiting.turn], timeout=self._wait_s)
            has_turn = waiting.turn.done()
        finally:
            if not has_turn:
                self._leave(waiting)
        if not has_turn:
            raise ImportsBusy

    def _leave(self, waiting: _Waiting) -> None:
        if not waiting.turn.done():
            self._waiting.remove(waiting)
            return
        # It was given in the instant in which nobody waited for it any more.
        self._taken.remove(waiting.caller)
        self._give()

    def _is_free_for(self, caller: str) -> bool:
        return len(self._taken) < AT_ONCE and caller not in self._taken

    def _give(self) -> None:
        """Gives what is free to those who have waited longest."""
        for waiting in list(self._waiting):
            if self._is_free_for(waiting.caller):
                self._waiting.remove(waiting)
                self._taken.add(waiting.caller)
                waiting.turn.set_result(None)


def in_turn(make: Make) -> Make:
    """A page that is made when it is its caller's turn."""

    async def made(asked: Asked) -> Content | Response:
        caller = f"{asked.caller.issuer or ''} {asked.caller.subject}"
        turns: Turns = asked.request.app.state.file_readers.turns
        async with turns.of(caller):
            return await make(asked)

    return made
