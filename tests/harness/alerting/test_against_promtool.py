"""The harness and Prometheus are shown the same invented days, and agree about every alert at every step."""

import json
from collections import Counter
from pathlib import Path

import pytest

from harness.alerting import Rules, Series, State
from harness.alerting.series import Key
from tests.harness.alerting.days import STEP_S, Day, a_day
from tests.promtool import ran
from topology.alerts import load_alerts

pytestmark = pytest.mark.promtool

RULES = Path(__file__).parents[3] / "docker" / "prometheus" / "alerts.yml"
STEPS = 100
SEEDS = (1, 2)
Standing = dict[tuple[str, str, str], State]


def evaluated(day: Day) -> list[Standing]:
    """Return how every alert stood after each step, as the harness has it."""
    series, found = Series(), []
    rules = Rules(load_alerts(), series)
    for step, shown in enumerate(day.shown):
        at_ms = step * STEP_S * 1000
        for process, values in shown.items():
            samples = [(key.name, dict(key.labels), value) for key, value in (values or {}).items()]
            series.scraped(process, at_ms, samples)
        series.forget(at_ms - 61_000)
        rules.evaluate(at_ms)
        found.append({(item.alert, item.metric, item.severity): item.state for item in rules.states()})
    return found


def as_series(day: Day) -> list[dict[str, str]]:
    """Return the same day as promtool reads it."""
    keys: dict[Key, None] = {key: None for shown in day.shown for values in shown.values() for key in values or {}}
    found = []
    for key in keys:
        process, seen, values = dict(key.labels)["instance"], False, []
        for shown in day.shown:
            told = (shown[process] or {}).get(key)
            values.append(f"{told:g}" if told is not None else "stale" if seen else "_")
            seen = seen or told is not None
        labels = ",".join(f'{name}="{value}"' for name, value in sorted(key.labels))
        found.append({"series": f"{key.name}{{{labels}}}", "values": " ".join(values)})
    return found


def expected(standings: list[Standing]) -> list[dict[str, object]]:
    """Return what promtool must find: after each step, every alert that is pending or firing and no other."""
    return [
        {
            "expr": "ALERTS",
            "eval_time": f"{step * STEP_S}s",
            "exp_samples": [
                {
                    "labels": f'ALERTS{{alertname="{alert}",alertstate="{state}",metric="{metric}",'
                    f'severity="{severity}"}}',
                    "value": 1,
                }
                for (alert, metric, severity), state in standing.items()
                if state is not State.INACTIVE
            ],
        }
        for step, standing in enumerate(standings)
    ]


def test_the_harness_and_prometheus_agree_at_every_step(tmp_path: Path) -> None:
    tests, moved = [], Counter[tuple[str, State]]()
    for seed in SEEDS:
        day = a_day(seed, STEPS)
        standings = evaluated(day)
        moved.update((metric, state) for standing in standings for (_, metric, _), state in standing.items())
        tests.append(
            {"interval": f"{STEP_S}s", "input_series": as_series(day), "promql_expr_test": expected(standings)}
        )
    shown = {metric for metric, state in moved if state is State.FIRING}
    assert shown >= {item.metric for item in load_alerts().indicators} - {"fraud_detection_latency"}
    assert {metric for metric, state in moved if state is State.PENDING} >= shown
    document = {"rule_files": [str(RULES)], "evaluation_interval": f"{STEP_S}s", "tests": tests}
    path = tmp_path / "days.yml"
    path.write_text(json.dumps(document))
    assert "SUCCESS" in ran("test", "rules", str(path))


def test_promtool_would_have_noticed(tmp_path: Path) -> None:
    day = a_day(1, 60)
    wrong = expected(evaluated(day))
    step = next(index for index, item in enumerate(wrong) if item["exp_samples"])
    wrong[step]["exp_samples"] = []
    tests = [{"interval": f"{STEP_S}s", "input_series": as_series(day), "promql_expr_test": wrong}]
    path = tmp_path / "days.yml"
    document = {"rule_files": [str(RULES)], "evaluation_interval": f"{STEP_S}s", "tests": tests}
    path.write_text(json.dumps(document))
    with pytest.raises(AssertionError, match="ALERTS"):
        ran("test", "rules", str(path))
