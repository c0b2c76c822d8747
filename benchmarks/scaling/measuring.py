"""One load with so many workers: `faultline load` and the API on the central host, `faultline join` on each other."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec

from benchmarks.scaling.network import Host
from harness.core.plain import Plain, Row

ROOT = Path(__file__).resolve().parents[2]
API_PORT, JOIN_PORT = 28800, 28810
TOKEN = "only-for-this-measurement"
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Figures:
    """What was measured. Rates in arrivals per second, CPU in seconds of one core; `hosts_cpu_s` has the workers'."""

    workers: int
    planned_per_s: float
    sent_per_s: float
    lag_p99_ms: float
    busiest_share: float
    hosts_cpu_s: float
    run_cpu_s: float
    clock_error_ms: float
    attempts: int
    lost: int
    unanswered: int


def measure(folder: Path, hub: Host, hosts: list[Host], rate_per_s: float, seconds: float) -> Figures:
    """Run the load. Raises `RuntimeError` with what was said where a part of it fails."""
    job = folder / "job.json"
    job.write_text(json.dumps(_job(hub, rate_per_s, seconds)))
    with ExitStack() as stack:
        last_core = str(max(os.sched_getaffinity(0)))
        api = _start(
            stack,
            hub.command(sys.executable, "-m", "benchmarks.load.server", str(API_PORT), last_core, "0.0.0.0"),
            folder,
        )
        bind = f"{hub.address}:{JOIN_PORT}"
        load = ["load", str(job), "--expect-workers", str(len(hosts)), "--load-bind", bind, "--json"]
        run = _start(stack, _faultline(hub, *load, "--out", str(folder / "runs")), folder)
        joined = [
            _start(stack, _faultline(host, "join", bind, "--out", str(folder / host.namespace)), folder)
            for host in hosts
        ]
        hosts_cpu_s = sum(_cpu_s(process) for process in joined)
        run_cpu_s = _cpu_s(run)
        api.kill()
    return _figures(
        folder, msgspec.json.decode(_said(folder, run), type=_Account), len(hosts), seconds, hosts_cpu_s, run_cpu_s
    )


class _Account(msgspec.Struct):
    """What `faultline load --json` says, as far as it is measured here."""

    folder: str
    planned: int
    lag_p99_ms: float
    cpu_share_max: float
    attempts: int
    lost: list[Row]
    unfinished: int


def _figures(
    folder: Path, told: _Account, workers: int, seconds: float, hosts_cpu_s: float, run_cpu_s: float
) -> Figures:
    run = Path(told.folder)
    t0_us = json.loads((run / "plan.json").read_text())["t0_us"]
    query = f"SELECT count(DISTINCT arrival) FROM '{run / 'history.parquet'}' WHERE sent_us < {t0_us + seconds * 1e6}"
    ((sent,),) = duckdb.execute(query).fetchall()
    accounts = [json.loads(path.read_text()) for path in (run / "raw").glob("worker-*.json")]
    return Figures(
        workers=workers,
        planned_per_s=told.planned / seconds,
        sent_per_s=sent / seconds,
        lag_p99_ms=told.lag_p99_ms,
        busiest_share=told.cpu_share_max,
        hosts_cpu_s=hosts_cpu_s,
        run_cpu_s=run_cpu_s,
        clock_error_ms=max((item["clock_error_us"] + abs(item["clock_drift_us"] or 0)) / 1000 for item in accounts),
        attempts=told.attempts,
        lost=len(told.lost),
        unanswered=told.unfinished,
    )


def _job(hub: Host, rate_per_s: float, seconds: float) -> dict[str, Plain]:
    merchants: list[Row] = [
        {"id": name, "api_key": "k", "currency": currency, "exponent": 2}
        for name, currency in (("m_alpha", "EUR"), ("m_delta", "USD"))
    ]
    urls = {"api1": f"http://{hub.address}:{API_PORT}"}
    mix = {"sale": 1.0}
    return {
        "seed": 1,
        "rate_per_s": rate_per_s,
        "duration_s": seconds,
        "mix": mix,
        "api_urls": urls,
        "merchants": merchants,
    }


def _faultline(host: Host, *arguments: str) -> list[str]:
    return host.command(sys.executable, "-m", "harness.cli.generator", *arguments)


def _start(stack: ExitStack, command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "FAULTLINE_JOIN_TOKEN": TOKEN, "FAULTLINE_WORKSPACE": str(folder / "workspace")}
    draft = folder / "starting"
    with draft.open("wb") as out, (folder / "said.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=log)
    draft.rename(folder / f"{process.pid}.out")
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def _said(folder: Path, process: subprocess.Popen[bytes]) -> str:
    return (folder / f"{process.pid}.out").read_text()


def _cpu_s(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process; return the CPU that it and all its descendants used."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 2):
        raise RuntimeError(f"a part of the load ended with {process.returncode}; see its said.log")
    return usage.ru_utime + usage.ru_stime
