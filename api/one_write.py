"""Head and body of an answer in one write: each write is a call of the system, a packet, and a wake-up of the client.

The server writes the head when an answer starts and the body when it comes, which for most answers is at once.
"""

import array
import asyncio
import fcntl
import socket
import struct
import termios
from typing import Any, cast

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class OneWriteProtocol(HttpToolsProtocol):
    """The server's own protocol, on a transport that waits for the body."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as it is declared there
        super().connection_made(cast("asyncio.Transport", GatheringTransport(transport, self.loop)))


class GatheringTransport:
    """A transport that holds what is written until more is, but not beyond the turn of the loop."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""
        self.written_bytes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Writes the data, after what was held; now, or by the end of the loop's turn."""
        if self._transport.is_closing():
            return
        self.written_bytes += len(data)
        if self._held:
            data = self._held + data
            self._held = b""
            self._transport.write(data)
        else:
            self._held = data
            self._loop.call_soon(self._release)

    def untaken_bytes(self) -> int:
        """What was written and the other side has not confirmed: in our buffer, and in that of the system."""
        unsent: int = self._transport.get_write_buffer_size()
        return unsent + len(self._held) + _unconfirmed_bytes(self._transport)

    def abort(self) -> None:
        """Ends the connection at once: what was not taken is forgotten, by the system too."""
        connection = self._transport.get_extra_info("socket")
        if not self._transport.is_closing() and connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def close(self) -> None:
        """Closes once everything is written."""
        self._release()
        self._transport.close()

    def _release(self) -> None:
        held, self._held = self._held, b""
        if held and not self._transport.is_closing():
            self._transport.write(held)


def _unconfirmed_bytes(transport: asyncio.Transport) -> int:
    """What the system holds for the other side; 0 where it does not say."""
    connection = transport.get_extra_info("socket")
    if connection is None or connection.fileno() < 0:
        return 0
    count = array.array("i", [0])
    try:
        fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, count)
    except OSError:
        return 0
    return count[0]
