"""Ending processes: the recorded ones, and whatever else carries the workspace's mark.

A harness that dies between starting a process and recording it leaves no record. So every child also carries the
workspace in its environment, which is searched for; and since another user's environment may be unreadable, a
PostgreSQL process is recognised by the data folder on its command line as well.
"""

import os
import signal
import time
from collections.abc import Collection, Iterable
from pathlib import Path

import psutil

from harness.provision.containers.ending import containers_run, end_containers
from harness.provision.processes.records import ProcessRecord, load_records, save_records
from harness.workspace import Workspace

MARK_WORKSPACE = "FAULTLINE_PROCESS_OF"
MARK_GROUP = "FAULTLINE_PROCESS_GROUP"
_POSTMASTER_GRACE_S = 2.0


def own_marks() -> dict[str, str]:
    """Return the marks that this process's children inherit, for one that is given an environment of its own."""
    return {name: os.environ[name] for name in (MARK_WORKSPACE, MARK_GROUP) if name in os.environ}


def postmaster(data_folder: Path) -> psutil.Process | None:
    """Return the PostgreSQL server that runs on this data folder, or None."""
    try:
        process = psutil.Process(int((data_folder / "postmaster.pid").read_text().split("\n", 1)[0]))
        return process if str(data_folder) in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None


def end(processes: Iterable[psutil.Process], *, grace_s: float = 0.0) -> None:
    """End processes and their descendants: SIGTERM, then after `grace_s` SIGKILL (at once when it is 0)."""
    family = _with_descendants(processes)
    if grace_s > 0:
        _signal(family, signal.SIGTERM)
        family = wait_gone(family, timeout_s=grace_s)
    _signal(family, signal.SIGKILL)
    wait_gone(family, timeout_s=5.0)


def wait_gone(processes: Iterable[psutil.Process], *, timeout_s: float) -> list[psutil.Process]:
    """Wait until these processes have ended; return those that have not.

    A zombie has ended: it holds no port and no file, and its parent may take its time to notice.
    """
    until = time.monotonic() + timeout_s
    left = [process for process in processes if runs(process)]
    while left and time.monotonic() < until:
        time.sleep(0.01)
        left = [process for process in left if runs(process)]
    return left


def runs(process: psutil.Process) -> bool:
    """Tell whether a process exists and is no zombie."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def end_postmasters(servers: Collection[psutil.Process]) -> None:
    """Stop PostgreSQL servers at once (SIGQUIT, so that shared memory is removed), then kill what is left."""
    family = _with_descendants(servers)
    _signal(family, signal.SIGCONT)
    _signal(servers, signal.SIGQUIT)
    left = wait_gone(family, timeout_s=_POSTMASTER_GRACE_S)
    _signal(left, signal.SIGKILL)
    wait_gone(left, timeout_s=5.0)


def end_records(records: Collection[ProcessRecord], *, grace_s: float = 0.0) -> None:
    """End recorded processes by verified identity, and the PostgreSQL servers that belong to them afterwards.

    Patroni goes first: it would start its server again.
    """
    end([process for record in records if (process := record.process())], grace_s=grace_s)
    folders = [Path(record.data_folder) for record in records if record.data_folder]
    end_postmasters([server for folder in folders if (server := postmaster(folder))])


def end_everything(workspace: Workspace, *, groups: Collection[str] = ("platform", "run")) -> None:
    """End every process of these groups that this workspace ever started, recorded or not, and forget them.

    With the group `platform` its containers end too; `ControlError` where the engine does not let them go.
    """
    records = load_records(workspace.processes_file)
    end_records([record for record in records.values() if record.group in groups])
    for _ in range(3):
        stray = list(_marked(workspace, groups))
        if not stray:
            break
        end(stray)
    if "platform" in groups and workspace.cluster.is_dir():
        found = [postmaster(folder) for folder in workspace.cluster.glob("data-*")]
        end_postmasters([server for server in found if server])
    save_records(workspace.processes_file, [record for record in records.values() if record.group not in groups])
    if "platform" in groups:
        end_containers(workspace)


def anything_runs(workspace: Workspace) -> bool:
    """Tell whether any recorded process or any container of this workspace runs."""
    records = load_records(workspace.processes_file)
    return any(record.process() for record in records.values()) or containers_run(workspace)


def _marked(workspace: Workspace, groups: Collection[str]) -> Iterable[psutil.Process]:
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            environment = process.environ()
        except (psutil.Error, OSError):
            environment = {}
        marked = environment.get(MARK_WORKSPACE) == str(workspace.root) and environment.get(MARK_GROUP) in groups
        if marked or ("platform" in groups and _serves_cluster(process, workspace)):
            yield process


def _serves_cluster(process: psutil.Process, workspace: Workspace) -> bool:
    """Tell whether this is a Patroni or PostgreSQL process on the workspace's cluster (and not an editor or a tail)."""
    try:
        command = process.cmdline()
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
    except psutil.Error:
        return False
    on_cluster = any(f"{workspace.cluster}{os.sep}" in argument for argument in command[1:])
    ours = any("patroni" in argument or "pginstall" in argument or "postgres" in argument for argument in command[:3])
    return on_cluster and ours


def _with_descendants(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    family: dict[int, psutil.Process] = {}
    for process in processes:
        try:
            family |= {found.pid: found for found in (process, *process.children(recursive=True))}
        except psutil.Error:
            continue
    return list(family.values())


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.Error:
            # Gone already, which is what was wanted; one that may not be signalled is found alive by the caller.
            continue
