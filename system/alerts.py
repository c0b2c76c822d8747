"""The runbook's table of six metrics as data: what warns, what is critical, and the alert rules made from it.

``python -m system.alerts`` prints a rule file for Prometheus. The thresholds live here and nowhere else.
"""

import json
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from system.json_body import PlainObject

EVALUATED_FOR = "30s"
"""How long a value must be bad before anybody is told."""


class Severity(StrEnum):
    """How bad: somebody should look, or somebody must act."""

    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One row of the runbook's table. ``expression`` gives its value, over all processes, in the unit of the row."""

    metric: str
    meaning: str
    expression: str
    worse: Literal["<", ">"]
    warning: float
    critical: float
    unit: str
    alert: str
    """The alert of the runbook's second table whose steps to follow."""

    def threshold(self, severity: Severity) -> float:
        """The value beyond which it is that bad."""
        return self.warning if severity is Severity.WARNING else self.critical

    def breached(self, value: float, severity: Severity) -> bool:
        """Whether a value is that bad; no value at all (NaN) never is."""
        limit = self.threshold(severity)
        return value < limit if self.worse == "<" else value > limit


def _p95(metric: str) -> str:
    return f"histogram_quantile(0.95, sum by (le) (rate({metric}_bucket[1m])))"


INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "payment_processing_rate", "Payments processed per minute",
        "sum(payment_processing_rate)",
        "<", 5, 1, "per minute", "PaymentServiceHighErrorRate",
    ),
    Indicator(
        "payment_success_rate", "Percentage of successful payments",
        "100 * sum(payment_success_rate * payment_processing_rate) / sum(payment_processing_rate)",
        "<", 95, 90, "%", "PaymentServiceHighErrorRate",
    ),
    Indicator(
        "payment_processing_latency", "Time to process a payment (95th percentile)",
        _p95("payment_processing_latency"), ">", 3, 8, "s", "PaymentServiceHighLatency",
    ),
    Indicator(
        "refund_processing_latency", "Time to process a refund (95th percentile)",
        _p95("refund_processing_latency"), ">", 5, 15, "s", "PaymentServiceHighLatency",
    ),
    Indicator(
        "gateway_error_rate", "Payment gateway errors (of the process with most)",
        "100 * max(gateway_error_rate)", ">", 2, 5, "%", "PaymentServiceGatewayFailure",
    ),
    Indicator(
        "fraud_detection_latency", "Time for fraud checks (95th percentile)",
        _p95("fraud_detection_latency"), ">", 1, 3, "s", "PaymentServiceHighLatency",
    ),
)  # fmt: skip


def rule(indicator: Indicator, severity: Severity) -> PlainObject:
    """One alert rule as Prometheus reads it."""
    name = "".join(word.capitalize() for word in indicator.metric.split("_")) + severity.capitalize()
    limit = f"{indicator.threshold(severity):g}"
    return {
        "alert": name,
        "expr": f"{indicator.expression} {indicator.worse} {limit}",
        "for": EVALUATED_FOR,
        "labels": {"severity": str(severity), "metric": indicator.metric},
        "annotations": {
            "summary": f"{indicator.meaning}: {{{{ $value }}}} is {indicator.worse} {limit} {indicator.unit}",
            "runbook": indicator.alert,
        },
    }


def rule_file() -> str:
    """Every rule, as JSON, which is YAML too."""
    rules = [rule(indicator, severity) for indicator in INDICATORS for severity in Severity]
    return json.dumps({"groups": [{"name": "runbook", "rules": rules}]}, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(rule_file())
