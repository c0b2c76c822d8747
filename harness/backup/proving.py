"""A restore test: a backup is one that came back, and not one whose program ended with 0."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.backup.restoring import CannotRestore, Moment, Restorer
from harness.backup.taking import Backup, run


@dataclass(frozen=True)
class Proof:
    """What a restore test came to: `reason` is why the backup does not come back, '' where it does."""

    backup: str
    reason: str = ""
    steps_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def restorable(self) -> bool:
        """Whether it came back."""
        return not self.reason


def prove(
    restorer: Restorer, backup: Backup, until: Moment | None = None, *, look: Callable[[], None] = lambda: None
) -> Proof:
    """Restore a backup aside, check every page of what came back, and throw it away.

    `look` is called with the restored folder in place; it raises `CannotRestore` for what it finds wrong there.
    """
    try:
        restored = restorer.restore(backup, until)
        run(restorer.source, [str(restorer.source.programs / "pg_checksums"), "--check", "-D", str(restored.data)])
        look()
        return Proof(backup.id, steps_s=restored.steps_s)
    except CannotRestore as error:
        return Proof(backup.id, reason=str(error))
    finally:
        shutil.rmtree(restorer.folder, ignore_errors=True)
