"""Bringing the embedded platform up, and making a running one what the next run wants."""

import os
import time
from dataclasses import replace

from harness.core.errors import UsageError
from harness.core.target import Progress
from harness.provision.ports import DEFAULT_BASE_PORT, Ports
from harness.provision.postgres.settings import Passwords
from harness.provision.processes.supervisor import Supervisor
from harness.targets import durability
from harness.targets.durability import DURABILITY
from harness.targets.environment import SIMULATOR_TIMINGS
from harness.targets.launch import Launcher
from harness.targets.plumbing import EmbeddedPlumbing, connect
from harness.targets.state import PlatformSecrets, PlatformState, make_merchants, write_merchants
from harness.targets.steadiness import unwell
from harness.targets.topology import OWN
from harness.workspace import Workspace

_RECOVERY_S = 10.0
"""A sound platform finds its database again within seconds of the repair."""

CHANGING = "(changing)"
"""The recorded bug while processes are replaced: whoever finds it replaces them again."""


def start_afresh(
    ports: Ports, workspace: Workspace, supervisor: Supervisor, bug: str, settings: dict[str, str], progress: Progress
) -> EmbeddedPlumbing:
    """Start everything on empty books with fresh secrets. Raises `UsageError` when a port is in use."""
    ports.require_free()
    merchants = make_merchants(ports)
    write_merchants(workspace.merchants_file, merchants)
    state = PlatformState(ports.base, bug, settings, PlatformSecrets(), merchants)
    passwords = _start_cluster(connect(workspace, supervisor, state), progress)
    known = state.secrets.with_database(
        application=passwords.application,
        reader=passwords.reader,
        superuser=passwords.superuser,
        replication=passwords.replication,
    )
    parts = connect(workspace, supervisor, replace(state, secrets=known))
    _record(workspace, parts.state, bug=CHANGING)
    launcher = Launcher(workspace, ports, supervisor, parts.state)
    progress("starting the gateway simulators and the sink")
    launcher.foundation(parts.cluster)
    progress("creating the platform's schema")
    launcher.setup(fresh=False)
    progress("starting the platform's own processes")
    launcher.start(OWN)
    parts.cluster.wait()
    durability.apply(parts.cluster, parts.database, settings, progress)
    _record(workspace, parts.state, bug=bug)
    return parts


def _start_cluster(parts: EmbeddedPlumbing, progress: Progress) -> Passwords:
    """Start the links and then the cluster, whose nodes speak to each other through them."""
    progress("starting Toxiproxy")
    parts.proxy.start(progress)
    parts.links.create_all()
    return parts.cluster.start(progress)


def adjust(
    running: EmbeddedPlumbing,
    workspace: Workspace,
    supervisor: Supervisor,
    bug: str,
    settings: dict[str, str],
    progress: Progress,
) -> EmbeddedPlumbing:
    """Make a running platform what is wanted, with as few restarts as that takes, and start what has died."""
    old = running.state
    parts = connect(workspace, supervisor, replace(old, bug=bug, settings=settings))
    changed = {name for name in {*old.settings, *settings} if old.settings.get(name) != settings.get(name)}
    if bug != old.bug or changed:
        _record(workspace, parts.state, bug=CHANGING)
    launcher = Launcher(workspace, parts.ports, supervisor, parts.state)
    parts.proxy.start(progress)
    parts.links.restore_all()
    parts.cluster.repair()
    if changed & {*SIMULATOR_TIMINGS, "PAY_LOG_LEVEL"}:
        progress("restarting the simulators with other settings")
        launcher.restart(launcher.simulators)
    launcher.start(launcher.simulators)
    if bug != old.bug:
        progress(f"restarting the platform with {f'the planted bug {bug}' if bug else 'no bug'}")
        supervisor.stop(OWN)
        # A bug may have changed the schema.
        launcher.setup(fresh=True)
    elif changed - {*SIMULATOR_TIMINGS, *DURABILITY}:
        progress("restarting the platform with other settings")
        supervisor.stop(OWN)
    launcher.start(OWN)
    if reason := _unwell_for_good(parts):
        progress(f"restarting the platform, which did not recover from the last run: {reason}")
        supervisor.stop(OWN)
        launcher.start(OWN)
    if changed & {*DURABILITY}:
        durability.apply(parts.cluster, parts.database, settings, progress)
    _record(workspace, parts.state, bug=bug)
    return parts


def _unwell_for_good(parts: EmbeddedPlumbing) -> str:
    """Return what is wrong with a platform that does not come to itself; empty as soon as nothing is.

    Its database and links are whole. That it stays unwell was judged in the run that made it so.
    """
    until = time.monotonic() + _RECOVERY_S
    while (reason := unwell(parts)) and time.monotonic() < until:
        time.sleep(0.1)
    return reason


def _record(workspace: Workspace, state: PlatformState, *, bug: str) -> None:
    replace(state, bug=bug).save(workspace.platform_file)


def chosen_base_port(asked: int | None) -> int:
    """Return the asked base port, else the environment's (`FAULTLINE_BASE_PORT`), else the default."""
    if asked is not None:
        return asked
    named = os.environ.get("FAULTLINE_BASE_PORT")
    if named is None:
        return DEFAULT_BASE_PORT
    if not named.isdecimal():
        raise UsageError(f"FAULTLINE_BASE_PORT={named!r} is not a port number", hint="21000 is the default")
    return int(named)
