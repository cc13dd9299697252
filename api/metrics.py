"""Counters and gauges of one service, in the form Prometheus reads."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from projections.projector import ProjectionStatus

_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """`registry` is this service's own, so that two in one process do not count together."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "fundtrail_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "fundtrail_request_seconds",
            "Time from a request's head to its answer's head.",
            ["method"],
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self._lags = Gauge(
            "fundtrail_projection_lag_events",
            "Events that the views are behind the log, in the ledger where they are furthest behind.",
            ["projection"],
            registry=self.registry,
        )
        self._stalled = Gauge(
            "fundtrail_projection_stalled_ledgers",
            "Ledgers in which the views have halted at an event.",
            ["projection"],
            registry=self.registry,
        )

        # Finding a counter by its labels takes longer than counting; there are as many as there are combinations.
        self._counter = cache(self._requests.labels)
        self._histogram = cache(self._seconds.labels)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one answered request."""
        self._counter(method, route, status).inc()
        self._histogram(method).observe(seconds)

    def set_projections(self, statuses: Iterable[ProjectionStatus]) -> None:
        """Notes how far the projections have come. No ledger is named: whoever reads this may have no right in any."""
        lags: dict[str, int] = defaultdict(int)
        stalled: dict[str, int] = defaultdict(int)
        for status in statuses:
            lags[status.name] = max(lags[status.name], status.lag)
            stalled[status.name] += status.stalled_reason is not None
        for name, lag in lags.items():
            self._lags.labels(name).set(lag)
            self._stalled.labels(name).set(stalled[name])

    def text(self) -> bytes:
        """Everything counted so far."""
        return generate_latest(self.registry)
