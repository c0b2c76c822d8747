"""Two made-up runs, written once: one that is sound, one in which five payments were charged twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.core.evidence import Evidence
from tests.reports import run_folder


@pytest.fixture(scope="session")
def sound_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    evidence = Evidence(run_folder.build(tmp_path_factory.mktemp("runs") / "sound"))
    yield evidence
    evidence.close()


@pytest.fixture(scope="session")
def broken_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    evidence = Evidence(run_folder.build(tmp_path_factory.mktemp("runs") / "broken", double_charges=5))
    yield evidence
    evidence.close()


@pytest.fixture
def bare_run(tmp_path: Path) -> Iterator[Evidence]:
    """A run that ended before the load began: a plan and nothing else."""
    (tmp_path / "plan.json").write_text('{"schema_version": 1, "t0_us": 0}')
    evidence = Evidence(tmp_path)
    yield evidence
    evidence.close()
