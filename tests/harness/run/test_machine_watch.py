"""The machine is watched by a pulse of its own and by what the kernel counts."""

import time
from pathlib import Path

from harness.run.machine_watch import MACHINE, MachineWatch, rates, read_pressure

PRESSURE = """some avg10=75.55 avg60=91.06 avg300=96.47 total=2420807678
full avg10=0.00 avg60=0.00 avg300=0.00 total=1500000
"""


def test_a_pressure_file_is_read_in_seconds_and_a_missing_one_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "cpu").write_text(PRESSURE)
    assert read_pressure(tmp_path / "cpu") == {"some": 2420.807678, "full": 1.5}
    assert read_pressure(tmp_path / "none") == {}


def test_rates_are_shares_of_the_time_between_two_readings() -> None:
    before = {"wall": 10.0, "busy": 4.0, "steal": 0.0, "some": 1.0, "harness": 0.5}
    after = {"wall": 12.0, "busy": 7.0, "steal": 1.0, "some": 2.5, "harness": 0.7}
    assert {name: round(value, 3) for name, value in rates(before, after).items()} == {
        "pressure_some_share": 0.75,
        "busy_cores": 1.5,
        "steal_cores": 0.5,
        "harness_cores": 0.1,
    }
    assert rates(after, after) == {}


def test_the_pulse_beats_while_it_is_watched_and_is_gone_afterwards() -> None:
    seen: list[tuple[str, str, float]] = []
    watch = MachineWatch(lambda _, process, metric, value: seen.append((process, metric, value)))
    watch.start()
    until = time.monotonic() + 20
    while sum(metric == "pulse_work_ms" for _, metric, _ in seen) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    watch.stop()
    assert watch._pulse is not None
    assert watch._pulse.returncode == 0
    names = {metric for process, metric, _ in seen if process == MACHINE}
    assert {"cores", "pulse_late_ms", "pulse_work_ms", "pulse_cpu_ms", "busy_cores", "harness_cores"} <= names
    spent = [value for _, metric, value in seen if metric == "pulse_cpu_ms"]
    assert all(1.0 < value < 500.0 for value in spent)
