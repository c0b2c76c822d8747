"""An image is built again when what is in it has changed, and only then."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "docker", tmp_path / "docker", ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("requirements.lock", ".dockerignore", "system/core.py", "harness/core.py", "loadtests/plan.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("first\n")
    return tmp_path


def digests(sources: Path) -> dict[str, str]:
    def digest(target: str) -> str:
        return subprocess.run(
            [sources / "docker" / "digest", target], capture_output=True, text=True, check=True
        ).stdout.strip()

    return {target: digest(target) for target in ("api", "load")}


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("system/core.py", {"api", "load"}),
        ("docker/Dockerfile", {"api", "load"}),
        ("requirements.lock", {"api", "load"}),
        ("harness/core.py", {"load"}),
        ("loadtests/plan.py", {"load"}),
        ("docker/README.md", set()),
    ],
)
def test_a_changed_file_changes_the_digests_of_the_images_that_hold_it(
    sources: Path, file: str, changed: set[str]
) -> None:
    before = digests(sources)
    assert all(before.values())
    (sources / file).write_text("second\n")
    after = digests(sources)
    assert {target for target in before if before[target] != after[target]} == changed
