"""What all tests share: examples of properties are not timed, and containers need their engine.

Tests of containers need a Docker engine. Without one they are not run, and the last lines say so, loudly.

With `FAULTLINE_REQUIRE_CONTAINERS=1` (as in continuous integration) a missing engine is an error instead.
"""

import os
import shutil
import subprocess

import pytest
from hypothesis import settings

# A property holds or it does not; how long one example takes says only how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

REQUIRED = os.environ.get("FAULTLINE_REQUIRE_CONTAINERS") == "1"
_LEFT_OUT = pytest.StashKey[list[str]]()


def engine_answers() -> bool:
    """Tell whether a Docker engine and Compose can be used here."""
    if shutil.which("docker") is None:
        return False
    asked = (["docker", "version", "--format", "{{.Server.Version}}"], ["docker", "compose", "version"])
    return all(subprocess.run(command, capture_output=True, timeout=30).returncode == 0 for command in asked)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    of_containers = [item for item in items if item.get_closest_marker("containers")]
    if not of_containers or engine_answers():
        return
    if REQUIRED:
        raise pytest.UsageError("FAULTLINE_REQUIRE_CONTAINERS=1, but no Docker engine with Compose answers")
    config.stash[_LEFT_OUT] = [item.nodeid for item in of_containers]
    config.hook.pytest_deselected(items=of_containers)
    items[:] = [item for item in items if item not in of_containers]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash.get(_LEFT_OUT, [])
    if not left_out:
        return
    terminalreporter.section("NOT RUN: the tests of containers", sep="!", red=True, bold=True)
    for name in left_out:
        terminalreporter.write_line(f"  {name}")
    terminalreporter.write_line(
        f"{len(left_out)} tests were not run, because no Docker engine with Compose answers here: nothing is known of "
        "the compose target. Start Docker and run again; on Debian without it, docker/engine installs and starts it.",
        red=True,
        bold=True,
    )
