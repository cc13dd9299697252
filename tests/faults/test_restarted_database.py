"""PostgreSQL is restarted again and again while clerks write: nobody loses a command, or is told a wrong thing."""

from pathlib import Path

from tests.support.cluster import FAST, IMMEDIATE, KILL, cluster
from tests.support.effort import effort
from tests.support.http_writes import open_lines
from tests.support.processes import serving
from tests.support.steady_clerks import LINES, assert_kept, writing
from tests.support.whole_log import assert_sound

WAYS = (FAST, IMMEDIATE, KILL)
RESTARTS = effort(quick=3, full=24)
COMMANDS_BETWEEN = effort(quick=60, full=450)
BATCH_SIZE = 10


def test_restarts_lose_nothing_double_nothing_and_refuse_nothing_wrongly(tmp_path: Path) -> None:
    with cluster() as server, serving(tmp_path, server.url) as service:
        open_lines(service.url, LINES)
        with writing(service.url, batch_size=BATCH_SIZE) as clerks:
            for restart in range(RESTARTS):
                clerks.wait_for(COMMANDS_BETWEEN)
                server.end(WAYS[restart % len(WAYS)])
                server.start()
            clerks.wait_for(COMMANDS_BETWEEN)
        events = assert_kept(server.url, clerks.settled)
        print(  # noqa: T201 (the counts are what the test shows)
            f"{RESTARTS} restarts (fast, immediate, kill -9 in turn): {clerks.acknowledged} commands acknowledged, "
            f"{len(events)} events, 0 lost, 0 half, 0 double, 0 false conflicts; answers {dict(clerks.answers)}; "
            f"longest wait {clerks.longest_s:.1f} s"
        )
        assert_sound(server.url, "qingshi", tmp_path)
