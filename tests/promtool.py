"""promtool, by which Prometheus' rules are tested: from PATH, or unpacked once from Debian's package into the cache."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.provision.cache import cache_lock

DOWNLOAD_DEADLINE_S = 300.0
TEST_DEADLINE_S = 240.0


def promtool_can_be_had() -> bool:
    """Tell whether there is promtool here, or a Debian that has a package of it."""
    return bool(shutil.which("promtool") or (shutil.which("apt-get") and shutil.which("dpkg-deb")))


def promtool() -> str:
    """Return the program. Unpacks Debian's package the first time, where it must; nothing is installed or started."""
    if found := shutil.which("promtool"):
        return found
    with cache_lock("promtool") as cache:
        program = cache / "promtool"
        if not program.exists():
            with tempfile.TemporaryDirectory(dir=cache) as folder:
                _run(["apt-get", "download", "-qq", "prometheus"], Path(folder))
                (package,) = Path(folder).glob("prometheus_*.deb")
                _run(["dpkg-deb", "-x", str(package), "unpacked"], Path(folder))
                (Path(folder) / "unpacked" / "usr" / "bin" / "promtool").replace(program)
        return str(program)


def ran(*arguments: str) -> str:
    """Run promtool and return what it said. Raises `AssertionError` with that where it found something wrong."""
    done = subprocess.run(
        [promtool(), *arguments], capture_output=True, text=True, timeout=TEST_DEADLINE_S, check=False
    )
    assert done.returncode == 0, f"promtool {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
    return done.stdout


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=DOWNLOAD_DEADLINE_S, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"
