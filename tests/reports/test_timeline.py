"""What the timeline is made of, checked against the made-up run."""

import itertools
import json

import pytest

from harness.core.evidence import Evidence
from harness.core.plain import json_text
from reports.timeline.data import timeline
from tests.reports import run_folder


@pytest.fixture
def data(sound_run: Evidence):
    return json.loads(json_text(timeline(run_folder.passed(), sound_run).data))


def test_every_series_has_one_value_for_each_second(data) -> None:
    series = [*data["rates"].values(), *data["latency"].values(), *data["share"].values()]
    assert {len(values) for values in series} == {len(data["seconds"])}


def test_offered_holds_through_the_outage_while_good_dips_and_returns(data) -> None:
    rates = data["rates"]
    assert rates["offered"][10] == rates["offered"][16] == 50
    assert rates["good"][16] < 45
    assert rates["good"][45] >= 48
    assert sum(rates["good"]) <= sum(rates["achieved"]) <= sum(rates["offered"]) == 3000


def test_a_rightly_declined_card_counts_as_good(data, sound_run: Evidence) -> None:
    declined = sound_run.count("SELECT count(*) FROM history WHERE outcome = 'FAILED' AND expect = 'decline'")
    unknown = sound_run.count("SELECT count(*) FROM history WHERE outcome = 'UNKNOWN'")
    assert declined > 50
    assert sum(data["rates"]["good"]) == 3000 - unknown


def test_percentiles_are_exact_and_in_order(data, sound_run: Evidence) -> None:
    waits = sorted(
        row["wait"]
        for row in sound_run.rows(
            "SELECT (done_us - due_us) / 1000.0 AS wait FROM history WHERE kind = 'create' "
            f"AND due_us - {sound_run.t0_us} BETWEEN 20000000 AND 20999999"
        )
    )
    latency = data["latency"]
    assert latency["p50"][20] == pytest.approx((waits[24] + waits[25]) / 2, abs=0.01)
    assert latency["p50"][20] <= latency["p95"][20] <= latency["p99"][20] <= waits[-1]


def test_the_heat_map_holds_every_request_once(data) -> None:
    heat = data["heat"]
    assert sum(number for _, _, number in heat["cells"]) == 3000
    assert all(0 <= place < heat["bins"] for _, place, _ in heat["cells"])


def test_traffic_moves_to_the_other_gateway_and_back(data) -> None:
    share = data["share"]
    assert (share["stripe"][5], share["paypal"][5]) == (50, 0)
    assert (share["stripe"][25], share["paypal"][25]) == (0, 50)
    assert share["stripe"][45] == 50


def test_breaker_bands_tile_the_whole_axis(data) -> None:
    (breaker,) = data["breakers"]
    bands = breaker["bands"]
    assert [bands[0]["from"], bands[-1]["to"]] == [0, len(data["seconds"])]
    assert all(one["to"] == other["from"] for one, other in itertools.pairwise(bands))
    assert {"closed", "open", "half_open"} == {band["state"] for band in bands}


def test_alerts_are_bands_of_their_worst_rule(data) -> None:
    failing, quiet = data["alerts"]
    assert [band["state"] for band in failing["bands"]] == ["inactive", "pending", "firing", "inactive"]
    assert [band["state"] for band in quiet["bands"]] == ["inactive"]
    assert [failing["bands"][0]["from"], failing["bands"][-1]["to"]] == [0, len(data["seconds"])]


def test_a_run_without_evidence_has_sentences_instead_of_charts(bare_run: Evidence) -> None:
    drawn = timeline(run_folder.passed(), bare_run)
    assert drawn.data is None
    assert "Not collected" in drawn.missing["all"]
