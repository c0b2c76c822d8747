"""What the images install is a closed part of the lock file."""

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "docker" / "packages"
LOCK = (FOLDER.parents[1] / "requirements.lock").read_text()


def locked() -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "locked"}
    exec((FOLDER / "locked.py").read_text(), namespace)
    return namespace


@pytest.mark.parametrize("role", ["platform", "database", "load"])
def test_every_package_is_locked_with_hashes(role: str) -> None:
    names = (FOLDER / f"{role}.txt").read_text().split()
    entries = locked()["selected"](names, LOCK)
    assert len(re.findall(r"(?m)^\S+==", entries)) == len(names)
    assert entries.count("--hash=sha256:") >= len(names)


def test_a_package_that_is_not_locked_is_named() -> None:
    with pytest.raises(SystemExit, match="not in the lock file: nonsense"):
        locked()["selected"](["nonsense"], LOCK)


@pytest.mark.parametrize("role", ["platform", "database", "load"])
def test_what_a_package_needs_is_installed_too(role: str) -> None:
    names = set((FOLDER / f"{role}.txt").read_text().split())
    missing = {(name, need) for name in names for need in needs(name) if need not in names}
    assert missing == set()


def needs(name: str) -> list[str]:
    try:
        wanted = requires(name) or []
    except PackageNotFoundError:
        return []
    unconditional = [line for line in wanted if ";" not in line]
    return [re.split(r"[^A-Za-z0-9._-]", line)[0].lower().replace("_", "-").replace(".", "-") for line in unconditional]


ALONE = """
import importlib.metadata, re, sys

allowed = set(sys.argv[1:]) | {"faultline"}
owners = importlib.metadata.packages_distributions()


class Refusing:
    def find_spec(self, name, path=None, target=None):
        dists = {re.sub(r"[-_.]+", "-", item).lower() for item in owners.get(name.partition(".")[0], [])}
        if dists and not dists & allowed:
            raise ModuleNotFoundError(f"{name} is not in the image", name=name)


sys.meta_path.insert(0, Refusing())
"""
LOAD = "import locust.main, loadtests.locustfile, harness.cli.generator, harness.guard.process"
PLATFORM = """
import importlib, pkgutil, system
for found in pkgutil.walk_packages(system.__path__, "system."):
    if not found.name.endswith(".__main__") and ".migrations." not in found.name:
        importlib.import_module(found.name)
"""


@pytest.mark.parametrize(
    ("role", "imports", "needed"), [("load", LOAD, "duckdb"), ("platform", PLATFORM, "fastapi-offline")]
)
def test_an_image_has_all_that_its_role_imports(role: str, imports: str, needed: str) -> None:
    names = (FOLDER / f"{role}.txt").read_text().split()
    ran = alone(imports, names)
    assert ran.returncode == 0, ran.stderr
    ran = alone(imports, [name for name in names if name != needed])
    assert f"{needed.replace('-', '_')} is not in the image" in ran.stderr


@pytest.mark.parametrize(("role", "imports"), [("load", LOAD), ("platform", PLATFORM)])
def test_an_image_has_every_package_of_ours_that_its_role_imports(role: str, imports: str) -> None:
    """A package of ours that nobody copies into an image is there in every checkout, and only there."""
    told = "\nprint(*{name.partition('.')[0] for name in sys.modules})"
    ran = alone(imports + told, (FOLDER / f"{role}.txt").read_text().split())
    ours = {path.parent.name for path in FOLDER.parents[1].glob("*/__init__.py")}
    stage = (FOLDER.parent / "Dockerfile").read_text().partition(f"FROM python AS {role}\n")[2].partition("\nFROM ")[0]
    copied = set(re.findall(r"(?m)^COPY (\w+) /app/\1$", stage))
    assert copied
    assert ours & set(ran.stdout.split()) == copied, ran.stderr


def test_the_engine_is_given_all_that_the_images_are_made_of() -> None:
    lines = (FOLDER.parent / "Dockerfile").read_text().splitlines()
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    given = {line[1:] for line in (FOLDER.parents[1] / ".dockerignore").read_text().splitlines() if line[0] == "!"}
    assert {source.partition("/")[0] for sources in copies for source in sources} == given


def alone(imports: str, names: list[str]) -> "subprocess.CompletedProcess[str]":
    """Import something where only these packages can be imported."""
    command = [sys.executable, "-c", ALONE + imports, *names]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
