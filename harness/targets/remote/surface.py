"""What can be broken on a system that is not ours: its links, and nothing else."""

from collections.abc import Sequence
from typing import Any, NoReturn

from harness.core.database_controls import LogSources
from harness.core.errors import ControlError
from harness.targets.remote.links import RemoteLinks


class Lacking:
    """A part that a remote system does not offer: whatever is asked of it is an error that names the part.

    Faults that need one are refused before anything starts (`needs`); this is for those that forgot to say so.
    """

    def __init__(self, part: str) -> None:
        self._part = part

    def __getattr__(self, name: str) -> NoReturn:
        raise ControlError(f"the remote target has no {self._part} to break", hint="use faults on links")


class NoDatabase(Lacking):
    """There is no node to look at, which is not an error."""

    def nodes(self) -> Sequence[str]:
        """Return no node."""
        return ()

    def log_sources(self) -> LogSources:
        """Return nobody to ask about a log."""
        return LogSources()


class RemoteSurface:
    """`core.surface.Surface` of links alone."""

    containers = None

    def __init__(self, links: RemoteLinks) -> None:
        self.links = links
        self.gateways: Any = Lacking("gateway simulators")
        self.processes: Any = Lacking("processes")
        self.database: Any = NoDatabase("database nodes")
        self.pressure: Any = Lacking("database")
