"""One build's platform, up in a process of its own, with what it used between two looks at it."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from benchmarks.baseline import Build
from harness.core.errors import HarnessError
from harness.provision.postgres.binaries import find_binaries
from harness.provision.postgres.settings import APPLICATION_ROLE, DATABASE

HELD = Path(__file__).with_name("held.py")
DRAIN_S = 60.0
_POLL_S = 0.5

_Kind = TypeVar("_Kind")


class Reached(msgspec.Struct):
    """How the platform is reached (see `held.reached`)."""

    api_urls: dict[str, str]
    api_key: str
    postgresql: str
    password: str


class Look(msgspec.Struct):
    """`cpu_s` and `memory_mb` by process, `backlog` by kind."""

    cpu_s: dict[str, float]
    memory_mb: dict[str, float]
    backlog: dict[str, float]


class Side:
    """A platform that is up. `reached` says how it is reached (see `held.reached`)."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.reached = self._told(Reached)

    @property
    def ports(self) -> list[int]:
        """The ports of the API's replicas."""
        return [int(url.rsplit(":", 1)[1]) for url in self.reached.api_urls.values()]

    def look(self) -> Look:
        """Ask what it has used so far."""
        assert self._process.stdin is not None
        self._process.stdin.write("look\n")
        self._process.stdin.flush()
        return self._told(Look)

    def drained(self) -> Look:
        """Wait until nothing is in flight and look. Raises `HarnessError` after `DRAIN_S` seconds."""
        until = time.monotonic() + DRAIN_S
        while (found := self.look()) and any(found.backlog.values()):
            if time.monotonic() > until:
                raise HarnessError(f"after {DRAIN_S:.0f} s there is still in flight: {found.backlog}")
            time.sleep(_POLL_S)
        return found

    def pgbench(self, script: Path, connections: int, seconds: int) -> float:
        """Return the transactions per second of pgbench on this script, past every link."""
        asked = ["-n", "-M", "prepared", "-c", str(connections), "-j", "2", "-T", str(seconds), "-f", str(script)]
        out = self.postgres("pgbench", *asked, DATABASE)
        return float(next(line for line in out.splitlines() if line.startswith("tps")).split()[2])

    def postgres(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs against the primary as the application's role and return what it says."""
        host, port = self.reached.postgresql.rsplit(":", 1)
        command = [str(find_binaries().folder / program), "-h", host, "-p", port, "-U", APPLICATION_ROLE, *arguments]
        environment = {**os.environ, "PGPASSWORD": self.reached.password}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise HarnessError(f"{program} failed: {done.stderr.strip()}")
        return done.stdout

    def _told(self, kind: type[_Kind]) -> _Kind:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise HarnessError("the platform that was to be measured did not start, or ended; see above")
        return msgspec.json.decode(line, type=kind)


@contextmanager
def up(build: Build, nodes: int) -> Iterator[Side]:
    """Have this build's platform up, on fresh books, with so many database nodes."""
    with tempfile.TemporaryDirectory(prefix="faultline-bench-") as workspace:
        command = [str(build.python), str(HELD), workspace, str(nodes)]
        pipe = subprocess.PIPE
        # A program that is run by its path knows no packages of the folder in which it is run, unless it is told.
        environment = {**os.environ, "PYTHONPATH": str(build.folder)}
        with subprocess.Popen(
            command, cwd=build.folder, env=environment, stdin=pipe, stdout=pipe, text=True
        ) as process:
            try:
                yield Side(process)
            finally:
                assert process.stdin is not None
                process.stdin.close()
                process.wait(timeout=60)
