"""A run's load on several "hosts": `faultline load` and `faultline join` as people start them, against the fake API."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import psutil

from tests.loadtests.stage import KEYS, MERCHANTS

ROOT = Path(__file__).resolve().parents[3]
API_PORT, JOIN_PORT = 28500, 28510
TOKEN = "a-token-for-this-test"


@dataclass
class Ground:
    """One test's folder, the API, and every process that was started."""

    folder: Path
    api: subprocess.Popen[bytes]
    stack: ExitStack
    logs: dict[str, Path] = field(default_factory=dict)

    def faultline(
        self, name: str, *arguments: str, under: tuple[str, ...] = (), **environ: str
    ) -> subprocess.Popen[bytes]:
        """Start a command, `under` another one where that is given; its output goes to a file of that name."""
        log = self.logs[name] = self.folder / f"{name}.log"
        environment = {
            **os.environ,
            "FAULTLINE_WORKSPACE": str(self.folder / "workspace"),
            "FAULTLINE_JOIN_TOKEN": TOKEN,
            **environ,
        }
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*under, sys.executable, "-m", "harness.cli.main", *arguments],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.stack.callback(end, process)
        return process

    def job(self, **changed: Any) -> str:
        """Write a job and return its path."""
        document = {
            "seed": 7,
            "rate_per_s": 60.0,
            "duration_s": 4.0,
            "mix": {"sale": 1.0},
            "api_urls": {"api1": f"http://127.0.0.1:{API_PORT}"},
            "merchants": msgspec.to_builtins(MERCHANTS),
            **changed,
        }
        path = self.folder / "job.json"
        path.write_text(json.dumps(document))
        return str(path)

    def load(self, *options: str, **changed: Any) -> subprocess.Popen[bytes]:
        """Start a load that waits for workers of other hosts."""
        bind = ("--load-bind", f"127.0.0.1:{JOIN_PORT}")
        out = ("--out", str(self.folder / "runs"))
        return self.faultline("load", "load", self.job(**changed), *bind, *out, *options)

    def join(self, name: str, *options: str, under: tuple[str, ...] = (), **environ: str) -> subprocess.Popen[bytes]:
        """Start a host that joins it."""
        out = ("--out", str(self.folder / name))
        return self.faultline(name, "join", f"127.0.0.1:{JOIN_PORT}", *out, *options, under=under, **environ)

    def said(self, name: str) -> str:
        return self.logs[name].read_text()

    @property
    def run(self) -> Path:
        """The one run's folder."""
        (folder,) = (self.folder / "runs").iterdir()
        return folder

    def history(self, sql: str) -> list[tuple[Any, ...]]:
        """Query the merged history, as the table `history`."""
        with duckdb.connect() as database:
            database.execute(f"CREATE VIEW history AS SELECT * FROM '{self.run / 'history.parquet'}'")
            return database.execute(sql).fetchall()

    def lines(self, worker: int) -> int:
        """How many lines of a worker's history have reached the run."""
        paths = self.folder.glob(f"runs/*/raw/history-{worker}.jsonl")
        return sum(path.read_bytes().count(b"\n") for path in paths)


def end(process: subprocess.Popen[bytes]) -> None:
    """Make sure that a process that a test started is gone, with its session."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def worker_of(host: subprocess.Popen[bytes]) -> psutil.Process:
    """Return the load process of a joined host."""
    (child,) = psutil.Process(host.pid).children()
    return child


def wait_for(condition: Callable[[], bool], seconds: float = 180.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def waits_for_answers(folder: Path) -> bool:
    """Tell whether the worker of the host that writes here has written down many more requests than answers."""
    lines = [line for path in folder.rglob("history-*.jsonl") for line in path.read_bytes().splitlines()]
    return sum(b'"e":"invoke"' in line for line in lines) - sum(b'"e":"complete"' in line for line in lines) > 10


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """The API, and room for processes, all of which end with it."""
    pairs = [f"{key}={merchant}" for key, merchant in KEYS.items()]
    arguments = [sys.executable, "-m", "tests.loadtests.server", str(API_PORT), str(folder / "nowhere"), *pairs]
    with ExitStack() as stack:
        api = stack.enter_context(subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE))
        stack.callback(api.kill)
        assert api.stdout is not None
        assert api.stdout.readline() == b"ready\n"
        yield Ground(folder, api, stack)
        api.send_signal(signal.SIGCONT)
