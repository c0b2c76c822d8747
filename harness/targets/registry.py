"""The targets by their names. Whoever starts, uses or stops a platform gets its target from here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from harness.core.container_controls import NEED as CONTAINERS
from harness.core.errors import UsageError
from harness.core.fault import DATABASE, PROCESSES, SIMULATORS
from harness.core.target import Target
from harness.provision.processes.supervisor import Supervisor
from harness.targets.compose.layout import ADDRESSES
from harness.targets.compose.target import ComposeTarget, require_memory
from harness.targets.embedded import EmbeddedTarget, require_disks
from harness.targets.remote.books import not_given
from harness.targets.remote.loading import VARIABLE, load_adapter
from harness.targets.remote.target import RemoteTarget
from harness.targets.state import PlatformState
from harness.workspace import Workspace

DEFAULT = "embedded"
REMOTE = "remote"


class ManagedTarget(Target, Protocol):
    """A target that the harness itself starts, on this machine."""

    @property
    def supervisor(self) -> Supervisor:
        """The processes of this workspace, the load generator among them."""

    def attach(self) -> bool:
        """Use the platform that runs in this workspace; False when there is none of this kind."""

    def active_faults(self) -> Sequence[str]:
        """Return a sentence for each fault that is on now."""

    def where(self) -> Mapping[str, str]:
        """Return where everything is: addresses, secrets, logs."""

    def link_ports(self) -> Mapping[int, tuple[str, str]]:
        """Return every link as (caller, callee) by the port that its callers dial; none where nobody tells of calls."""

    def gather_logs(self) -> None:
        """Bring what the platform has logged so far into the workspace's logs."""


@dataclass(frozen=True)
class TargetKind:
    """One kind of target.

    `offers` names what not all targets can do, for faults that need it; `require` raises `UsageError` for settings (by
    their full names) that it cannot make on this machine.
    `own` is false for a system that is not ours: it is not started, not operated, and has no settings or planted bugs.
    `links` are then all that it has, and `not_given` names the evidence that it does not give; `merchants` is how many
    there are, and `declines` whether it has cards that are declined.
    """

    name: str
    make: Callable[[Workspace, int | None], ManagedTarget]
    is_up: Callable[[Workspace], bool]
    offers: frozenset[str] = frozenset()
    require: Callable[[Mapping[str, str]], None] = lambda _: None
    own: bool = True
    containers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    not_given: tuple[str, ...] = ()
    merchants: int = 1
    declines: bool = True


def _embedded(workspace: Workspace, base_port: int | None) -> ManagedTarget:
    return EmbeddedTarget(workspace, base_port=base_port)


def _compose(workspace: Workspace, base_port: int | None) -> ManagedTarget:
    return ComposeTarget(workspace, base_port=base_port)


def _no_adapter(workspace: Workspace, base_port: int | None) -> ManagedTarget:
    raise UsageError(
        "--target remote needs an adapter: it says how to speak to the system",
        hint=f"--adapter FILE.py, or {VARIABLE}; docs/your-own-system.md writes one step by step",
    )


PLATFORM = frozenset({PROCESSES, DATABASE, SIMULATORS})

KINDS: Mapping[str, TargetKind] = {
    "embedded": TargetKind("embedded", _embedded, EmbeddedTarget.is_up, PLATFORM, require_disks),
    "compose": TargetKind(
        "compose",
        _compose,
        ComposeTarget.is_up,
        PLATFORM | {CONTAINERS},
        require_memory,
        containers=tuple(ADDRESSES),
    ),
    REMOTE: TargetKind(REMOTE, _no_adapter, lambda _: False, own=False),
}


def remote_kind(path: Path) -> TargetKind:
    """Return the kind of target that this adapter file describes. Raises `UsageError` for one that cannot be used."""
    adapter = load_adapter(path)
    return replace(
        KINDS[REMOTE],
        make=lambda workspace, _: RemoteTarget(workspace, adapter, path),
        links=tuple(adapter.links),
        not_given=not_given(adapter),
        merchants=len(adapter.merchants),
        declines=bool(adapter.declined_cards),
    )


def target_in(workspace: Workspace) -> str | None:
    """Return the name of the target whose platform is described in this workspace; None when there is none."""
    state = PlatformState.load(workspace.platform_file)
    return state.target if state else None


def chosen_kind(workspace: Workspace, asked: str | None, adapter: Path | None = None) -> TargetKind:
    """Return the target that was asked for, else the one that `up` left running, else the default.

    Raises `UsageError` when another one is up in this workspace, and for a remote target without a sound `adapter`.
    """
    kept = target_in(workspace) if workspace.kept else None
    if asked is not None and kept is not None and kept != asked and KINDS[kept].is_up(workspace):
        raise UsageError(
            f"a platform of the target {kept} is up in this workspace, not of {asked}",
            hint=f"`faultline down` first, or leave --target out to use {kept}",
        )
    if asked == REMOTE:
        if adapter is None:
            _no_adapter(workspace, None)
        else:
            return remote_kind(adapter)
    return KINDS[asked or kept or DEFAULT]
