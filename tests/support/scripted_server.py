"""A server that answers what the test wants, whatever it is asked."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

DEADLINE_S = 30.0
DRIP_S = 0.02


@dataclass
class Scripted:
    """Where it answers, and what it was asked, head and body, one for each connection."""

    url: str
    requests: list[bytes] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)


Answer = Callable[[socket.socket, threading.Event], None]
"""Sends something; it may go on until the event is set."""


def status(line: str, body: bytes = b"", *headers: str) -> Answer:
    """A whole answer."""
    return raw(http(line, body, *headers))


def http(line: str, body: bytes = b"", *headers: str) -> bytes:
    """The bytes of a whole answer."""
    return "\r\n".join([f"HTTP/1.1 {line}", f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


def raw(data: bytes) -> Answer:
    """These bytes, and the end of the connection."""
    return lambda connection, _ended: connection.sendall(data)


def silence(_connection: socket.socket, ended: threading.Event) -> None:
    """Nothing, for as long as the test takes."""
    ended.wait(DEADLINE_S)


def drip(start: bytes, again: bytes) -> Answer:
    """A start, and then a little again and again: never so late that a reader would give up waiting for it."""

    def send(connection: socket.socket, ended: threading.Event) -> None:
        connection.sendall(start)
        while not ended.wait(DRIP_S):
            connection.sendall(again)

    return send


@contextmanager
def scripted(*answers: Answer, take: int | None = None) -> Iterator[Scripted]:
    """One connection after another gets the next of the answers; after the last nobody is let in.

    A request is read to its end, or only so many bytes of it when they are given with `take`.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DEADLINE_S)
        server = Scripted(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(listener, server, answers, take))
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(DEADLINE_S)
            assert not thread.is_alive()


def _serve(listener: socket.socket, server: Scripted, answers: tuple[Answer, ...], take: int | None) -> None:
    for answer in answers:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        # A client that goes away is what some of the tests are about.
        with connection, suppress(OSError):
            connection.settimeout(DEADLINE_S)
            server.requests.append(_request(connection) if take is None else connection.recv(take))
            answer(connection, server.ended)


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _received(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
    while length is not None and len(body) < int(length[1]):
        body += _received(connection)
    return head + b"\r\n\r\n" + body


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    if not data:
        raise ConnectionResetError
    return data
