"""Clients, the API that they pay at, and the table of what they do."""

from collections.abc import Iterator

import pytest

from tests.clients.ground import Ground
from tests.clients.kinds import KINDS, REQUIRED, chosen
from tests.system.conftest import TestDatabase, migrated, postgres

__all__ = ["migrated", "postgres"]


@pytest.fixture(scope="session")
def ground(migrated: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One replica with both gateways, behind a link and behind HAProxy."""
    made = Ground(tmp_path_factory.mktemp("clients"), migrated.environment)
    yield made
    made.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which clients were left out, wherever any was."""
    left_out = [kind.name for kind in KINDS if kind not in chosen()]
    if left_out and not REQUIRED:
        terminalreporter.section("clients that were not tried here")
        terminalreporter.write_line(f"{', '.join(left_out)}: FAULTLINE_REQUIRE_CLIENTS=1 demands them (see .ci/run)")
