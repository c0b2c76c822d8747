"""The clients: how each is started, what it takes, and which are there on any machine that runs these tests."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.provision.cache import cache_lock

REQUIRED = os.environ.get("FAULTLINE_REQUIRE_CLIENTS") == "1"
HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
BUILD_DEADLINE_S = 600.0


@dataclass(frozen=True)
class Kind:
    """A client. `needs` are the programs that it takes; `at_gateway` says that it speaks to the gateway, not to us."""

    name: str
    command: Callable[[], Sequence[str]]
    needs: tuple[str, ...] = ()
    at_gateway: bool = False

    @property
    def missing(self) -> list[str]:
        """Return which of the programs are not here."""
        return [name for name in self.needs if shutil.which(name) is None]


def _python(kind: str) -> Sequence[str]:
    return [sys.executable, str(PROGRAMS / "client.py"), kind]


def _httpx() -> Sequence[str]:
    with cache_lock("httpx-client") as cache:
        folder, lock = cache / "httpx-client", HERE / "requirements.lock"
        mark = folder / "installed.lock"
        if not mark.exists() or mark.read_text() != lock.read_text():
            shutil.rmtree(folder, ignore_errors=True)
            _build([sys.executable, "-m", "venv", "--without-pip", str(folder)])
            uv = str(Path(sys.executable).parent / "uv")
            python = str(folder / "bin" / "python")
            _build([uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", str(lock)])
            mark.write_text(lock.read_text())
        return [str(folder / "bin" / "python"), str(PROGRAMS / "client.py"), "httpx"]


def _go() -> Sequence[str]:
    source = PROGRAMS / "client.go"
    with cache_lock("go-client") as cache:
        program = cache / "go-client"
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            _build(["go", "build", "-o", str(program), str(source)])
        return [str(program)]


def _java(kind: str) -> Sequence[str]:
    source = PROGRAMS / "Client.java"
    with cache_lock("java-client") as cache:
        folder = cache / "java-client"
        made = folder / "Client.class"
        if not made.exists() or made.stat().st_mtime < max(path.stat().st_mtime for path in PROGRAMS.iterdir()):
            pom, jars = str(PROGRAMS / "pom.xml"), f"-DoutputDirectory={folder / 'jars'}"
            _build(["mvn", "--quiet", "--batch-mode", "--file", pom, "dependency:copy-dependencies", jars])
            _build(["javac", "-cp", f"{folder}/jars/*", "-d", str(folder), str(source)])
        return ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{folder}:{folder}/jars/*", "Client", kind]


def _build(command: Sequence[str]) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_DEADLINE_S, cwd="/")
    assert ran.returncode == 0, f"{' '.join(command)}:\n{ran.stdout}{ran.stderr}"


KINDS: tuple[Kind, ...] = (
    Kind("curl", lambda: [sys.executable, str(PROGRAMS / "with_curl.py")], ("curl",)),
    Kind("Go net/http", _go, ("go",)),
    Kind("HttpURLConnection", lambda: _java("urlconnection"), ("java", "mvn")),
    Kind("java.net.http", lambda: _java("net-http"), ("java", "mvn")),
    Kind("OkHttp", lambda: _java("okhttp"), ("java", "mvn")),
    Kind("Node's fetch", lambda: ["node", str(PROGRAMS / "client.mjs")], ("node",)),
    Kind("urllib3", lambda: _python("urllib3")),
    Kind("aiohttp", lambda: _python("aiohttp")),
    Kind("httpx", _httpx),
    Kind("stripe, module's calls", lambda: _python("stripe-module"), at_gateway=True),
    Kind("stripe, StripeClient", lambda: _python("stripe-client"), at_gateway=True),
)
QUICK = ("curl", "urllib3", "aiohttp", "stripe, module's calls", "stripe, StripeClient")
"""What needs nothing that is not there anyway."""


def chosen() -> list[Kind]:
    """Return the clients to test: all where that is demanded, else the quick ones that are there."""
    return [kind for kind in KINDS if REQUIRED or (kind.name in QUICK and not kind.missing)]
