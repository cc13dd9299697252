"""What one caller may take of a process, so that others are answered as ever."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.caller_share import READS_AT_ONCE, CallerShare, waits_for_own_turn_since
from api.invalid import TooManyStreams
from domain.access import Principal

GREEDY: Final = Principal(subject="greedy", issuer=None)
HONEST: Final = Principal(subject="honest", issuer=None)
EVERYONE: Final = Principal(subject="local", issuer=None, local=True)


class Reads:
    """An application whose reads go on until they are told to end, and what has begun and ended in it."""

    def __init__(self) -> None:
        self.share = CallerShare(connection_limit=100)
        self.working: list[str] = []
        self.goes_on = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    def ask(self, caller: Principal, name: str, *, has_left: bool = False) -> Scope:
        """Begins a read; its scope."""
        scope: Scope = {"type": "http", "name": name, "state": {}}
        left: Message = {"type": "http.disconnect"} if has_left else {"type": "http.request", "body": b""}

        async def receive() -> Message:
            return left

        self.tasks.append(asyncio.create_task(self.share.answer(caller, self._app, scope, receive, sent)))
        return scope

    async def _app(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.working.append(scope["name"])
        await self.goes_on.wait()
        await send({"type": "http.response.start"})


async def sent(_message: Message) -> None:
    """Takes what is answered."""


async def settled() -> None:
    """Lets everything that can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


def greedy_names(count: int) -> Iterator[str]:
    return (f"greedy {number}" for number in range(count))


def test_reads_of_one_caller_wait_for_each_other_and_others_do_not_wait_for_them() -> None:
    async def tried() -> None:
        reads = Reads()
        asked = [reads.ask(GREEDY, each) for each in greedy_names(READS_AT_ONCE + 2)]
        await settled()
        assert reads.working == list(greedy_names(READS_AT_ONCE))
        waiting = [waits_for_own_turn_since(each) is not None for each in asked]
        assert waiting == [False] * READS_AT_ONCE + [True, True]
        reads.ask(HONEST, "honest")
        await settled()
        assert reads.working[-1] == "honest"
        reads.goes_on.set()
        await asyncio.gather(*reads.tasks)
        assert reads.working[-2:] == list(greedy_names(READS_AT_ONCE + 2))[-2:]
        assert [waits_for_own_turn_since(each) for each in asked] == [None] * len(asked)

    asyncio.run(tried())


def test_who_left_while_he_waited_is_not_worked_for() -> None:
    async def tried() -> None:
        reads = Reads()
        for each in greedy_names(READS_AT_ONCE):
            reads.ask(GREEDY, each)
        reads.ask(GREEDY, "left", has_left=True)
        reads.ask(GREEDY, "stayed")
        await settled()
        reads.goes_on.set()
        await asyncio.gather(*reads.tasks)
        assert reads.working == [*greedy_names(READS_AT_ONCE), "stayed"]

    asyncio.run(tried())


def test_a_turn_ends_when_the_answer_begins_and_also_when_there_is_none() -> None:
    async def tried() -> None:
        share = CallerShare(connection_limit=100)
        reads_on = asyncio.Event()

        async def slow_reader(_message: Message) -> None:
            await reads_on.wait()

        async def answers(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start"})

        async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
            raise LookupError

        async def ask(app: Any, send: Send) -> None:
            await share.answer(GREEDY, app, {"type": "http"}, never, send)

        slow = [asyncio.create_task(ask(answers, slow_reader)) for _ in range(2 * READS_AT_ONCE)]
        for _ in range(2 * READS_AT_ONCE):
            with pytest.raises(LookupError):
                await ask(fails, sent)
        async with asyncio.timeout(5):
            await ask(answers, sent)
        reads_on.set()
        await asyncio.gather(*slow)

    asyncio.run(tried())


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


def test_where_nobody_is_asked_who_he_is_nobody_waits() -> None:
    async def tried() -> None:
        reads = Reads()
        names = list(greedy_names(3 * READS_AT_ONCE))
        for each in names:
            reads.ask(EVERYONE, each)
        await settled()
        assert reads.working == names
        reads.goes_on.set()
        await asyncio.gather(*reads.tasks)

    asyncio.run(tried())


def test_a_caller_may_have_a_tenth_of_the_connections_as_streams() -> None:
    share = CallerShare(connection_limit=20)
    with ExitStack() as open_streams:
        for caller in (GREEDY, GREEDY, HONEST, *[EVERYONE] * 5):
            open_streams.enter_context(share.stream(caller))
        with pytest.raises(TooManyStreams):
            open_streams.enter_context(share.stream(GREEDY))
        open_streams.enter_context(share.stream(HONEST))
    with share.stream(GREEDY), share.stream(GREEDY):
        pass
