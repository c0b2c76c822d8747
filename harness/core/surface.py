"""What a fault may touch, whichever target it runs against. Targets implement these; faults only ever see these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.core.container_controls import Containers
from harness.core.database_controls import Database
from harness.core.fault import Undo
from harness.core.pressure_controls import Pressure
from harness.core.process_controls import Processes


@dataclass(frozen=True)
class Toxic:
    """One toxic of a link. `stream`: `upstream` spoils requests, `downstream` spoils answers."""

    kind: str
    stream: str
    attributes: Mapping[str, int]


class Links(Protocol):
    """The links between processes, each a Toxiproxy proxy named `<from>-to-<to>`, such as `api1-to-stripe`."""

    def matching(self, pattern: str) -> Sequence[str]:
        """Return the names matching a shell pattern such as `*-to-stripe`; `UsageError` listing all when none does."""

    def cut(self, link: str) -> None:
        """Refuse new connections and drop live ones. Verified by read-back."""

    def add_toxic(self, link: str, kind: str, *, stream: str, toxicity: float, attributes: Mapping[str, int]) -> None:
        """Add a toxic. `stream` is `upstream` (requests) or `downstream` (answers). Verified by read-back."""

    def lay(self, link: str, toxics: Sequence[Toxic]) -> None:
        """Put toxics on a link in one step, beside whatever is on it already. Verified by read-back.

        Where a direction carries more than one afterwards, the link is closed for the change: its connections end, and
        no byte that an earlier toxic holds gets past a later one. What is there stays, one of the same kind too.
        """

    def relay(self, link: str, toxics: Sequence[Toxic], *, cut: bool) -> None:
        """Leave just these toxics on a link, and have it cut or open, in one step: it is never whole in between.

        Its connections end. Verified by read-back.
        """

    def undo(self, link: str) -> Undo:
        """Return the step that enables the link and removes every toxic from it."""


class GatewayControls(Protocol):
    """The admin side of the gateway simulators, apart from the faulted listeners."""

    def plant(
        self,
        gateway: str,
        fault_id: str,
        kind: str,
        *,
        share: float,
        seed: int,
        parameters: Mapping[str, float | int | str],
    ) -> None:
        """Make a seeded `share` of the gateway's requests go wrong in the way `kind` names. Verified by read-back."""

    def undo(self, gateway: str, fault_id: str) -> Undo:
        """Return the step that removes that fault."""


class Surface(Protocol):
    """Everything that can be broken on a target."""

    @property
    def links(self) -> Links:
        """The links, each breakable alone."""

    @property
    def gateways(self) -> GatewayControls:
        """The simulators' fault plans."""

    @property
    def processes(self) -> Processes:
        """The platform's own processes."""

    @property
    def database(self) -> Database:
        """The database cluster's nodes."""

    @property
    def pressure(self) -> Pressure:
        """What a crowd of clients, a full disk and impatience do to the database."""

    @property
    def containers(self) -> Containers | None:
        """The platform's containers; None on a target of processes."""
