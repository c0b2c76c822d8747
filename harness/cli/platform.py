"""`faultline up`, `status` and `down`: the platform by itself, for exploring."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from harness import catalogue
from harness.cli.talk import Talker
from harness.core.errors import UsageError
from harness.core.plain import json_text
from harness.core.target import Service
from harness.guard.brake import stopped
from harness.guard.session import HarnessSession
from harness.targets.registry import DEFAULT, KINDS, REMOTE, ManagedTarget, chosen_kind, target_in
from harness.workspace import Workspace

BasePort = Annotated[int | None, typer.Option(help="First of the platform's ports.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
TargetOption = Annotated[
    str | None, typer.Option(help="embedded (the default), compose or remote; else the one that is up.")
]


def checked_target(name: str | None) -> str | None:
    """Return a target's name as it was given; `UsageError` naming the valid ones for another."""
    if name is not None and name not in KINDS:
        raise catalogue.nearest(name, list(KINDS), "target")
    return name


def present(workspace: Workspace) -> ManagedTarget:
    """Return the target that this workspace is used with."""
    return KINDS[target_in(workspace) or DEFAULT].make(workspace, None)


def up(
    bug: Annotated[str | None, typer.Option(help="Plant a bug in the platform, such as B07.")] = None,
    base_port: BasePort = None,
    target: TargetOption = None,
) -> int:
    """Start the platform, leave it running and say where everything listens."""
    planted = catalogue.planted_bug(bug).id if bug else None
    if target == REMOTE:
        raise UsageError("the target remote is a system of yours", hint="start it yourself; `run` uses it as it is")
    asked, workspace, talker = checked_target(target), Workspace.locate(), Talker()
    with HarnessSession(workspace, command="faultline up") as session:
        platform = chosen_kind(workspace, asked).make(workspace, base_port)
        platform.start(bug=planted, settings={}, progress=talker.progress)
        session.keep()
        talker.end()
        _print_services(platform)
        sys.stdout.write("".join(f"{name}: {place}\n" for name, place in platform.where().items()))
    talker.line("the platform stays up; `faultline run SCENARIO` uses it, `faultline down` stops it")
    return 0


def status(as_json: JsonOption = False) -> int:
    """Show processes, ports, health, roles and active faults. Exit code 0 when the platform is up and healthy."""
    workspace = Workspace.locate()
    target, brake = present(workspace), stopped(workspace)
    if not target.attach():
        if as_json:
            sys.stdout.write('{"up": false}\n')
        else:
            sys.stdout.write("down: no platform is up in this workspace\n")
            sys.stderr.write("hint: `faultline up` starts one\n")
        return 1
    document = _status(target)
    if as_json:
        sys.stdout.write(json_text(document, indent=2) + "\n")
    else:
        _print_services(target)
        faults = document.faults
        sys.stdout.write("faults: " + ("; ".join(faults) if faults else "none") + "\n")
        if brake:
            sys.stdout.write(f"stopped by {brake.by} on {brake.since}: nothing is injected until `faultline release`\n")
        sys.stdout.write("".join(f"{name}: {place}\n" for name, place in document.where.items()))
    return 0 if document.healthy else 1


def down() -> int:
    """Heal every fault, stop the platform and clean up. Harmless when nothing is up."""
    workspace, talker = Workspace.locate(), Talker()
    with HarnessSession(workspace, command="faultline down") as session:
        session.release_kept()
        target = present(workspace)
        if target.attach():
            target.stop(talker.progress)
    talker.line("down: nothing is left running")
    return 0


@dataclass(frozen=True)
class Status:
    """What `status --json` prints of a platform that is up."""

    up: bool
    healthy: bool
    services: Sequence[Service]
    faults: Sequence[str]
    where: Mapping[str, str]


def _status(target: ManagedTarget) -> Status:
    services = target.services()
    healthy = all(service.healthy for service in services)
    return Status(True, healthy, services, list(target.active_faults()), dict(target.where()))


def _print_services(target: ManagedTarget) -> None:
    for service in target.services():
        sys.stdout.write(_line(service) + "\n")


def _line(service: Service) -> str:
    ports = " ".join(f"{name}={port}" for name, port in service.ports.items())
    health = "healthy" if service.healthy else "NOT HEALTHY"
    pid = str(service.pid or "-")
    return f"{service.name:18} {health:12} {service.role:16} pid {pid:8} {ports} {service.detail}".rstrip()
