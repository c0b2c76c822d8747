"""The runbook's table, as data and as Prometheus reads it."""

import json
import math
import re

from system.alerts import INDICATORS, Severity, rule_file
from system.metrics import Metrics

RUNBOOK = {
    "payment_processing_rate": ("<", 5, 1),
    "payment_success_rate": ("<", 95, 90),
    "payment_processing_latency": (">", 3, 8),
    "refund_processing_latency": (">", 5, 15),
    "gateway_error_rate": (">", 2, 5),
    "fraud_detection_latency": (">", 1, 3),
}


def test_the_six_metrics_have_the_runbooks_thresholds() -> None:
    assert {item.metric: (item.worse, item.warning, item.critical) for item in INDICATORS} == RUNBOOK


def test_there_is_a_warning_and_a_critical_rule_for_each() -> None:
    (group,) = json.loads(rule_file())["groups"]
    found = [(rule["labels"]["metric"], rule["labels"]["severity"]) for rule in group["rules"]]
    assert sorted(found) == sorted((metric, str(severity)) for metric in RUNBOOK for severity in Severity)
    assert len({rule["alert"] for rule in group["rules"]}) == 12


def test_every_rule_asks_for_metrics_that_a_process_shows() -> None:
    shown = Metrics().render().decode()
    for indicator in INDICATORS:
        for name in re.findall(r"[a-z]+_[a-z]+_[a-z_]+", indicator.expression.replace("histogram_quantile", "")):
            assert f"\n{name}" in shown, name


def test_a_threshold_is_passed_not_reached() -> None:
    rate = INDICATORS[0]
    assert rate.breached(4.9, Severity.WARNING)
    assert not rate.breached(5, Severity.WARNING)
    assert not rate.breached(4.9, Severity.CRITICAL)
    latency = INDICATORS[2]
    assert latency.breached(8.1, Severity.CRITICAL)
    assert not latency.breached(8, Severity.CRITICAL)


def test_no_value_breaches_nothing() -> None:
    assert not any(item.breached(math.nan, severity) for item in INDICATORS for severity in Severity)
