"""The processes of one node: the PostgreSQL server with its children, found by its data folder, and Patroni."""

import signal
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from harness.core.errors import ControlError
from harness.provision.processes.ending import postmaster, runs, wait_gone

_SIGNAL_DEADLINE_S = 5.0
_POLL_S = 0.01


def server_family(data_folder: Path) -> list[psutil.Process]:
    """Return the server on this data folder and its children, the server first; empty when none runs."""
    server = postmaster(data_folder)
    if server is None:
        return []
    try:
        return [server, *server.children(recursive=True)]
    except psutil.Error:
        return []


def command_line(process: psutil.Process) -> str:
    """Return what a process calls itself (PostgreSQL's say what they do); '' where it is gone."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def kill(processes: Sequence[psutil.Process]) -> None:
    """SIGKILL these processes; `ControlError` when one still runs afterwards."""
    _send(processes, signal.SIGKILL)
    if left := wait_gone(processes, timeout_s=_SIGNAL_DEADLINE_S):
        raise ControlError(f"killed, but still there: {', '.join(map(_named, left))}")


def freeze(processes: Sequence[psutil.Process]) -> None:
    """SIGSTOP these processes; `ControlError` when one still runs afterwards."""
    _send(processes, signal.SIGSTOP)
    if left := _others_than(processes, stopped=True):
        raise ControlError(f"stopped, but still running: {', '.join(map(_named, left))}")


def thaw(processes: Sequence[psutil.Process]) -> None:
    """SIGCONT these processes; `ControlError` when one stands still afterwards."""
    _send(processes, signal.SIGCONT)
    if left := _others_than(processes, stopped=False):
        raise ControlError(f"continued, but still stopped: {', '.join(map(_named, left))}")


def _send(processes: Sequence[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
        except psutil.Error as error:
            raise ControlError(f"{_named(process)} cannot be signalled: {error}") from error


def _others_than(processes: Sequence[psutil.Process], *, stopped: bool) -> list[psutil.Process]:
    """Wait until each process that still runs is stopped, or is not; return those that are otherwise.

    A child that ended just before its parent was frozen stays a zombie for as long: it never stops, and runs nothing.
    """
    until = time.monotonic() + _SIGNAL_DEADLINE_S
    left = list(processes)
    while left := [process for process in left if _is_stopped(process) is not stopped and runs(process)]:
        if time.monotonic() > until:
            break
        time.sleep(_POLL_S)
    return left


def _is_stopped(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def _named(process: psutil.Process) -> str:
    try:
        return f"process {process.pid} ({process.name()}, {process.status()})"
    except psutil.Error:
        return f"process {process.pid}"
