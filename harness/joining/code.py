"""Which load generator this is: every worker draws the plan by itself, so that all of them must be of one make."""

import hashlib
import importlib.util
from functools import cache
from pathlib import Path

from harness.core.errors import HarnessError


@cache
def code_digest(package: str = "loadtests") -> str:
    """Return a digest of the package's sources. Raises `HarnessError` where it is not installed."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise HarnessError(f"the package {package} is not installed", hint="pip install faultline, whole")
    root = Path(next(iter(found.submodule_search_locations)))
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
