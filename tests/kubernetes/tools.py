"""What the manifests are checked with: kustomize, and the schemas of Kubernetes as a package brings them.

kustomize is found on PATH, or in kubectl, or built once with Go. The schemas are 22 MB that only these tests want, so
they have a lock file and a virtual environment of their own, made once in the user's cache.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from harness.provision.cache import cache_lock

HERE = Path(__file__).parent
KUSTOMIZE = "sigs.k8s.io/kustomize/kustomize/v5"
KUSTOMIZE_VERSION = "v5.7.1"
INSTALL_DEADLINE_S = 900.0


def kustomize() -> list[str]:
    """Return the command that builds a kustomization. Builds kustomize the first time, where it must."""
    if found := shutil.which("kustomize"):
        return [found, "build"]
    if found := shutil.which("kubectl"):
        return [found, "kustomize"]
    with cache_lock("kustomize") as cache:
        program = cache / f"kustomize-{KUSTOMIZE_VERSION}"
        if not program.exists():
            environment = {**os.environ, "GOBIN": str(cache / "building-kustomize"), "CGO_ENABLED": "0"}
            _run(["go", "install", f"{KUSTOMIZE}@{KUSTOMIZE_VERSION}"], environment)
            (cache / "building-kustomize" / "kustomize").replace(program)
        return [str(program), "build"]


def validator() -> str:
    """Return the program that validates manifests against the schemas it brings. Installed the first time."""
    lock = HERE / "requirements.lock"
    with cache_lock("kubernetes-validate") as cache:
        folder = cache / "kubernetes-validate"
        mark = folder / "installed.lock"
        if not mark.exists() or mark.read_text() != lock.read_text():
            shutil.rmtree(folder, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(folder)])
            pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            _run([*pip, "--require-hashes", "-r", str(lock)])
            mark.write_text(lock.read_text())
        return str(folder / "bin" / "kubernetes-validate")


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    ran = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=INSTALL_DEADLINE_S, check=False
    )
    assert ran.returncode == 0, f"{' '.join(command)}:\n{ran.stdout}{ran.stderr}"
