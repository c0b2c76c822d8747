"""Where the platform's own processes have their code from: this checkout, a mutant's copy, or one that was named."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import harness
from harness.core.errors import UsageError
from harness.workspace import Workspace

SOURCE = "FAULTLINE_PLATFORM_SOURCE"
"""Names a folder whose `system` the API, the worker and the setup run. Simulators and sink are the outside world."""
AS_BUG = "B0"
"""What a mutant's copy calls its change, whichever it is."""
_MUTANT = re.compile(r"M[0-9a-f]{8}")


def is_mutant(bug: str) -> bool:
    """Tell a mutant's id from a planted bug's."""
    return bool(_MUTANT.fullmatch(bug))


def planted_as(bug: str) -> str:
    """Return the name under which the platform knows a bug or mutant."""
    return AS_BUG if is_mutant(bug) else bug


def require_mutant(workspace: Workspace, bug: str) -> str:
    """Return a mutant's id. Raises `UsageError` where its copy of the platform has not been made."""
    if not (workspace.mutants / bug / "system").is_dir():
        raise UsageError(
            f"the mutant {bug} has not been made in {workspace.root}", hint=f"faultline mutants --make {bug}"
        )
    return bug


def source_of(bug: str, workspace: Workspace, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder that has the platform's package."""
    if is_mutant(bug):
        return workspace.mutants / bug
    return Path(environ.get(SOURCE) or Path(harness.__file__).parent.parent)
