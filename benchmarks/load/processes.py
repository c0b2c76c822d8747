"""Starts the two sides and the server, each pinned to a core, and brings back what they measured."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from loadtests.command import command
from loadtests.engine.certificate import Certificate
from loadtests.job import LoadJob, Merchant, Settings

ROOT = Path(__file__).resolve().parents[2]
PORT = int(os.environ.get("BENCH_LOAD_PORT", "26010"))
URL = f"http://127.0.0.1:{PORT}"
CORES = sorted(os.sched_getaffinity(0))
CLIENT_CORE, SERVER_CORE = CORES[0], CORES[-1]
MERCHANTS = [Merchant("m_alpha", "k", "EUR", 2), Merchant("m_delta", "k", "USD", 2)]


@contextmanager
def server() -> Iterator[subprocess.Popen[bytes]]:
    """Run the payment API that answers at once, on the other core where there is one."""
    arguments = [sys.executable, "-m", "benchmarks.load.server", str(PORT), str(SERVER_CORE)]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE) as process:
        if process.stdout is None or process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"the server did not start on port {PORT}")
        try:
            yield process
        finally:
            process.kill()


def run_fasthttp(folder: Path, seconds: float) -> dict[str, float]:
    """Run Locust's FastHttpUser as fast as it goes; return `requests`, `cpu_s`, `wall_s`."""
    out = folder / "fasthttp.json"
    arguments = [sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("fasthttp_locustfile.py"))]
    arguments += ["--headless", "-u", "32", "-r", "100", "-t", f"{seconds}s", "--host", URL, "--only-summary"]
    _start(arguments, {"BENCH_OUT": str(out)}, folder / "fasthttp.log").wait(timeout=60)
    return dict(json.loads(out.read_text()))


def run_lanes(
    folder: Path,
    rate_per_s: float,
    seconds: float,
    settings: Settings,
    meanwhile: Callable[[LoadJob], None] | None = None,
) -> tuple[LoadJob, Certificate]:
    """Run the lanes on sales; return the job and the worker's certificate. `meanwhile` is called after the start."""
    folder.mkdir(parents=True, exist_ok=True)
    job = LoadJob(
        str(folder),
        1,
        rate_per_s,
        seconds,
        {"sale": 1.0},
        {"api1": URL},
        MERCHANTS,
        settings=settings,
        request_timeout_s=10,
    )
    path = folder / "load.json"
    path.write_bytes(msgspec.json.encode(job))
    arguments, environment = command(path)
    process = _start(arguments, environment, folder / "lanes.log")
    try:
        if meanwhile is not None:
            meanwhile(job)
        if process.wait(timeout=90) != 0:
            raise RuntimeError((folder / "lanes.log").read_text()[-2_000:])
    finally:
        process.kill()
    return job, msgspec.json.decode((job.raw / "load-0.json").read_bytes(), type=Certificate)


def _start(arguments: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            arguments,
            env={**os.environ, **environment},
            cwd=ROOT,
            stdout=output,
            stderr=output,
            preexec_fn=lambda: os.sched_setaffinity(0, {CLIENT_CORE}),
        )
