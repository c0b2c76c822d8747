"""Three questions about the load generator, answered with ratios: both sides in one run, against the same server.

    python -m benchmarks.load [--quick]

1. How many requests does a second of CPU buy: lanes (history included) against Locust's FastHttpUser.
2. How punctual are arrivals at 1 000/s.
3. Does a server that is frozen for 2 s of 20 show: the reported p99 against the true one.
"""

import argparse
import json
import os
import signal
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.load.processes import run_fasthttp, run_lanes, server
from loadtests.job import LoadJob, Settings
from loadtests.plan import arrivals

RATIO_AIM, LAG_AIM_MS, P99_ERROR_AIM = 4.5, 1.0, 0.05
UNBOUNDED = Settings(max_in_flight=64, max_queued=10_000_000)


def throughput(folder: Path, rounds: int, requests: int) -> None:
    """Print requests per CPU second of both sides and their ratio.

    The rounds are interleaved and the best of each side counts: other work on the machine only ever makes a CPU second
    buy less (it takes caches and shared execution units away).
    """
    theirs, ours = 0.0, 0.0
    for turn in range(rounds):
        figures = run_fasthttp(folder, seconds=3)
        theirs = max(theirs, figures["requests"] / figures["cpu_s"])
        rate_per_s = 60_000.0
        _, certificate = run_lanes(folder / f"throughput-{turn}", rate_per_s, requests / rate_per_s, UNBOUNDED)
        ours = max(ours, certificate.ok / certificate.cpu_s)
    ratio = ours / theirs
    print(f"requests per CPU second   FastHttpUser {theirs:8.0f}")
    print(f"                          lanes        {ours:8.0f}  (every operation in the history)")
    verdict(f"ratio {ratio:.2f}", f"at least {RATIO_AIM}", ratio >= RATIO_AIM)


def punctuality(folder: Path, seconds: float) -> None:
    """Print how late arrivals are sent at 1 000/s."""
    _, certificate = run_lanes(folder / "lag", 1_000.0, seconds, Settings())
    lag = certificate.lag_us
    print(f"lag at 1 000/s            p50 {lag['p50']:.0f} us, p90 {lag['p90']:.0f} us, max {lag['max']:.0f} us")
    p99_ms = lag["p99"] / 1000
    verdict(f"p99 {p99_ms:.3f} ms", f"at most {LAG_AIM_MS} ms", p99_ms <= LAG_AIM_MS)


def freeze(folder: Path, frozen: subprocess.Popen[bytes], total_s: float, frozen_s: float) -> None:
    """Freeze the server for a tenth of the run; print the reported p99 beside the true one."""
    window: list[float] = []
    job, certificate = run_lanes(
        folder / "freeze", 500.0, total_s, Settings(max_in_flight=4_000), partial(_freeze, frozen, frozen_s, window)
    )
    true_ms = true_p99_ms(job, certificate.started_at_us, window)
    reported_ms = certificate.response_us["p99"] / 1000
    error = abs(reported_ms / true_ms - 1)
    print(f"server frozen {frozen_s:g} s of {total_s:g}   true p99 {true_ms:.0f} ms, reported {reported_ms:.0f} ms")
    verdict(f"off by {error:.1%}", f"within {P99_ERROR_AIM:.0%}", error <= P99_ERROR_AIM)


def _freeze(frozen: subprocess.Popen[bytes], frozen_s: float, window: list[float], job: LoadJob) -> None:
    history = job.raw / "history-0.jsonl"
    deadline_s = time.monotonic() + 20
    while not (history.exists() and history.stat().st_size > 100_000) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    for sign in (signal.SIGSTOP, signal.SIGCONT):
        frozen.send_signal(sign)
        window.append(time.time() * 1e6)
        if sign == signal.SIGSTOP:
            time.sleep(frozen_s)


def true_p99_ms(job: LoadJob, started_at_us: int, window: list[float]) -> float:
    """Return the p99 that the plan and the freeze imply: whoever was due in the window waits for its end.

    For a long plan this tends to frozen_s - 0.01 * total_s; here it is computed from the very arrivals.
    """
    from_us, to_us = window
    due = [started_at_us + item.offset_us for item in arrivals(job)]
    waits = sorted(to_us - at if from_us <= at < to_us else 0.0 for at in due)
    return waits[int(len(waits) * 0.99)] / 1000


def verdict(measured: str, aim: str, met: bool) -> None:
    """Print a figure beside its aim."""
    print(f"  {'met   ' if met else 'MISSED'}  {measured} (aim: {aim})\n", flush=True)


def main() -> None:
    """Run all three."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="What the load generator can do.")
    parser.add_argument("--quick", action="store_true", help="shorter, and so less certain (about 30 s)")
    quick = parser.parse_args().quick
    load = os.getloadavg()[0]
    print(json.dumps({"cores": os.cpu_count(), "load_average_before": round(load, 2), "quick": quick}), flush=True)
    with tempfile.TemporaryDirectory() as name, server() as process:
        folder = Path(name)
        throughput(folder, rounds=1 if quick else 3, requests=30_000)
        punctuality(folder, seconds=3 if quick else 8)
        freeze(folder, process, *((10.0, 1.0) if quick else (20.0, 2.0)))


if __name__ == "__main__":
    main()
