"""Hands a growing file over to the run, from where the run has it: nothing twice, nothing left out."""

from pathlib import Path

from harness.joining.client import RunClient
from harness.joining.desk import CHUNK_BYTES


class Forwarder:
    """One file of one worker. `push` may fail at any time and be called again."""

    def __init__(self, client: RunClient, path: Path) -> None:
        self._client = client
        self._path = path
        self._handed_over = 0

    @property
    def complete(self) -> bool:
        """Whether the run has as much of the file as there is (a file that is not there has nothing)."""
        return self._handed_over >= (self._path.stat().st_size if self._path.exists() else 0)

    def push(self) -> None:
        """Hand over what there is. Raises `ControlError` where the run does not answer."""
        while not self.complete:
            with self._path.open("rb") as file:
                file.seek(self._handed_over)
                data = file.read(CHUNK_BYTES)
            self._handed_over = self._client.put(self._path.name, self._handed_over, data)
