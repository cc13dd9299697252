"""Counters and gauges of one service, in the form Prometheus reads."""

from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

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
        self._positions = Gauge(
            "fundtrail_projection_position",
            "Last position in the views.",
            ["ledger", "projection"],
            registry=self.registry,
        )
        self._lags = Gauge(
            "fundtrail_projection_lag_events",
            "Events that the views are behind the log.",
            ["ledger", "projection"],
            registry=self.registry,
        )

        # Finding a counter by its labels takes longer than counting; there are as many as there are combinations.
        self._counter = cache(self._requests.labels)
        self._histogram = cache(self._seconds.labels)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one answered request."""
        self._counter(method, route, status).inc()
        self._histogram(method).observe(seconds)

    def set_projection(self, ledger_id: str, name: str, position: int, lag: int) -> None:
        """Notes where a projection stands in a ledger."""
        self._positions.labels(ledger_id, name).set(position)
        self._lags.labels(ledger_id, name).set(lag)

    def text(self) -> bytes:
        """Everything counted so far."""
        return generate_latest(self.registry)
