"""Watches the machine under a run: is there a processor for whoever wants to run? Samples become metrics.

The judge reads them (`harness.objectives.starvation`). What the kernel does not tell is left out.
"""

import json
import subprocess
import sys
import threading
from pathlib import Path

import psutil

from harness.run.database_watch import Sample
from harness.run.events import now_us
from harness.run.threads import join_begun

MACHINE = "machine"
_PRESSURE = Path("/proc/pressure/cpu")


class MachineWatch:
    """Starts the calibration pulse as a process of its own and reads the kernel's figures at each of its beats."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._pulse: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._follow, name="machine-watch", daemon=True)
        self._before: dict[str, float] = {}

    def start(self) -> None:
        """Begin to watch."""
        self._pulse = subprocess.Popen(
            [sys.executable, "-m", "harness.run.pulse"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._before = read_counters()
        self._sample(now_us(), MACHINE, "cores", float(psutil.cpu_count() or 1))
        self._thread.start()

    def stop(self) -> None:
        """Stop watching and end the pulse."""
        if self._pulse is None:
            return
        if self._pulse.stdin is not None:
            self._pulse.stdin.close()
        try:
            self._pulse.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._pulse.kill()
            self._pulse.wait()
        join_begun(self._thread, timeout_s=5)
        if self._pulse.stdout is not None:
            self._pulse.stdout.close()

    def _follow(self) -> None:
        lines = self._pulse.stdout if self._pulse is not None else None
        for line in lines or ():
            told = json.loads(line)
            at_us = int(told.pop("at_us"))
            for name, value in {**{f"pulse_{name}": ms for name, ms in told.items()}, **self._since()}.items():
                self._sample(at_us, MACHINE, name, float(value))

    def _since(self) -> dict[str, float]:
        """Return the kernel's figures since the last beat."""
        before, self._before = self._before, read_counters()
        return rates(before, self._before)


def read_counters() -> dict[str, float]:
    """Return what the kernel counts, in seconds since it began; what it does not tell is left out.

    `wall` is the clock; `busy` and `steal` are summed over processors; `some` and `full` are how long some or all
    of those who wanted to run had to wait; `harness` is this process's own work.
    """
    times = psutil.cpu_times()
    own = psutil.Process().cpu_times()
    found = {
        "wall": now_us() / 1e6,
        "busy": float(times.user + times.system + times.nice + getattr(times, "irq", 0) + getattr(times, "softirq", 0)),
        "steal": float(getattr(times, "steal", 0.0)),
        "harness": float(own.user + own.system),
    }
    return {**found, **read_pressure(_PRESSURE)}


def read_pressure(path: Path) -> dict[str, float]:
    """Return `some` and `full` of a pressure file, in seconds since it began; nothing where there is no such file."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        kind, *fields = line.split()
        total = next((field.removeprefix("total=") for field in fields if field.startswith("total=")), "")
        if total.isdigit():
            found[kind] = int(total) / 1e6
    return found


def rates(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Return the samples between two readings: shares of the time, and of processors how many."""
    wall_s = after["wall"] - before.get("wall", after["wall"])
    if wall_s <= 0:
        return {}
    names = {
        "some": "pressure_some_share",
        "full": "pressure_full_share",
        "busy": "busy_cores",
        "steal": "steal_cores",
        "harness": "harness_cores",
    }
    return {
        said: max(0.0, (after[name] - before[name]) / wall_s)
        for name, said in names.items()
        if name in before and name in after
    }
