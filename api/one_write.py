"""Head and body of an answer in one write: each write is a call of the system, a packet, and a wake-up of the client.

The server writes the head when an answer starts and the body when it comes, which for most answers is at once.
"""

import asyncio
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

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Writes the data, after what was held; now, or by the end of the loop's turn."""
        if self._held:
            data = self._held + data
            self._held = b""
            self._transport.write(data)
        else:
            self._held = data
            self._loop.call_soon(self._release)

    def close(self) -> None:
        """Closes once everything is written."""
        self._release()
        self._transport.close()

    def _release(self) -> None:
        held, self._held = self._held, b""
        if held and not self._transport.is_closing():
            self._transport.write(held)
