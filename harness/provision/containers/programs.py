"""Programs of an image, run in one of our containers."""

from collections.abc import Sequence

from harness.core.errors import ControlError
from harness.provision.containers.engine import controlled
from harness.provision.containers.owned import container


def run_program(owner: str, service: str, command: Sequence[str]) -> str:
    """Run a program in a running container and return what it said. `ControlError` with its words where it failed."""
    found = container(owner, service)
    with controlled(f"running {command[0]} in {service}"):
        status, output = found.exec_run(list(command))
    said = output.decode(errors="replace").strip() if isinstance(output, bytes) else ""
    if status != 0:
        raise ControlError(f"{' '.join(command)} failed in {service}: {said or f'exit code {status}'}")
    return said
