"""Two capacity reports are compared by the intervals that they state."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.comparing import Outcome, check, compare, parse_limit
from harness.comparing.sources import read_side
from harness.core.errors import UsageError
from reports.comparisons import json as as_json
from reports.comparisons import text
from tests.harness.comparing.histories import run, side

Write = Callable[..., Path]


@pytest.fixture
def report(tmp_path: Path) -> Write:
    """Write a report with a healthy case of that limit, and further ones; return its folder."""

    def write(name: str, limit: float, **cases: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        made = [case("healthy", limit), *(case(each, value) for each, value in cases.items())]
        document = {"schema_version": 1, "name": name, "target": "embedded", "slo": "p99=300ms", "cases": made}
        (folder / "capacity.json").write_text(json.dumps(document))
        return folder

    return write


def case(name: str, limit: float | None, judged: str = "PASS") -> dict[str, Any]:
    lo, hi = (None, None) if limit is None else (limit * 0.95, limit * 1.05)
    around = {"lo_per_s": lo, "hi_per_s": hi}
    kind = "none" if limit is None else "limit"
    answer = {"kind": kind, "estimate_per_s": limit, "confidence": 0.85, **around}
    return {"name": name, "answer": answer, "judged": judged, "violated": ["I1"] if judged == "FAIL" else []}


def test_the_same_limit_is_no_change_and_half_of_it_is_one(report: Write) -> None:
    first, same = read_side(report("a", 100.0)), read_side(report("b", 101.0))
    assert compare(first, same).changed == ()
    (item,) = compare(first, read_side(report("c", 50.0))).changed
    assert (item.figure.name, item.outcome) == ("capacity", Outcome.WORSE)
    assert item.change is not None
    assert item.change.lo < -0.5 < item.change.hi < -0.4
    (item,) = compare(first, read_side(report("d", 200.0))).changed
    assert item.outcome is Outcome.BETTER


def test_every_case_is_compared_and_more_of_them_make_wider_intervals(report: Write) -> None:
    alone = compare(read_side(report("a", 100.0)), read_side(report("b", 80.0)))
    several = compare(
        read_side(report("c", 100.0, gateway_slow=60.0, standby_gone=None)),
        read_side(report("d", 80.0, gateway_slow=59.0, standby_gone=20.0)),
    )
    told = {item.figure.name: item for item in several.differences}
    assert set(told) == {"capacity", "capacity:gateway_slow", "capacity:standby_gone"}
    assert told["capacity"].change.hi > alone.differences[0].change.hi
    assert told["capacity:standby_gone"].reason == "the first: it has no limit, but: none"
    assert told["capacity:gateway_slow"].outcome is not Outcome.WORSE


def test_a_rate_at_which_money_goes_wrong_is_no_capacity(report: Write) -> None:
    folder = report("a", 100.0)
    document = json.loads((folder / "capacity.json").read_text())
    document["cases"][0] = case("healthy", 300.0, judged="FAIL")
    (folder / "capacity.json").write_text(json.dumps(document))
    (item,) = compare(read_side(report("b", 100.0)), read_side(folder)).differences
    assert item.outcome is Outcome.NOT_JUDGED
    assert "I1" in item.reason


def test_a_limit_of_capacity_is_held_and_told(report: Write) -> None:
    found = compare(read_side(report("a", 100.0, x=10.0)), read_side(report("b", 50.0, x=10.0)))
    limits = [parse_limit(each) for each in ("capacity<-10%", "capacity:x<-10%", "capacity:y<-10%")]
    held = check(found, limits)
    assert [item.broken for item in held] == [True, False, None]
    assert "100.00/s" in text.render(found, held)
    assert json.loads(as_json.render(found, held))["figures"][0]["name"] == "capacity"


def test_what_is_not_of_a_kind_or_damaged_is_refused(report: Write, tmp_path: Path) -> None:
    folder = report("a", 100.0)
    with pytest.raises(UsageError, match="no figure in common"):
        compare(read_side(folder), side("b", run(1)))
    with pytest.raises(UsageError, match="has no part during"):
        read_side(folder, "during")
    (tmp_path / "other.json").write_text('{"schema_version": 1}')
    with pytest.raises(UsageError, match="is no capacity report"):
        read_side(tmp_path / "other.json")
