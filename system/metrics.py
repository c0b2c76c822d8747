"""The runbook's six metrics, and what explains them. Latencies in seconds, rates as ratios or per minute."""

import time
from collections import deque

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5, 8, 15)
WINDOW_S = 60.0
STATES = ("closed", "half_open", "open")


class _Share:
    """Good over all within the last minute; counts kept by second so that it stays cheap."""

    def __init__(self) -> None:
        self._slots: deque[list[float]] = deque()

    def add(self, good: bool) -> None:
        second = int(time.monotonic())
        if not self._slots or self._slots[-1][0] != second:
            self._slots.append([second, 0, 0])
        self._slots[-1][1] += good
        self._slots[-1][2] += 1
        self._trim()

    def _trim(self) -> None:
        while self._slots and self._slots[0][0] <= time.monotonic() - WINDOW_S:
            self._slots.popleft()

    def total(self) -> float:
        self._trim()
        return sum(slot[2] for slot in self._slots)

    def share(self, empty: float) -> float:
        total = self.total()
        return sum(slot[1] for slot in self._slots) / total if total else empty


class Metrics:
    """One registry for each process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._payments = _Share()
        self._calls = _Share()
        registry = self.registry
        Gauge("payment_processing_rate", "Payments processed per minute", registry=registry).set_function(
            self._payments.total
        )
        Gauge(
            "payment_success_rate", "Share of successful payments in the last minute", registry=registry
        ).set_function(lambda: self._payments.share(1.0))
        Gauge("gateway_error_rate", "Share of failed gateway calls in the last minute", registry=registry).set_function(
            lambda: 1.0 - self._calls.share(1.0)
        )
        self.payment_latency = Histogram(
            "payment_processing_latency", "Seconds to process a payment", buckets=BUCKETS, registry=registry
        )
        self.refund_latency = Histogram(
            "refund_processing_latency", "Seconds to process a refund", buckets=BUCKETS, registry=registry
        )
        self.fraud_latency = Histogram(
            "fraud_detection_latency",
            "Seconds for fraud checks (none yet)",
            buckets=BUCKETS,
            registry=registry,
        )
        self.gateway_calls = Counter(
            "gateway_calls", "Gateway calls", ["gateway", "kind", "knowledge"], registry=registry
        )
        self.gateway_latency = Histogram(
            "gateway_call_latency", "Seconds of one gateway call", ["gateway"], buckets=BUCKETS, registry=registry
        )
        self.breaker_state = Gauge(
            "breaker_state",
            "1 for the state in which a breaker is",
            ["gateway", "operation_class", "state"],
            registry=registry,
        )
        self.backlog = Gauge("backlog", "Unfinished work in the database", ["kind"], registry=registry)
        self.planted_bug_reached = Gauge(
            "planted_bug_reached_total", "How often a planted bug's changed behaviour was reached", registry=registry
        )
        self.retries_refused = Counter(
            "gateway_retries_refused", "Re-sends that the retry budget did not allow", registry=registry
        )

    def payment(self, seconds: float, succeeded: bool) -> None:
        """Count one processed payment."""
        self.payment_latency.observe(seconds)
        self._payments.add(succeeded)

    def call(self, gateway: str, kind: str, knowledge: str, seconds: float, failed: bool) -> None:
        """Count one gateway call."""
        self.gateway_calls.labels(gateway, kind, knowledge).inc()
        self.gateway_latency.labels(gateway).observe(seconds)
        self._calls.add(not failed)

    def breaker(self, gateway: str, operation_class: str, state: str) -> None:
        """Show a breaker's state."""
        for name in STATES:
            self.breaker_state.labels(gateway, operation_class, name).set(name == state)

    def render(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)
