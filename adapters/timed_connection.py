"""Connections over HTTP that have one deadline for all that is done on them.

A socket's own timeout begins anew with each byte, so whoever sends one now and then is waited for without end.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from typing_extensions import override


class TlsConnection(http.client.HTTPConnection):
    """Has its socket before the handshake, so that this too can be cut off."""

    default_port = http.client.HTTPS_PORT

    @override
    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        secured = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock = secured
        secured.do_handshake()


@contextmanager
def timed_connection(
    host: str, port: int | None, timeout_s: float, *, secure: bool
) -> Iterator[http.client.HTTPConnection]:
    """A connection for one question, closed at the end of the block; `port` None is the usual one.

    Raises:
        TimeoutError: the block was not left in time.
        OSError, http.client.HTTPException: what connecting raises.
    """
    kind = TlsConnection if secure else http.client.HTTPConnection
    connection = kind(host, port, timeout=timeout_s)
    try:
        with _in_time(connection, timeout_s):
            yield connection
    finally:
        connection.close()


@contextmanager
def _in_time(connection: http.client.HTTPConnection, timeout_s: float) -> Iterator[None]:
    """Connects, and raises TimeoutError unless the block is left in time."""
    passed = threading.Event()
    connected: socket.socket | None = None

    def cut() -> None:
        passed.set()
        # An answer without a length takes the socket away from its connection.
        reached = connected or connection.sock
        if reached is not None:
            with suppress(OSError):
                # Of the plain socket: that of TLS would first say goodbye, and wait.
                socket.socket.shutdown(reached, socket.SHUT_RDWR)

    timer = threading.Timer(timeout_s, cut)
    timer.daemon = True
    timer.start()
    try:
        connection.connect()
        connected = connection.sock
        # What was not connected yet could not be cut.
        _raise_if(passed)
        yield
        _raise_if(passed)
    finally:
        timer.cancel()


def _raise_if(passed: threading.Event) -> None:
    if passed.is_set():
        raise TimeoutError
