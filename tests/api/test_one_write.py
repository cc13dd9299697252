"""What leaves a connection, and when: an answer in one piece, a lone piece without delay."""

import asyncio

from typing_extensions import override

from api.one_write import GatheringTransport


class Wire(asyncio.Transport):
    """Remembers what it is given to send."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    @override
    def is_closing(self) -> bool:
        return self.closed

    @override
    def close(self) -> None:
        self.closed = True


async def test_head_and_body_leave_together() -> None:
    wire = Wire()
    transport = GatheringTransport(wire, asyncio.get_running_loop())
    transport.write(b"head ")
    assert wire.sent == []
    transport.write(b"body")
    await asyncio.sleep(0)
    assert wire.sent == [b"head body"]


async def test_what_nothing_follows_leaves_with_the_turn_of_the_loop() -> None:
    wire = Wire()
    transport = GatheringTransport(wire, asyncio.get_running_loop())
    transport.write(b"head ")
    await asyncio.sleep(0)
    transport.write(b"one chunk ")
    await asyncio.sleep(0)
    assert wire.sent == [b"head ", b"one chunk "]


async def test_closing_sends_what_is_held_first() -> None:
    wire = Wire()
    transport = GatheringTransport(wire, asyncio.get_running_loop())
    transport.write(b"400")
    transport.close()
    assert (wire.sent, wire.closed) == ([b"400"], True)


async def test_nothing_is_sent_to_a_client_that_went_away() -> None:
    wire = Wire()
    transport = GatheringTransport(wire, asyncio.get_running_loop())
    transport.write(b"head ")
    wire.closed = True
    await asyncio.sleep(0)
    assert wire.sent == []
