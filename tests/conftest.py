"""What all tests share: examples of properties are not timed, and some tests need what a machine may not have.

Tests of containers need a Docker engine, those of the Kubernetes manifests need kustomize, and those that hold the
alerts against Prometheus need promtool. Without these they are not run, and the last lines say so, loudly.

With `FAULTLINE_REQUIRE_CONTAINERS=1`, `FAULTLINE_REQUIRE_KUBERNETES=1` and `FAULTLINE_REQUIRE_PROMTOOL=1` (as in
continuous integration) it is an error instead.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.promtool import promtool_can_be_had

# A property holds or it does not; how long one example takes says only how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

REQUIRED = os.environ.get("FAULTLINE_REQUIRE_CONTAINERS") == "1"
KUBERNETES_REQUIRED = os.environ.get("FAULTLINE_REQUIRE_KUBERNETES") == "1"
PROMTOOL_REQUIRED = os.environ.get("FAULTLINE_REQUIRE_PROMTOOL") == "1"
_LEFT_OUT = pytest.StashKey[list[str]]()
_LEFT_OUT_OF_KUBERNETES = pytest.StashKey[list[str]]()
_LEFT_OUT_OF_PROMTOOL = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session", autouse=True)
def no_proxy_for_this_machine() -> Iterator[None]:
    """Ask this machine itself, in tests and in what they start, whatever proxies the environment names."""
    already = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NO_PROXY", "no_proxy"):
            patch.setenv(name, ",".join(filter(None, (already, "127.0.0.1,localhost"))))
        yield


def engine_answers() -> bool:
    """Tell whether a Docker engine and Compose can be used here."""
    if shutil.which("docker") is None:
        return False
    asked = (["docker", "version", "--format", "{{.Server.Version}}"], ["docker", "compose", "version"])
    return all(subprocess.run(command, capture_output=True, timeout=30).returncode == 0 for command in asked)


def kustomize_can_be_had() -> bool:
    """Tell whether there is kustomize here, or Go to build it."""
    return any(shutil.which(name) for name in ("kustomize", "kubectl", "go"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    _leave_out_containers(config, items)
    _leave_out_kubernetes(config, items)
    _leave_out_promtool(config, items)


def _leave_out_promtool(config: pytest.Config, items: list[pytest.Item]) -> None:
    of_promtool = [item for item in items if item.get_closest_marker("promtool")]
    if not of_promtool or promtool_can_be_had():
        return
    if PROMTOOL_REQUIRED:
        raise pytest.UsageError("FAULTLINE_REQUIRE_PROMTOOL=1, but there is no promtool, and no apt-get to get it")
    config.stash[_LEFT_OUT_OF_PROMTOOL] = [item.nodeid for item in of_promtool]
    config.hook.pytest_deselected(items=of_promtool)
    items[:] = [item for item in items if item not in of_promtool]


def _leave_out_kubernetes(config: pytest.Config, items: list[pytest.Item]) -> None:
    of_kubernetes = [item for item in items if item.get_closest_marker("kubernetes")]
    if not of_kubernetes or kustomize_can_be_had():
        return
    if KUBERNETES_REQUIRED:
        raise pytest.UsageError("FAULTLINE_REQUIRE_KUBERNETES=1, but there is no kustomize, kubectl or Go")
    config.stash[_LEFT_OUT_OF_KUBERNETES] = [item.nodeid for item in of_kubernetes]
    config.hook.pytest_deselected(items=of_kubernetes)
    items[:] = [item for item in items if item not in of_kubernetes]


def _leave_out_containers(config: pytest.Config, items: list[pytest.Item]) -> None:
    of_containers = [item for item in items if item.get_closest_marker("containers")]
    if not of_containers or engine_answers():
        return
    if REQUIRED:
        raise pytest.UsageError("FAULTLINE_REQUIRE_CONTAINERS=1, but no Docker engine with Compose answers")
    config.stash[_LEFT_OUT] = [item.nodeid for item in of_containers]
    config.hook.pytest_deselected(items=of_containers)
    items[:] = [item for item in items if item not in of_containers]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if manifests := config.stash.get(_LEFT_OUT_OF_KUBERNETES, []):
        terminalreporter.section("NOT RUN: the tests of the Kubernetes manifests", sep="!", red=True, bold=True)
        terminalreporter.write_line(
            f"{len(manifests)} tests were not run, because there is no kustomize, kubectl or Go here: nothing is known "
            "of deploy/kubernetes. Put one of them on PATH and run again.",
            red=True,
            bold=True,
        )
    if rules := config.stash.get(_LEFT_OUT_OF_PROMTOOL, []):
        terminalreporter.section("NOT RUN: the alerts held against Prometheus", sep="!", red=True, bold=True)
        terminalreporter.write_line(
            f"{len(rules)} tests were not run, because there is no promtool here, and no apt-get to get it: nothing is "
            "known of docker/prometheus/alerts.yml. Put promtool on PATH and run again.",
            red=True,
            bold=True,
        )
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
