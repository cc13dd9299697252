"""Sends prepared requests over kept connections and takes the time: a process of its own, so that it shares no lock.

    python -m benchmarks.sender < REQUESTS > REPORT

Standard input is pickled: host, port, and for each connection its requests in order. A connection sends its next
request when the answer to the last one is complete. Answers are only read as far as to know that they are whole, and
a success.
"""

import pickle
import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

TIMEOUT_S: Final = 120.0
_HEAD_END: Final = b"\r\n\r\n"


class Load(NamedTuple):
    """What to send where. With `per_s` no more than that many requests are sent each second, over all connections."""

    host: str
    port: int
    requests: list[list[bytes]]
    per_s: float | None = None


class Report(NamedTuple):
    """How long all of it took, and each answer in the order of arrival; the first one that was no success, if any."""

    elapsed_s: float
    latencies_s: list[float]
    failure: bytes | None


class BrokenConnectionError(Exception):
    """The server closed a connection that still had requests."""


@dataclass(slots=True)
class Channel:
    """One connection: what it still has to send, and what of an answer it has."""

    connection: socket.socket
    requests: list[bytes]
    sent: int = 0
    received: bytearray = field(default_factory=bytearray)
    length: int = -1
    began: float = 0.0

    def has_next(self) -> bool:
        """Whether a request is left to send."""
        return self.sent < len(self.requests)

    def send_next(self) -> None:
        """Sends the next request."""
        self.received.clear()
        self.length = -1
        self.began = time.perf_counter()
        # A request of many commands is larger than the socket's buffer: this waits until the server takes it.
        self.connection.sendall(self.requests[self.sent])
        self.sent += 1

    def take(self) -> bool:
        """Receives what has come; whether the answer is complete."""
        chunk = self.connection.recv(1 << 20)
        if not chunk:
            raise BrokenConnectionError
        self.received += chunk
        if self.length < 0:
            self.length = whole_length(self.received)
        return 0 <= self.length <= len(self.received)


def whole_length(received: bytes | bytearray) -> int:
    """Bytes of head and body together, or -1 while the head is not complete."""
    end = received.find(_HEAD_END)
    if end < 0:
        return -1
    head = bytes(received[:end]).lower()
    _, _, rest = head.partition(b"content-length:")
    return end + len(_HEAD_END) + int(rest.split(b"\r\n", 1)[0])


class Pace:
    """When the next request may be sent; at once where no rate is given."""

    def __init__(self, per_s: float | None) -> None:
        self._step_s = 1 / per_s if per_s else 0.0
        self._due = time.perf_counter()

    def is_due(self) -> bool:
        """Whether one more may be sent now; it is then counted."""
        if self._step_s and time.perf_counter() < self._due:
            return False
        self._due += self._step_s
        return True

    def wait_s(self) -> float:
        """How long until the next one."""
        return max(self._due - time.perf_counter(), 0.0)


def run(load: Load) -> Report:
    """Sends everything and waits for every answer."""
    channels = [Channel(_connect(load.host, load.port), requests) for requests in load.requests if requests]
    selector = selectors.DefaultSelector()
    for channel in channels:
        selector.register(channel.connection, selectors.EVENT_READ, channel)
    idle, busy, pace = deque(channels), 0, Pace(load.per_s)
    latencies: list[float] = []
    failure: bytes | None = None
    begin = time.perf_counter()
    while idle or busy:
        while idle and pace.is_due():
            idle.popleft().send_next()
            busy += 1
        for channel in _answered(selector, pace.wait_s() if idle else None):
            busy -= 1
            latencies.append(time.perf_counter() - channel.began)
            if channel.received[9:10] != b"2":
                failure = failure or bytes(channel.received[:2000])
            if channel.has_next():
                idle.append(channel)
            else:
                selector.unregister(channel.connection)
                channel.connection.close()
    elapsed_s = time.perf_counter() - begin
    return Report(elapsed_s, latencies, failure)


def _answered(selector: selectors.BaseSelector, wait_s: float | None) -> Iterator[Channel]:
    """The channels whose answer is now complete; waits for one of them to receive something, or for the given time."""
    ready = selector.select(TIMEOUT_S if wait_s is None else wait_s)
    if not ready and wait_s is None:
        raise TimeoutError
    for key, _ in ready:
        channel: Channel = key.data
        if channel.take():
            yield channel


def _connect(host: str, port: int) -> socket.socket:
    connection = socket.create_connection((host, port), TIMEOUT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def main() -> None:
    """Reads the load, runs it, writes the report."""
    load: Load = pickle.load(sys.stdin.buffer)  # noqa: S301 (the parent process wrote it)
    report = run(load)
    # A plain tuple: the class has another name in this process than where it is read.
    pickle.dump(tuple(report), sys.stdout.buffer)


if __name__ == "__main__":
    main()
