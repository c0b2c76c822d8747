"""Many runs over time: grouped, in order, and nothing left out in silence."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from harness.comparing.figures import named
from harness.comparing.trend import Group, Line, Point, groups_of, read_point
from reports.trends import csv as as_csv
from reports.trends import html, text
from tests.harness.conftest import Run
from tests.reports import run_folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    for seed in (7, 8):
        run_folder.build(root / f"run-{seed}", seed=seed, duration_s=40)
    (root / "notes").mkdir()
    damaged = root / "run-9"
    damaged.mkdir()
    (damaged / "plan.json").write_text("{")
    return root


def point(name: str, made_at: str, group: str = "calm, embedded", **values: float) -> Point:
    return Point(name, made_at, group, "PASS", values)


def test_groups_are_in_order_of_time_and_what_is_missing_is_none() -> None:
    groups = groups_of(
        [
            point("b", "2026-01-02T00:00:00Z", p50=2.0, recovery=1.0),
            point("a", "2026-01-01T00:00:00Z", p50=1.0),
            point("c", "2026-01-03T00:00:00Z", group="brownout, embedded", capacity=9.0),
        ]
    )
    assert [group.name for group in groups] == ["brownout, embedded", "calm, embedded"]
    assert [item.name for item in groups[1].points] == ["a", "b"]
    assert {line.figure.name: line.values for line in groups[1].lines} == {"p50": (1.0, 2.0), "recovery": (None, 1.0)}


def test_bars_reach_from_the_least_to_the_greatest() -> None:
    assert text.bars([1.0, None, 2.0, 8.0]) == "▁·▂█"
    assert text.bars([5.0, 5.0]) == "▄▄"
    assert text.bars([None]) == "·"


def test_whatever_cannot_be_read_is_said_and_the_rest_is_shown(runs: Path, faultline: Run, tmp_path: Path) -> None:
    page = tmp_path / "trend.html"
    code, out, err = faultline("trend", *sorted(map(str, runs.iterdir())), "--html", str(page))
    assert code == 2
    assert "left out:" in err
    assert "notes is neither a run's folder nor a capacity report" in err
    assert "run-9" in err
    assert "primary_gateway_outage" in out
    assert "2 runs" in out
    assert re.search(r"p99 +[▁-█]{2} ", out)
    assert page.read_text().count('class="plot"') == out.count("\n") - 4


def test_json_and_csv_have_the_same_numbers(runs: Path, faultline: Run) -> None:
    folders = [str(runs / f"run-{seed}") for seed in (7, 8)]
    code, out, _ = faultline("trend", *folders, "--json")
    assert code == 0
    (group,) = json.loads(out)
    told = {(run["run"], name): value for run in group["runs"] for name, value in run["figures"].items()}
    _, out, _ = faultline("trend", *folders, "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert tuple(rows[0]) == as_csv.COLUMNS
    assert {(row["run"], row["figure"]): float(row["value"]) for row in rows} == told


def test_the_page_needs_nothing_else_and_survives_any_name(runs: Path) -> None:
    read = read_point(runs / "run-7")
    strange = Point("</script><b>", "not a time", read.group, "PASS", read.values, ("a <doubt>",))
    page = html.render(groups_of([read, strange]))
    assert "</script><b>" not in page
    assert "a &lt;doubt&gt;" in page
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", page)
    assert not re.search(r"url\(\s*['\"]?https?:|@import", page)


def test_one_run_is_a_trend_too() -> None:
    line = Line(named("p50"), (3.0,))
    told = text.render([Group("calm, embedded", (point("a", "2026-01-01T00:00:00Z", p50=3.0),), (line,))])
    assert "1 run," in told
    assert "3.0 ms" in told
