"""The projector's process is killed under a server: it is started again, and if nobody does, /readyz says so."""

import os
import signal
import sys
from pathlib import Path

import httpx
import pytest

from api.languages import Language
from api.readiness import STANDSTILL_S, Readiness
from tests.support.caller import UNIT, new_caller
from tests.support.effort import effort
from tests.support.http_writes import BASE, caller, open_lines, payment, single
from tests.support.processes import DEADLINE_S, serving, wait_for
from tests.support.server import running_server

KILLS = effort(quick=1, full=5)


@pytest.mark.skipif(sys.platform != "linux", reason="the children of a process are read from /proc")
def test_a_killed_projector_is_started_again_by_its_server(sqlite_url: str, tmp_path: Path) -> None:
    with serving(tmp_path, sqlite_url) as server, caller(server.url) as clerk:
        open_lines(server.url, {"L0": "100.00"})
        killed: set[int] = set()
        with httpx.Client(base_url=server.url, timeout=DEADLINE_S) as client:
            for kill in range(KILLS):
                wait_for("there is a projector", lambda: bool(projectors(server.process.pid) - killed), server)
                (pid,) = projectors(server.process.pid) - killed
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
                clerk.record(single(f"p{kill}", "/disbursements", payment("L0", "1.00", f"V{kill}")))
                wait_for("the views go on", lambda: client.get(f"{BASE}/lines/L0").status_code == 200, server)
                assert client.get(f"{BASE}/lines/L0").json()["available"] == f"{99 - kill}.00"
            assert client.get("/readyz").status_code == 200
    print(f"projector killed {len(killed)} times under a server: started again each time")  # noqa: T201 (the count is what the test shows)


def projectors(pid: int) -> set[int]:
    """The children of a process that are projectors."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = {int(child) for task in tasks for child in task.read_text("ascii").split()}
    return {child for child in children if b"api.projector_child" in Path(f"/proc/{child}/cmdline").read_bytes()}


def test_views_that_nobody_moves_are_said_to_stand_still(sqlite_url: str) -> None:
    now = [0.0]
    with running_server(sqlite_url, projector=False) as server:
        services = server.services
        readiness = Readiness(
            services.projector.status,
            services.transparency,
            services.access_log,
            lambda: None,
            lambda: None,
            lambda: None,
            lambda: now[0],
        )
        ledger = new_caller(server.client)
        services.projector.catch_up(ledger.ledger_id)
        assert readiness.look(Language.ENGLISH, stopping=False)["ready"]
        ledger.record("/units", UNIT)
        assert readiness.look(Language.ENGLISH, stopping=False)["ready"], "a moment behind is no standstill"
        now[0] += STANDSTILL_S
        found = readiness.look(Language.ENGLISH, stopping=False)
        (said,) = found["problems"]
        assert (found["projections"], said["code"], said["lag_events"]) == (False, "projection-standstill", 1)
        assert said["detail"].startswith("2 views are behind and do not move")
        services.projector.catch_up(ledger.ledger_id)
        assert readiness.look(Language.ENGLISH, stopping=False)["ready"]
