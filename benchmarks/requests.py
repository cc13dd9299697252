"""Requests as bytes, and the process that sends them."""

import json
import pickle
import subprocess
import sys
from collections.abc import Iterable
from http.client import HTTPConnection
from typing import Any

from benchmarks.machine import ROOT
from benchmarks.sender import Load, Report
from benchmarks.servers import Served


class UnexpectedAnswerError(Exception):
    """An answer was no success: what was measured is not what was meant."""


def post(path: str, body: object, key: str) -> bytes:
    """A POST of JSON under an idempotency key."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: {key}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def get(path: str) -> bytes:
    """A GET."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def send(server: Served, requests: Iterable[list[bytes]], per_s: float | None = None) -> Report:
    """Sends each list over a connection of its own, all at once or at a rate, from another process.

    Raises:
        UnexpectedAnswerError: with the first answer that was no success.
    """
    load = Load(server.host, server.port, list(requests), per_s)
    command = [sys.executable, "-m", "benchmarks.sender"]
    done = subprocess.run(command, cwd=ROOT, input=pickle.dumps(load), stdout=subprocess.PIPE, check=True)  # noqa: S603 (our own module)
    report = Report(*pickle.loads(done.stdout))  # noqa: S301 (our own process wrote it)
    if report.failure is not None:
        raise UnexpectedAnswerError(report.failure.decode(errors="replace"))
    return report


def ask(server: Served, path: str) -> Any:
    """The JSON that a GET answers; not for measuring.

    Raises:
        UnexpectedAnswerError: it was no success.
    """
    connection = HTTPConnection(server.host, server.port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise UnexpectedAnswerError(content[:2000].decode(errors="replace"))
    return json.loads(content)
