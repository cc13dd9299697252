"""Waiting on the event loop for what the writers' threads answer, without a wake-up of its own for each answer."""

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import TypeVar

AnswerT = TypeVar("AnswerT")


class Awaiting:
    """Brings answers from other threads to one event loop: those of one commit arrive together.

    Not `asyncio.wrap_future`: it wakes the loop for each, and leaves a circle of references around every answer, which
    then stays in memory until the collector looks at everything.
    """

    def __init__(self) -> None:
        self._arrived: deque[asyncio.Future[None]] = deque()
        self._is_called = False

    async def answer(self, future: "Future[AnswerT]") -> AnswerT:
        """The future's result, or its exception. Giving up waiting leaves the future alone."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[None] = loop.create_future()
        future.add_done_callback(lambda _done: self._arrive(loop, waiting))
        await waiting
        return future.result()

    def _arrive(self, loop: asyncio.AbstractEventLoop, waiting: "asyncio.Future[None]") -> None:
        self._arrived.append(waiting)
        # Set before the loop is called and cleared before it takes what arrived: an answer is never left lying.
        if not self._is_called:
            self._is_called = True
            loop.call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        self._is_called = False
        while self._arrived:
            waiting = self._arrived.popleft()
            if not waiting.cancelled():
                waiting.set_result(None)
