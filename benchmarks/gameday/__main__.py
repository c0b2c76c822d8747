"""What a game day costs, and how quick its stop is. `python -m benchmarks.gameday [--stops 20] [--rate 20]`

Starts a game day on the embedded platform, with one page listening to its events as a browser does, and measures

- the processor time of the page's process, and its memory, for a minute at `--rate` payments/s, and how old what is
  shown is;
- `--stops` times: a broken link, a faulty simulator and a frozen process at once, then the stop. From the request until
  its answer, when all of them are healed and verified.

Prints a Markdown table on stdout. Exit code 70 where something could not be healed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
import requests

FAULTS = (("gateway_down", "stripe"), ("brownout", "paypal"), ("api_frozen", "api1"))
"""A link, a simulator and a signal: what takes no start."""
COST_S = 60.0
START_S = 400.0
RATE_OF_STOPS_S = 1.0


class Page:
    """A page that listens, as a browser does, and presses."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self.ages_s: list[float] = []
        self.phase = ""

    def press(self, name: str, **more: object) -> Mapping[str, object]:
        """Press something; return the answer. Raises `SystemExit` where it was refused."""
        reply = self._session.post(f"{self._url}do/{name}", json={"by": "benchmark", **more}, timeout=120)
        told: Mapping[str, object] = reply.json()
        if reply.status_code != 200 or told.get("error"):
            sys.stderr.write(f"error: {name} was refused: {told}\n")
            sys.exit(70)
        return told

    def listen(self) -> None:
        """Take the events as they come."""
        with requests.get(f"{self._url}events", stream=True, timeout=600) as reply:
            for line in reply.iter_lines():
                if not line.startswith(b"data: "):
                    continue
                moment = json.loads(line[6:])
                self.phase = moment["phase"]
                if (now := moment["snapshot"]) is not None:
                    self.ages_s.append(time.time() - now["until_us"] / 1e6)


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--stops", type=int, default=20)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--base-port", type=int, default=22000)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        day = _start(Path(folder), asked.rate, asked.base_port)
        try:
            return _measure(day, asked.stops, asked.rate)
        finally:
            day.terminate()
            day.wait(timeout=120)


def _start(folder: Path, rate: float, base_port: int) -> "subprocess.Popen[str]":
    environment = {**os.environ, "FAULTLINE_WORKSPACE": str(folder / "workspace"), "NO_PROXY": "127.0.0.1"}
    options = ["--rate", f"{rate:g}", "--for", "30m", "--stay", "1s", "--base-port", str(base_port)]
    return subprocess.Popen(
        [sys.executable, "-m", "harness.cli.main", "gameday", *options],
        cwd=folder, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def _measure(day: "subprocess.Popen[str]", stops: int, rate: float) -> int:
    page = Page(day.stdout.readline().strip() if day.stdout else "")
    threading.Thread(target=page.listen, daemon=True).start()
    until = time.monotonic() + START_S
    while page.phase != "playing":
        if day.poll() is not None or time.monotonic() > until:
            sys.stderr.write("error: the game day did not begin\n")
            return 70
        time.sleep(0.2)
    time.sleep(5.0)
    process = psutil.Process(day.pid)
    cpu_s, began, page.ages_s = _cpu_s(process), time.monotonic(), []
    time.sleep(COST_S)
    share = (_cpu_s(process) - cpu_s) / (time.monotonic() - began)
    took_s = [_stop(page) for _ in range(stops)]
    memory_mb = process.memory_info().rss / 2**20
    sys.stdout.write(
        "| measured | value |\n|---|---|\n"
        f"| the page's process at {rate:g} payments/s, of one core | {share:.2f} |\n"
        f"| its memory | {memory_mb:.0f} MiB |\n"
        f"| how old what is shown is, median (largest) | {_spread(page.ages_s)} |\n"
        f"| from the stop to healed and verified, {stops} stops, median (largest) | {_spread(took_s)} |\n"
    )
    return 0


def _stop(page: Page) -> float:
    for fault, on in FAULTS:
        page.press("inject", fault=fault, on=on, text="it heals", **{"for": "60s"})
    began = time.monotonic()
    page.press("stop")
    took_s = time.monotonic() - began
    page.press("release")
    time.sleep(RATE_OF_STOPS_S)
    return took_s


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} s ({max(values):.2f} s)" if values else "not known"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
