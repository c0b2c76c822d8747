"""What a process counts and times, in the Prometheus text. Latencies are seconds; shares and rates are left to readers.

Nothing here has a window of its own: a rate or a share over any stretch of time follows from counters.
"""

from collections.abc import Collection, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5, 8, 15)
STATES = ("closed", "half_open", "open")
OUTCOMES = ("succeeded", "declined", "refused", "failed")


def outcome_of(status_code: int) -> str:
    """Say how a request for money ended, by its answer.

    ``failed`` is what this service owes: it could not say what became of the payment, or could not take it. A decline
    is a word about a card, and a refusal one about the request.
    """
    if status_code >= 500:
        return "failed"
    if status_code == 402:
        return "declined"
    return "refused" if status_code >= 400 else "succeeded"


class Metrics:
    """One registry for each process."""

    def __init__(self, gateways: Iterable[str] = ()) -> None:
        """``gateways`` are those that are counted from the start, at 0: a rate needs a first value."""
        self.registry = CollectorRegistry()
        registry = self.registry
        self.payments = Counter("payments", "Requests for money that were answered", ["outcome"], registry=registry)
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
        self.gateway_answers = Counter(
            "gateway_answers", "Gateway calls by how the breaker counts them", ["gateway", "result"], registry=registry
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
        self.database_up = Gauge(
            "database_up", "1 while this process can work with its database, else 0", registry=registry
        )
        self.backlog = Gauge("backlog", "Unfinished work in the database", ["kind"], registry=registry)
        self.planted_bug_reached = Gauge(
            "planted_bug_reached_total", "How often a planted bug's changed behaviour was reached", registry=registry
        )
        self.retries_refused = Counter(
            "gateway_retries_refused", "Re-sends that the retry budget did not allow", registry=registry
        )
        for outcome in OUTCOMES:
            self.payments.labels(outcome)
        for gateway in gateways:
            for result in ("ok", "failed"):
                self.gateway_answers.labels(gateway, result)

    def payment(self, seconds: float, status_code: int, *, refund: bool = False) -> None:
        """Count one request for money that was answered, whatever the answer."""
        self.payments.labels(outcome_of(status_code)).inc()
        (self.refund_latency if refund else self.payment_latency).observe(seconds)

    def call(self, gateway: str, kind: str, knowledge: str, seconds: float, failed: bool) -> None:
        """Count one gateway call. ``failed`` is what the breaker is told: no answer, a late one, or an error."""
        self.gateway_calls.labels(gateway, kind, knowledge).inc()
        self.gateway_answers.labels(gateway, "failed" if failed else "ok").inc()
        self.gateway_latency.labels(gateway).observe(seconds)

    def breaker(self, gateway: str, operation_class: str, state: str) -> None:
        """Show a breaker's state."""
        for name in STATES:
            self.breaker_state.labels(gateway, operation_class, name).set(name == state)

    def render(self, names: Collection[str] = ()) -> bytes:
        """The Prometheus text: of all there is, or of the series with these ``names``."""
        if names:
            return generate_latest(self.registry.restricted_registry(list(names)))
        return generate_latest(self.registry)
