"""How far the views lie behind the log while events come in at half the rate at which they could.

    python -m benchmarks.lag

Single writes over 64 connections to `fundtrail serve`: first as fast as they go, which gives the peak, then at half of
that. Meanwhile this process looks at the head of the log and at the position of the views, over and over. An event's
lag is the time from the look that first saw it in the log to the one that first saw it in the views.
"""

import threading
import time
from bisect import bisect_left
from statistics import median
from typing import Any, Final

from adapters.database import Database, open_database
from adapters.event_log.feed import SqlFeed
from benchmarks.machine import ROUNDS, load_average, say, summary, write_result
from benchmarks.requests import send
from benchmarks.servers import Served, databases, serve
from benchmarks.workload import FlowEvent, events, with_possible_reversals
from benchmarks.write_rates import CONNECTION_COUNT, open_ledger, single_calls
from projections import tracking

LEDGER: Final = "lag"
CALLS_PER_CONNECTION: Final = 48
LOOK_AGAIN_S: Final = 0.002
GOALS: Final = {"lag_p99_ms": 50.0}

Sight = tuple[float, int]
"""When a position was first seen."""


class Watch:
    """Looks at the log and at the views while the block runs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._feed = SqlFeed(database.log_reader)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.in_log: list[Sight] = []
        self.in_views: list[Sight] = []
        self.longest_look_s = 0.0

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # The views have everything by then: a read has waited for it.
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_AGAIN_S):
            begin = time.perf_counter()
            position = self._views_position()
            _note(self.in_views, position)
            _note(self.in_log, self._feed.head(LEDGER))
            self.longest_look_s = max(self.longest_look_s, time.perf_counter() - begin)

    def _views_position(self) -> int:
        with self._database.views_reader.begin() as connection:
            found = tracking.trackers(connection, tracking.active(connection), LEDGER)
        return min((tracker.position for tracker in found.get(LEDGER, [])), default=0)

    def lags_ms(self) -> list[float]:
        """Of each event that came in meanwhile, sorted."""
        first, last = self.in_log[0][1] + 1, self.in_views[-1][1]
        return sorted(
            max(_seen(self.in_views, position) - _seen(self.in_log, position), 0.0) * 1e3
            for position in range(first, last + 1)
        )


def _note(sights: list[Sight], position: int) -> None:
    if not sights or sights[-1][1] < position:
        sights.append((time.perf_counter(), position))


def _seen(sights: list[Sight], position: int) -> float:
    return sights[bisect_left(sights, position, key=lambda sight: sight[1])][0]


def wait_for_views(database: Database) -> None:
    """Returns when the views have everything; without asking the server, which would make its projector hurry."""
    feed, deadline = SqlFeed(database.log_reader), time.monotonic() + 60
    watch = Watch(database)
    while watch._views_position() < feed.head(LEDGER):  # noqa: SLF001 (the same look)
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(LOOK_AGAIN_S)


def measure(name: str, url: str, stream: list[FlowEvent]) -> dict[str, Any]:
    """The peak, then the lag at half of it, in turns."""
    queues = single_calls(LEDGER, stream)
    database = open_database(url)
    peaks: list[float] = []
    rates: list[float] = []
    p50s: list[float] = []
    p99s: list[float] = []
    looks: list[float] = []
    loads: list[list[float]] = []
    try:
        with serve(url) as server:
            open_ledger(server, LEDGER)
            for number in range(ROUNDS):
                loads.append(load_average())
                first, between = number * 2 * CALLS_PER_CONNECTION, (number * 2 + 1) * CALLS_PER_CONNECTION
                peaks.append(rate(server, [queue[first:between] for queue in queues], None))
                wait_for_views(database)
                with Watch(database) as watch:
                    part = [queue[between : between + CALLS_PER_CONNECTION] for queue in queues]
                    rates.append(rate(server, part, peaks[-1] / 2))
                    wait_for_views(database)
                lags = watch.lags_ms()
                p50s.append(median(lags))
                p99s.append(lags[len(lags) * 99 // 100])
                looks.append(watch.longest_look_s * 1e3)
                say(
                    f"{name} round {number + 1}: peak {peaks[-1]:.0f}/s, at {rates[-1]:.0f}/s"
                    f" lag {p50s[-1]:.1f} ms, p99 {p99s[-1]:.1f} ms, load {loads[-1][0]}"
                )
    finally:
        database.dispose()
    return {
        "peak_per_s": summary(peaks),
        "events_per_s": summary(rates),
        "lag_ms": summary(p50s, 1),
        "lag_p99_ms": summary(p99s, 1),
        "longest_look_ms": summary(looks, 1),
        "load_average": loads,
    }


def rate(server: Served, requests: list[list[bytes]], per_s: float | None) -> float:
    """Sends calls; how many were answered each second."""
    report = send(server, requests, per_s)
    return len(report.latencies_s) / report.elapsed_s


def main() -> None:
    """Measures, and records the result."""
    stream = with_possible_reversals(list(events(100_000)))
    with databases("ours") as kinds:
        measured = {name: measure(name, url, stream) for name, (url,) in kinds}
    conditions = {
        "events": f"{CALLS_PER_CONNECTION} calls on each of {CONNECTION_COUNT} connections, in each part of a round",
        "looks": f"every {LOOK_AGAIN_S * 1e3:g} ms and what a look takes; no reader waits, to make it hurry",
    }
    say(str(write_result("lag", {"goals": GOALS, "conditions": conditions, "measured": measured})))


if __name__ == "__main__":
    main()
