"""The user's cache of this project, and its locks. Needs Python alone: it is used before any package is installed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.core.errors import ProvisionError


def cache_folder() -> Path:
    """Return the user's cache of this project (`$XDG_CACHE_HOME/faultline`)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "faultline"


@contextmanager
def cache_lock(name: str) -> Iterator[Path]:
    """Hold the cache's lock of this name, so that two harnesses never build the same thing at once."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / f"{name}.lock").open("a")
    except OSError as error:
        raise ProvisionError(
            f"the cache {folder} cannot be written: {error.strerror}", hint="set XDG_CACHE_HOME to a writable folder"
        ) from error
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield folder
