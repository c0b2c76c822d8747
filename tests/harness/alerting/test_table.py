"""The table of alerts: the runbook's own figures, what Prometheus is given, and tables that do not fit together."""

from pathlib import Path

import msgspec
import pytest

from harness.alerting import Rules, Series, State
from harness.alerting.functions import divided, histogram_quantile, rate
from harness.alerting.scraping import samples_of
from harness.core.errors import UsageError
from harness.run.alert_watch import SCALE_VARIABLE, scaled_table, time_scale
from system.metrics import Metrics
from tests.promtool import ran
from topology.alerts import Severity, load_alerts
from topology.model import TopologyError

ROOT = Path(__file__).parents[3]
RUNBOOK = {
    "payment_processing_rate": ("<", 5, 1),
    "payment_success_rate": ("<", 95, 90),
    "payment_processing_latency": (">", 3, 8),
    "refund_processing_latency": (">", 5, 15),
    "gateway_error_rate": (">", 2, 5),
    "fraud_detection_latency": (">", 1, 3),
}
"""As the PaymentService runbook has them, typed in from it."""
ALERTS = {
    "PaymentServiceHighErrorRate": "High Error Rate",
    "PaymentServiceGatewayFailure": "Payment Gateway Issues",
    "PaymentServiceHighLatency": "High Latency",
    "PaymentServiceDatabaseIssues": "Database Issues",
}


def test_the_six_metrics_have_the_runbooks_thresholds() -> None:
    found = {item.metric: (item.worse, item.warning, item.critical) for item in load_alerts().indicators}
    assert {metric: found[metric] for metric in RUNBOOK} == RUNBOOK
    assert set(found) - set(RUNBOOK) == {"database_unavailability"}


def test_the_four_alerts_lead_to_the_runbooks_guides() -> None:
    assert {item.name: item.guide for item in load_alerts().alerts} == ALERTS


def test_every_series_of_the_table_is_shown_by_a_process_from_the_start() -> None:
    shown = Metrics(["stripe"]).render(load_alerts().series()).decode()
    assert {name for name, _, _ in samples_of(shown, load_alerts().series())} == set(load_alerts().series())


@pytest.mark.promtool
def test_prometheus_takes_the_rules() -> None:
    assert "rules found" in ran("check", "rules", str(ROOT / "docker" / "prometheus" / "alerts.yml"))


def test_a_threshold_is_passed_not_reached() -> None:
    few, slow = load_alerts().indicators[0], load_alerts().indicators[2]
    assert few.breached(4.9, Severity.WARNING)
    assert not few.breached(5, Severity.WARNING)
    assert slow.breached(8.1, Severity.CRITICAL)
    assert not slow.breached(8, Severity.CRITICAL)
    assert not any(item.breached(float("nan"), severity) for item in load_alerts().indicators for severity in Severity)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("critical = 1\n", "critical = 6\n", "worse than what warns"),
        ('alert = "PaymentServiceHighErrorRate"\n', 'alert = "Nobody"\n', "there is no alert 'Nobody'"),
        ("for_s = 60", "for_s = 0", "for_s"),
        ('kind = "per_minute"', 'kind = "per_hour"', "kind"),
        ('"gateway_error_rate"', '"payment_success_rate"', "more than one indicator"),
    ],
)
def test_a_table_that_does_not_fit_together_is_refused(tmp_path: Path, before: str, after: str, told: str) -> None:
    text = (ROOT / "system" / "alerts.toml").read_text()
    assert before in text
    (tmp_path / "alerts.toml").write_text(text.replace(before, after, 1))
    with pytest.raises(TopologyError, match=told):
        load_alerts(tmp_path)


def test_one_setting_scales_all_times_and_no_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SCALE_VARIABLE, "0.1")
    table, full = scaled_table(), load_alerts()
    assert (table.window_s, table.interval_s) == (full.window_s / 10, full.interval_s / 10)
    unscaled = [msgspec.structs.replace(item, for_s=item.for_s * 10) for item in table.indicators]
    assert unscaled == list(full.indicators)


@pytest.mark.parametrize("text", ["soon", "0", "-1", "2"])
def test_a_scale_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(SCALE_VARIABLE, text)
    with pytest.raises(UsageError, match=SCALE_VARIABLE):
        time_scale()


def test_a_counter_that_began_anew_grew_all_the_same() -> None:
    assert rate([(0, 100.0), (10_000, 110.0), (20_000, 5.0)], 20_000, 20_000) == pytest.approx(15 / 20)
    assert rate([(0, 1.0)], 0, 1000) is None


def test_nothing_out_of_nothing_is_no_number() -> None:
    assert divided(0, 0) != divided(0, 0)
    assert divided(1, 0) == float("inf")


def test_a_quantile_lies_within_its_bucket() -> None:
    buckets = {1.0: 0.0, 3.0: 10.0, float("inf"): 20.0}
    assert histogram_quantile(0.25, buckets) == pytest.approx(2.0)
    assert histogram_quantile(0.95, buckets) == 3.0


def test_an_alert_waits_for_its_time_and_is_over_at_once() -> None:
    series = Series()
    rules, seen = Rules(load_alerts(), series), []
    for step in range(16):
        down = 3 <= step < 12
        series.scraped("api1", step * 10_000, [("database_up", {}, 0.0 if down else 1.0)])
        rules.evaluate(step * 10_000)
        seen.append(next(item.state for item in rules.states() if item.metric == "database_unavailability"))
    assert seen == [State.INACTIVE] * 3 + [State.PENDING] * 3 + [State.FIRING] * 6 + [State.INACTIVE] * 4


def test_a_process_that_cannot_be_asked_shows_nothing() -> None:
    series = Series()
    series.scraped("api1", 0, [("database_up", {}, 1.0)])
    series.not_scraped("api1", 10_000)
    assert series.at("database_up", 5_000)
    assert not series.at("database_up", 10_000)
