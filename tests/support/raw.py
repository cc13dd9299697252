"""Requests as bytes, for what no client library would send, and sockets that behave badly on purpose."""

import json
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

DEADLINE_S: Final = 30.0
SMALL_BUFFER: Final = 4_096


@dataclass(frozen=True)
class RawAnswer:
    """The last answer on a connection. `closed_after_s`: how long after the request the server ended it."""

    status: int
    headers: dict[str, str]
    body: bytes
    answers: int
    closed_after_s: float

    def problem(self) -> dict[str, Any]:
        """The problem document; fails unless it is one."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        return dict(json.loads(self.body))


def request(method: str, target: str, body: bytes = b"", /, **headers: str) -> bytes:
    """A request that is well formed; underscores in names of headers stand for hyphens."""
    named = {"Host": "127.0.0.1", **{name.replace("_", "-"): text for name, text in headers.items()}}
    if body and not {"Content-Length", "Transfer-Encoding"} & named.keys():
        named["Content-Length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {text}" for name, text in named.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def connected(url: str, *, receive_buffer: int | None = None, source: str | None = None) -> socket.socket:
    """A connection to the server, with room for only so many bytes that were not read.

    `source`: the address that it comes from. On Linux all of 127.0.0.0/8 are this machine's.
    """
    address = urlsplit(url)
    assert address.hostname is not None
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(DEADLINE_S)
    if source is not None:
        connection.bind((source, 0))
    connection.connect((address.hostname, address.port))
    return connection


def exchanged(url: str, sent: bytes, *, within_s: float = DEADLINE_S) -> RawAnswer | None:
    """What was answered when the bytes were sent and the server ended the connection; None: it said nothing."""
    with connected(url) as connection:
        connection.sendall(sent)
        return answered(connection, within_s)


def answered(connection: socket.socket, within_s: float = DEADLINE_S) -> RawAnswer | None:
    """What comes in until the server ends the connection; None: nothing."""
    begin = time.monotonic()
    received = rest_of(connection, within_s)
    took_s = time.monotonic() - begin
    if not received:
        return None
    heads = received.count(b"HTTP/1.1 ")
    head, _, body = received[received.rindex(b"HTTP/1.1 ") :].partition(b"\r\n\r\n")
    return RawAnswer(int(head.split()[1]), _headers_of(head), body, heads, took_s)


def rest_of(connection: socket.socket, within_s: float) -> bytes:
    """Everything until the end of the connection. Fails when it does not end in time."""
    deadline = time.monotonic() + within_s
    received = bytearray()
    while True:
        left_s = deadline - time.monotonic()
        assert left_s > 0, (
            f"the server did not end the connection within {within_s} s; it sent {bytes(received[:300])!r}"
        )
        connection.settimeout(left_s)
        try:
            piece = connection.recv(65_536)
        except TimeoutError:
            continue
        except ConnectionError:
            return bytes(received)
        if not piece:
            return bytes(received)
        received += piece


def first_answer(url: str, sent: bytes, *, source: str | None = None) -> RawAnswer | None:
    """The first answer, read to its end; of a stream only its head. None: the server said nothing."""
    begin = time.monotonic()
    with connected(url, source=source) as connection:
        with suppress(ConnectionError):
            # When it is refused before all of it was sent, the answer may be there.
            connection.sendall(sent)
        received = bytearray()
        while not _is_whole(received):
            try:
                piece = connection.recv(65_536)
            except ConnectionError:
                break
            if not piece:
                break
            received += piece
    if b"\r\n\r\n" not in received:
        return None
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    return RawAnswer(int(head.split()[1]), _headers_of(head), body, 1, time.monotonic() - begin)


def _is_whole(received: bytearray) -> bool:
    head, end, body = bytes(received).partition(b"\r\n\r\n")
    if not end:
        return False
    headers = _headers_of(head)
    if headers.get("transfer-encoding") == "chunked":
        return "event-stream" in headers["content-type"] or body.endswith(b"0\r\n\r\n")
    return len(body) >= int(headers.get("content-length", "0"))


def _headers_of(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): text for name, _, text in (line.partition(": ") for line in lines)}
