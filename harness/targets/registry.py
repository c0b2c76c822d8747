"""The targets by their names. Whoever starts, uses or stops a platform gets its target from here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.core.errors import UsageError
from harness.core.target import Target
from harness.provision.processes.supervisor import Supervisor
from harness.targets.compose.target import ComposeTarget
from harness.targets.durability import DISKS
from harness.targets.embedded import EmbeddedTarget
from harness.targets.state import PlatformState
from harness.workspace import Workspace

DEFAULT = "embedded"


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

    def gather_logs(self) -> None:
        """Bring what the platform has logged so far into the workspace's logs."""


@dataclass(frozen=True)
class TargetKind:
    """One kind of target.

    `offers` names what only some targets can do, for faults that need it; `refuses` the settings that it cannot make.
    """

    name: str
    make: Callable[[Workspace, int | None], ManagedTarget]
    is_up: Callable[[Workspace], bool]
    offers: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()


def _embedded(workspace: Workspace, base_port: int | None) -> ManagedTarget:
    return EmbeddedTarget(workspace, base_port=base_port)


def _compose(workspace: Workspace, base_port: int | None) -> ManagedTarget:
    return ComposeTarget(workspace, base_port=base_port)


KINDS: Mapping[str, TargetKind] = {
    "embedded": TargetKind("embedded", _embedded, EmbeddedTarget.is_up),
    "compose": TargetKind("compose", _compose, ComposeTarget.is_up, frozenset({"containers"}), frozenset(DISKS)),
}


def target_in(workspace: Workspace) -> str | None:
    """Return the name of the target whose platform is described in this workspace; None when there is none."""
    state = PlatformState.load(workspace.platform_file)
    return state.target if state else None


def chosen_kind(workspace: Workspace, asked: str | None) -> TargetKind:
    """Return the target that was asked for, else the one that `up` left running, else the default.

    Raises `UsageError` when another one is up in this workspace.
    """
    kept = target_in(workspace) if workspace.kept else None
    if asked is not None and kept is not None and kept != asked and KINDS[kept].is_up(workspace):
        raise UsageError(
            f"a platform of the target {kept} is up in this workspace, not of {asked}",
            hint=f"`faultline down` first, or leave --target out to use {kept}",
        )
    return KINDS[asked or kept or DEFAULT]
