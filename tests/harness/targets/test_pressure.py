"""Pressure never reaches beyond its cluster: no server, no small disk, nothing done. The rest is tested end to end."""

from pathlib import Path

import pytest

from harness.core.errors import ControlError
from harness.provision.ports import Ports
from harness.provision.processes.records import ProcessRecord
from harness.provision.processes.supervisor import Supervisor
from harness.targets.pressure import PressureControls
from harness.workspace import Workspace
from tests.faults.fake_database import FakeDatabase

PORTS = Ports(25300)


@pytest.fixture
def pressure(tmp_path: Path) -> PressureControls:
    workspace = Workspace(tmp_path)
    workspace.prepare()
    return PressureControls(PORTS, Supervisor(workspace), FakeDatabase(), reader="", superuser="")


def test_a_server_that_cannot_be_reached_is_neither_exhausted_nor_full_of_connections(
    pressure: PressureControls,
) -> None:
    assert pressure.connection_refused() is False
    with pytest.raises(ControlError, match="could not be taken"):
        pressure.hold_connections()
    assert pressure.cancel_commits(terminate=False) == 0


def test_a_node_without_a_disk_of_its_own_is_never_filled(
    pressure: PressureControls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = ProcessRecord("pg-a", 1, 0.0, (), data_folder=str(tmp_path / "data-a"))
    monkeypatch.setattr(Supervisor, "records", {"pg-a": record})
    with pytest.raises(ControlError, match="no small disk"):
        pressure.fill_disk("pg-a")
    with pytest.raises(ControlError, match="never started"):
        pressure.undo_fill("pg-b")


def test_a_full_disk_is_counted_in_what_the_server_said(pressure: PressureControls, tmp_path: Path) -> None:
    assert pressure.disk_errors("pg-a") == 0
    log = tmp_path / "logs" / "pg-a.log"
    log.write_text('PANIC:  could not write to file "pg_wal/xlogtemp.7": No space left on device\nLOG:  x\n')
    assert pressure.disk_errors("pg-a") == 1
