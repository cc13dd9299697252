"""Waiting on the event loop for what the writers' threads answer, without a wake-up of its own for each answer."""

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import Any, TypeVar

AnswerT = TypeVar("AnswerT")


class Awaiting:
    """Brings answers from other threads to one event loop: those of one commit arrive together.

    Not `asyncio.wrap_future`: it wakes the loop for each, and leaves a circle of references around every answer, which
    then stays in memory until the collector looks at everything.
    """

    def __init__(self) -> None:
        self._arrived: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._is_called = False

    async def answer(self, future: "Future[AnswerT]") -> AnswerT:
        """The future's result, or its exception. Giving up waiting leaves the future alone."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[AnswerT] = loop.create_future()
        future.add_done_callback(lambda done: self._arrive(loop, waiting, done))
        return await waiting

    def _arrive(self, loop: asyncio.AbstractEventLoop, waiting: "asyncio.Future[Any]", done: "Future[Any]") -> None:
        self._arrived.append((waiting, done))
        # Set before the loop is called and cleared before it takes what arrived: an answer is never left lying.
        if not self._is_called:
            self._is_called = True
            loop.call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        self._is_called = False
        while self._arrived:
            waiting, done = self._arrived.popleft()
            if waiting.cancelled():
                continue
            error = done.exception()
            if error is None:
                waiting.set_result(done.result())
            else:
                waiting.set_exception(error)
