"""From a clean clone to the first verdict, beside an earlier revision, in turns.

    python -m benchmarks.start [--baseline 6993ade] [--turns 2]

Each turn clones a build and gives it an empty home: no cache of packages, no Toxiproxy, no compiled Python. Then
`make demo` is the first command there, so every package comes from the registry each time, and Toxiproxy's build, the
first cluster and the scenario are part of it. Clock and processor time are taken (of all processes that were waited
for), and when the packages and Toxiproxy were there. Settings of proxies, indexes and certificates pass through, from
the environment and from the files of the present home. A machine with other work on it makes the clock mean little.
Exit code 1: the aim was missed.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.baseline import REVISION, revision_of
from benchmarks.ratios import ratio
from harness import catalogue
from harness.cli.exits import end_with
from harness.core.errors import HarnessError

AIM = 0.5
SETTINGS = (".config/pip", ".pip", ".netrc", ".config/uv", ".config/go", ".gitconfig")
"""Files and folders of a home that say where packages come from."""
NOT_PASSED = ("HOME", "XDG_", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "GOPATH", "GOCACHE", "GOFLAGS")
NOT_PASSED_OF_OURS = ("FAULTLINE_WORKSPACE", "FAULTLINE_TOXIPROXY", "FAULTLINE_POSTGRES", "MAKE", "MFLAGS")


@dataclass(frozen=True)
class Start:
    """One first start: seconds by the clock and of processor to the verdict, and by the clock to what it needs."""

    wall_s: float
    cpu_s: float
    packages_s: float
    toxiproxy_s: float


def main() -> int:
    """Run the benchmark; 1 where the aim was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--baseline", default=REVISION, help="the revision beside it; 'none' for no other")
    parser.add_argument("--turns", type=int, default=2, help="how often each build is started")
    asked = parser.parse_args()
    commits = {"present": revision_of("HEAD")}
    if asked.baseline != "none":
        commits = {asked.baseline: revision_of(asked.baseline), **commits}
    measured: dict[str, list[Start]] = {name: [] for name in commits}
    for number in range(asked.turns):
        for name, commit in commits.items():
            print(f"turn {number + 1} of {asked.turns}: {name}", file=sys.stderr, flush=True)
            measured[name].append(_start(commit))
    return _print(measured)


def environment(home: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of somebody who has never been here, whose packages come from where ours do."""
    refused = (*NOT_PASSED, *NOT_PASSED_OF_OURS)
    return {name: value for name, value in environ.items() if not name.startswith(refused)} | {"HOME": str(home)}


def settle(home: Path, mine: Path) -> None:
    """Make a home with nothing in it but what says where packages come from, as in `mine`."""
    home.mkdir()
    for name in SETTINGS:
        if (mine / name).is_dir():
            shutil.copytree(mine / name, home / name)
        elif (mine / name).is_file():
            shutil.copy(mine / name, home / name)


def _start(commit: str) -> Start:
    with tempfile.TemporaryDirectory(prefix="faultline-start-") as scratch:
        clone, home = Path(scratch) / "clone", Path(scratch) / "home"
        Path(scratch).chmod(0o755)  # the database's user, whom root makes it run as, must get in
        subprocess.run(["git", "clone", "--quiet", "--no-checkout", str(catalogue.ROOT), str(clone)], check=True)
        subprocess.run(["git", "checkout", "--quiet", "--detach", commit], cwd=clone, check=True)
        settle(home, Path.home())
        before, began_at, began = _children_cpu_s(), time.time(), time.perf_counter()
        command = ["make", "demo", f"PYTHON={_python()}"]
        ran = subprocess.run(command, cwd=clone, env=environment(home), stdout=sys.stderr, check=False)
        wall_s, cpu_s = time.perf_counter() - began, _children_cpu_s() - before
        if not verdict_of(clone):
            raise HarnessError(
                f"`make demo` of {commit[:12]} came to no verdict (exit code {ran.returncode})",
                hint="what it said is above; a platform of another workspace may be on its ports (FAULTLINE_BASE_PORT)",
            )
        built = (clone / ".venv" / ".ready", *home.glob(".cache/faultline/toxiproxy-server-*"))
        ready = [path.stat().st_mtime - began_at for path in built]
        return Start(wall_s, cpu_s, ready[0], max(ready[1:], default=0.0))


def verdict_of(clone: Path) -> str:
    """Return the verdict that a run in this clone came to; '' for none, which make's exit code does not tell."""
    stored = sorted(clone.glob("runs/*/verdict.json"))
    return str(json.loads(stored[-1].read_text())["verdict"]) if stored else ""


def _python() -> str:
    """Return the interpreter that the environment was made with: a new one must not lean on the environment's own."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}")


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _print(measured: Mapping[str, Sequence[Start]]) -> int:
    """Print what the starts took; return 1 where the aim was missed."""
    print(f"{'build':>9}  {'to the verdict, s':>22}  {'processor s':>11}  {'environment s':>13}  {'Toxiproxy s':>11}")
    for name, starts in measured.items():
        walls = [start.wall_s for start in starts]
        middle = {
            key: statistics.median(getattr(start, key) for start in starts)
            for key in ("wall_s", "cpu_s", "packages_s", "toxiproxy_s")
        }
        spread = f"{middle['wall_s']:.1f} ({min(walls):.1f}-{max(walls):.1f})"
        print(
            f"{name:>9}  {spread:>22}  {middle['cpu_s']:>11.1f}  {middle['packages_s']:>13.1f}  "
            f"{middle['toxiproxy_s']:>11.1f}"
        )
    now, missed = measured["present"], 0
    for before in list(measured.values())[:-1]:
        found = ratio([start.wall_s for start in now], [start.wall_s for start in before])
        used = ratio([start.cpu_s for start in now], [start.cpu_s for start in before])
        missed += found.value > AIM
        print(f"time to the verdict: {found} of the earlier one's (aim {AIM:g}){' MISSED' if missed else ''}")
        print(f"processor time: {used} of the earlier one's")
    return int(missed > 0)


if __name__ == "__main__":
    end_with(main)
