"""Ending a workspace's containers, for a harness and for a guard alike."""

from harness.provision.containers.owned import end_owned, owner_of, states
from harness.workspace import Workspace


def end_containers(workspace: Workspace) -> None:
    """Remove every container, network and volume that this workspace ever made, if it made any.

    The note that it did is removed last, so that whoever fails leaves it to the next. Raises `ControlError`.
    """
    if workspace.containers_file.exists():
        end_owned(owner_of(workspace))
        workspace.containers_file.unlink(missing_ok=True)


def containers_run(workspace: Workspace) -> bool:
    """Tell whether any container of this workspace runs."""
    if not workspace.containers_file.exists():
        return False
    return any(state.alive for state in states(owner_of(workspace)).values())
