"""Running Docker Compose, v2 or 1.29, on the project's one file."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import harness
from harness.core.errors import ProvisionError

ROOT = Path(harness.__file__).parent.parent
FILE = ROOT / "docker-compose.yml"
_DEFAULT_ENGINE = "unix:///var/run/docker.sock"
"""Where the package `docker` looks without `DOCKER_HOST`."""
_DEADLINE_S = 300.0
_BUILD_DEADLINE_S = 1800.0
_TAIL_LINES = 12


@cache
def compose_command() -> tuple[str, ...]:
    """Return how Compose is called here. Raises `ProvisionError` where it is not installed."""
    if not FILE.exists():
        raise ProvisionError(
            f"{FILE} is not there: this installation has no containers", hint="run from a checkout of the project"
        )
    for command in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(command[0]) and _succeeds(*command, "version"):
            return command
    raise ProvisionError(
        "Docker Compose is not installed",
        hint="install the Compose plugin (v2) or docker-compose 1.29; docker/engine builds v2 where there is Go",
    )


def compose(project: str, environment: Mapping[str, str], log: Path, *arguments: str) -> None:
    """Run Compose; what it says goes to `log`. Raises `ProvisionError` with its last lines where it fails."""
    command = (*compose_command(), "--project-name", project, "--file", str(FILE), *arguments)
    _run(command, environment, log, deadline_s=_DEADLINE_S, what=f"Compose's {arguments[0]}")


def build_missing(log: Path) -> None:
    """Build the images that are missing or were built from other sources than these. Raises `ProvisionError`."""
    script = (str(ROOT / "docker" / "build"), "--missing")
    _run(script, {}, log, deadline_s=_BUILD_DEADLINE_S, what="building the images")


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _run(command: Sequence[str], environment: Mapping[str, str], log: Path, *, deadline_s: float, what: str) -> None:
    start = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        try:
            ran = subprocess.run(
                command,
                env=_inherited() | dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=deadline_s,
                cwd=ROOT,
            )
            problem = f"failed with status {ran.returncode}" if ran.returncode else ""
        except subprocess.TimeoutExpired:
            problem = f"was not done after {deadline_s:.0f} s"
    if problem:
        said = log.read_bytes()[start:].decode(errors="replace").strip().splitlines()
        raise ProvisionError(
            f"{what} {problem}; its last lines:\n" + "\n".join(said[-_TAIL_LINES:]), hint=f"all of it: {log}"
        )


def _inherited() -> dict[str, str]:
    """Return this process's environment without what would silently change the platform, or its engine.

    The command `docker` may have a context that names another engine than the one which the package `docker` speaks to.
    """
    refused = ("PAY_", "COMPOSE_PROFILES", "COMPOSE_FILE", "DOCKER_CONTEXT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(refused)}
    return {**kept, "DOCKER_HOST": os.environ.get("DOCKER_HOST") or _DEFAULT_ENGINE}
