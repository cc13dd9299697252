"""A process with few open files takes fewer connections, instead of failing requests for want of a file."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx

from tests.support.caller import UNIT, new_caller
from tests.support.effort import full_only
from tests.support.processes import FUNDTRAIL, ROOT, answering
from tests.support.raw import connected, exchanged, request

OPEN_FILES = 400
HALF_HEADS = 600


def test_the_limit_of_connections_follows_that_of_open_files() -> None:
    program = (
        "import resource; from api.open_files import KEPT_FREE, connections_within;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, (100, {OPEN_FILES}));"
        f"assert connections_within(1_000) == {OPEN_FILES} - KEPT_FREE;"
        "assert connections_within(10) == 10;"
        f"assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == {OPEN_FILES}"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True)  # noqa: S603 (our own)


@full_only
def test_half_heads_beyond_the_open_files_leave_room_for_honest_callers(tmp_path: Path, sqlite_url: str) -> None:
    limited = ["/bin/sh", "-c", f'ulimit -n {OPEN_FILES}; exec "$@"', "sh", *FUNDTRAIL, "serve", "--host", "127.0.0.1"]
    with answering([], tmp_path, sqlite_url, program=limited) as server, ExitStack() as stack:
        for _ in range(HALF_HEADS):
            connection = stack.enter_context(connected(server.url))
            connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        with httpx.Client(base_url=server.url) as client:
            caller = new_caller(client)
            caller.record("/units", UNIT)
            caller.read("/units")
        answer = exchanged(server.url, request("GET", "/readyz", Connection="close"))
        assert answer is not None
        assert answer.status == 200, answer.body
        assert "Too many open files" not in server.said()
