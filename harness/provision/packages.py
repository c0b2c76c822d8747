"""`python -m harness.provision.packages FOLDER [--platform]`: the virtual environment, from the lock file with hashes.

pip installs uv, in the version and with the hashes of the lock file, and uv installs the rest of it, with hashes too.
Where uv cannot (no wheel of it for this machine, an index that it cannot reach), pip installs everything. With
`--platform`, what a platform needs besides packages is made meanwhile. Needs Python alone.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.core.errors import FaultlineError, ProvisionError
from harness.provision.patience import Say, all_at_once

LOCK = "requirements.lock"
_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
OF_THE_DATABASE = (
    *("patroni", "pysyncobj", "psycopg", "psycopg_binary", "psutil", "dateutil", "yaml", "urllib3", "click"),
    *("prettytable", "wcwidth", "typing_extensions.py"),
)
"""Patroni and what it imports."""
OF_A_PLATFORM = (
    *("harness.cli.running", "system.setup", "system.api.__main__", "system.worker.__main__"),
    *("system.gateways.stripe.__main__", "system.gateways.paypal.__main__", "system.gateways.acquirer.__main__"),
    "system.sink.__main__",
)
"""The programs that a platform starts together. Each would compile what it imports by itself, most of it the same."""
_OWN = ("--no-build-isolation", "--no-deps", "-e", ".")


def install(folder: Path, say: Say) -> None:
    """Make the environment in `folder`, and this project in it. Raises `ProvisionError`."""
    say(f"creating {folder}")
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    python = str(folder / "bin" / "python")
    try:
        say("installing uv with pip")
        _install_uv(python)
        say(f"installing the packages of {LOCK} with uv")
        uv = [str(folder / "bin" / "uv"), "--quiet", "--no-config", "pip", "install", "--python", python]
        uv += ["--native-tls"]
        environment = {**os.environ, **index_for_uv(_pip_settings(python))}
        _run([*uv, "--require-hashes", "-r", LOCK], environment)
        _run([*uv, *_OWN], environment)
        _compile(folder)
    except ProvisionError as error:
        say(f"uv could not ({str(error).splitlines()[-1]:.200}); installing the packages of {LOCK} with pip")
        _run([python, *_PIP, "--require-hashes", "-r", LOCK])
        _run([python, *_PIP, *_OWN])


def _compile(folder: Path) -> None:
    """Compile what the database's processes import: they may run as a user who cannot, and would do it at each start.

    Everything else is compiled when it is first imported, which is a small part of what there is.
    """
    [packages] = folder.glob("lib/python*/site-packages")
    theirs = [str(packages / name) for name in OF_THE_DATABASE if (packages / name).exists()]
    _run([str(folder / "bin" / "python"), "-m", "compileall", "-q", *theirs])


def _importing(python: str) -> "subprocess.Popen[bytes]":
    """Import what a platform's programs import, once, so that it is compiled when they start.

    A failure says nothing here: whoever needs what cannot be imported will say so.
    """
    said = subprocess.DEVNULL
    return subprocess.Popen([python, "-c", f"import {', '.join(OF_A_PLATFORM)}"], stdout=said, stderr=said)


def locked(name: str, lock: str) -> str:
    """Return a package's own lines of a lock file: its pin and all its hashes. Raises `ProvisionError`."""
    found = re.search(rf"^{re.escape(name)}==(?:.*\\\n)*.*$", lock, re.MULTILINE)
    if not found:
        raise ProvisionError(f"{LOCK} has no {name}", hint="`make lock`")
    return found[0] + "\n"


def index_for_uv(pip: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of uv that say what pip's say: uv reads none of pip's, and would ask another index."""
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
        "trusted-host": "UV_INSECURE_HOST",
        "cert": "SSL_CERT_FILE",
        "client-cert": "SSL_CLIENT_CERT",
        "proxy": "ALL_PROXY",
        "default-timeout": "UV_HTTP_TIMEOUT",
        "timeout": "UV_HTTP_TIMEOUT",
    }
    found = {names[key]: value.replace("\\n", " ") for key, value in pip.items() if key in names}
    if "UV_FIND_LINKS" in found:
        found["UV_FIND_LINKS"] = ",".join(found["UV_FIND_LINKS"].split())
    # As pip: whichever index has it. The hashes say that it is the right one.
    return {**found, "UV_INDEX_STRATEGY": "unsafe-best-match"}


def _pip_settings(python: str) -> dict[str, str]:
    """Return pip's settings by their plain names, those of the environment before those of its files."""
    ran = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True)
    found = re.findall(r"^(\S+?)\.(\S+)='(.*)'$", ran.stdout, re.MULTILINE)
    ranked = sorted(found, key=lambda item: {"global": 0, "install": 1, ":env:": 2}.get(item[0], 0))
    return {key: value for _, key, value in ranked}


def _install_uv(python: str) -> None:
    pinned = Path(python).parent.parent / "uv.lock.txt"
    pinned.write_text(locked("uv", Path(LOCK).read_text()))
    _run([python, *_PIP, "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(pinned)])


def _run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    if ran.returncode != 0:
        said = (ran.stderr + ran.stdout).strip() or f"status {ran.returncode}"
        raise ProvisionError(f"{' '.join(command[:6])} ... failed:\n{said}", hint="is the package index reachable?")


def main(arguments: Sequence[str]) -> int:
    """Make the environment named first; with `--platform`, provide for a platform at the same time."""
    folder = Path(arguments[0])
    meanwhile: subprocess.Popen[bytes] | None = None
    if "--platform" in arguments:
        meanwhile = subprocess.Popen([sys.executable, "-m", "harness.provision.toxiproxy"], stdout=subprocess.DEVNULL)
    try:
        failed: list[FaultlineError] = all_at_once([("packages", lambda say: install(folder, say))])
        if not failed and "--platform" in arguments:
            python = str(folder / "bin" / "python")
            with _importing(python):
                return subprocess.run([python, "-m", "harness.provision"]).returncode
    finally:
        if meanwhile:
            meanwhile.wait()
    for error in failed:
        sys.stderr.write(f"error: {error}\nhint: {error.hint}\n")
    return failed[0].exit_code if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
