"""Recorded arrivals: read, refused with what is valid, scaled in time and rate, and replayed."""

import csv
import io
import random
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness import catalogue
from harness.core.arrivals import Recorded, dispersion
from harness.core.errors import UsageError
from loadtests.amounts import BUCKETS, draw_amount_minor
from loadtests.job import LoadJob, Merchant, job_of
from loadtests.plan import arrivals
from loadtests.recording import read_recording
from loadtests.recordings import RECORDINGS

HEAD = "time,kind,amount_bucket\n"
LINES = HEAD + "0.5,sale,small\n1.5,refund,\n1.5,sale,very_large\n9.5,decline,medium\n"


def written(folder: Path, text: str, name: str = "arrivals.csv") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_a_csv_file_is_read_from_its_first_arrival_on(tmp_path: Path) -> None:
    found = read_recording(written(tmp_path, LINES))
    assert found.offsets_us == (0, 1_000_000, 1_000_000, 9_000_000)
    assert found.kinds == ("sale", "refund", "sale", "decline")
    assert found.buckets == ("small", "", "very_large", "medium")
    assert found.length_us == 12_000_001  # one mean gap more than from the first to the last
    assert found.mix == {"decline": 1.0, "refund": 1.0, "sale": 2.0}


def test_a_parquet_file_with_dates_says_the_same(tmp_path: Path) -> None:
    times = [f"2026-11-27T06:00:{second}" for second in ("00.5", "01.5", "01.5", "09.5")]
    columns = {
        "time": pa.array(times).cast(pa.timestamp("us")),
        "kind": ["sale", "refund", "sale", "decline"],
        "amount_bucket": ["small", None, "very_large", "medium"],
        "more": [1, 2, 3, 4],
    }
    pq.write_table(pa.table(columns), tmp_path / "arrivals.parquet")
    found = read_recording(str(tmp_path / "arrivals.parquet"))
    same = read_recording(written(tmp_path, LINES))
    assert replace(found, name="", sha256="") == replace(same, name="", sha256="")


