"""`python -m tests.provision`: everything that tests build once, built before the first of them, all of it at once.

A test has a deadline for what it is about; a compiler's time is not part of that.
"""

import subprocess
import sys

from harness.core.errors import HarnessError
from harness.provision.__main__ import main as for_a_platform
from harness.provision.patience import Say, Task, all_at_once
from tests.clients.kinds import chosen
from tests.conftest import kustomize_can_be_had
from tests.kubernetes.tools import kustomize, validator
from tests.promtool import promtool, promtool_can_be_had


def main() -> int:
    """Provide everything that can be had here. Return 0, or 70 where something that can be had could not be built."""
    if code := for_a_platform():
        return code
    tasks: list[Task] = [("clients", for_clients)]
    if kustomize_can_be_had():
        tasks.append(("kubernetes", for_kubernetes))
    if promtool_can_be_had():
        tasks.append(("promtool", for_promtool))
    failed = all_at_once(tasks)
    for error in failed:
        sys.stderr.write(f"error: {error}\n")
    return 70 if failed else 0


def for_kubernetes(say: Say) -> None:
    say("getting kustomize and the schemas of Kubernetes ready")
    try:
        kustomize()
        validator()
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        raise HarnessError(str(error)) from error


def for_promtool(say: Say) -> None:
    say("getting promtool ready")
    try:
        promtool()
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        raise HarnessError(str(error)) from error


def for_clients(say: Say) -> None:
    kinds = chosen()
    if missing := sorted({name for kind in kinds for name in kind.missing}):
        raise HarnessError(f"FAULTLINE_REQUIRE_CLIENTS=1, but there is no {', '.join(missing)}")
    say(f"building the clients that pay: {', '.join(kind.name for kind in kinds)}")
    try:
        for kind in kinds:
            kind.command()
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        raise HarnessError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