@pytest.mark.parametrize(
    ("text", "says", "hints"),
    [
        ("time,kind\n1,sale\n", "lacks the column amount_bucket", "time, kind, amount_bucket"),
        (HEAD, "has no rows", "at least one"),
        (HEAD + "2,sale,\n1,sale,\n", "row 2 comes before row 1", "sort"),
        (HEAD + "1,sail,\n", "row 1: unknown kind 'sail'", "sale"),
        (HEAD + "1,sale,\n2,sale,big\n", "row 2: unknown amount bucket 'big'", "very_large"),
        (HEAD + "noon,sale,\n", "row 1: 'noon' is no time", "seconds"),
        (HEAD + "nan,sale,\n", "row 1: 'nan' is no time", "seconds"),
        (HEAD + ",sale,\n", "is no time", "seconds"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_a_line(tmp_path: Path, text: str, says: str, hints: str) -> None:
    with pytest.raises(UsageError) as told:
        read_recording(written(tmp_path, text))
    assert says in str(told.value)
    assert "\n" not in str(told.value)
    assert hints in str(told.value.hint)


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_recording(written(tmp_path, "no parquet at all", "arrivals.parquet"))


def bursts(count: int = 400) -> Recorded:
    """Return arrivals that come four at once, every second."""
    offsets = tuple(1_000_000 * (k // 4) for k in range(count))
    return Recorded("bursts", "ab", offsets, ("sale",) * count, ("",) * count, 250_000 * count)


def test_scaling_in_time_keeps_every_arrival() -> None:
    found = bursts().lasting(25)
    assert len(found.offsets_us) == 400
    assert found.length_us == 25_000_000
    assert found.speed == pytest.approx(4)
    assert found.offsets_us[-1] == 99 * 250_000


@pytest.mark.parametrize("rate", [1.0, 2.5, 9.0])
def test_scaling_in_rate_keeps_the_time_and_is_the_same_each_time(rate: float) -> None:
    found = bursts().at_rate(rate)
    assert found == bursts().at_rate(rate)
    assert found.length_us == bursts().length_us
    assert found.rate_per_s == pytest.approx(rate, rel=0.15)
    assert list(found.offsets_us) == sorted(found.offsets_us)
    assert found.share == pytest.approx(rate / 4)


def test_dispersion_is_one_for_chance_none_for_a_clock_and_large_for_bursts() -> None:
    clock = [k * 250_000 for k in range(400)]
    assert dispersion(clock, 100_000_000) == 0
    assert dispersion([0] * 100, 100_000_000) == pytest.approx(100)
    assert dispersion(_poisson(2000), 100_000_000) == pytest.approx(1, abs=0.35)
    assert dispersion([], 100_000_000) is None
    assert dispersion([5], 1_500_000) is None


def _poisson(count: int) -> list[int]:
    chance = random.Random(1)
    return sorted(chance.randrange(100_000_000) for _ in range(count))


def job(recorded: Recorded, workers: int = 1, seed: int = 3) -> LoadJob:
    merchants = [
        Merchant(name, "key", currency, exponent) for name, currency, exponent in (("a", "EUR", 2), ("b", "JPY", 0))
    ]
    made = LoadJob(
        run_dir=".", seed=seed, rate_per_s=recorded.rate_per_s, duration_s=recorded.length_us / 1e6,
        mix=dict(recorded.mix), api_urls={"api1": "http://127.0.0.1:1"}, merchants=merchants, workers=workers,
    )  # fmt: skip
    document = msgspec.to_builtins(made) | {"recorded": recorded.job()}
    return job_of(msgspec.json.encode(document), "job")


def test_a_plan_replays_the_recording_whatever_the_seed(tmp_path: Path) -> None:
    recorded = read_recording(written(tmp_path, LINES))
    for seed in (3, 4):
        plan = list(arrivals(job(recorded, seed=seed)))
        assert [(each.offset_us, each.flow) for each in plan] == list(
            zip(recorded.offsets_us, recorded.kinds, strict=True)
        )
    assert [each.amount_minor for each in arrivals(job(recorded, seed=3))] != [
        each.amount_minor for each in arrivals(job(recorded, seed=4))
    ]


def test_several_workers_together_make_the_one_plan() -> None:
    alone = list(arrivals(job(bursts())))
    shares = [list(arrivals(job(bursts(), workers=3), worker)) for worker in range(3)]
    assert sorted((each for share in shares for each in share), key=lambda each: each.k) == alone


def test_a_job_whose_recording_makes_no_sense_is_refused() -> None:
    made = msgspec.to_builtins(job(bursts(8)))
    for field, value in (("offsets_us", [5, 4] * 4), ("kind", [7] * 8), ("bucket", [0])):
        broken = {**made, "recorded": {**made["recorded"], field: value}}
        with pytest.raises(UsageError, match="recorded"):
            job_of(msgspec.json.encode(broken), "job")


def test_an_amount_is_of_its_bucket() -> None:
    edges = []
    for bucket in BUCKETS:
        drawn = [draw_amount_minor(1, k, 2, bucket) for k in range(500)]
        edges.append((min(drawn), max(drawn)))
    assert all(one[1] <= other[0] + 1 for one, other in pairwise(edges))
    assert edges[0][0] == 450


def test_a_scenario_keeps_its_faults_share_of_the_time() -> None:
    scenario = catalogue.scenario("primary_gateway_outage").replaying(bursts())
    assert scenario.load.duration_s == 100
    assert scenario.faults[0].window.from_s == pytest.approx(25)
    shorter = scenario.lasting(20)
    assert shorter.load.recorded is not None
    assert shorter.load.recorded.speed == pytest.approx(5)
    assert shorter.at_rate(5).load.rate_per_s == pytest.approx(5, rel=0.2)


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_that_comes_with_it_is_the_same_each_time_and_bursty(name: str) -> None:
    first, second = read_recording(name), read_recording(name)
    assert first == second
    assert 10_000 < len(first.offsets_us) < 30_000
    assert first.dispersion is not None
    assert first.dispersion > 1.5


def test_a_recording_can_be_written_as_a_file_and_read_again(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loadtests.recordings", "pay_day_morning"]
    text = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert next(csv.reader(io.StringIO(text))) == ["time", "kind", "amount_bucket"]
    found = read_recording(written(tmp_path, text))
    assert found.offsets_us == read_recording("pay_day_morning").offsets_us
    wrong = subprocess.run([*command[:-1], "easter"], capture_output=True, text=True, timeout=120, check=False)
    assert wrong.returncode == 64
    assert "black_friday_hour" in wrong.stderr
