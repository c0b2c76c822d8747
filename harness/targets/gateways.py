"""`core.surface.GatewayControls` on the simulators' admin listeners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.core.container_controls import Containers
from harness.core.database_controls import Database
from harness.core.errors import ControlError, UsageError
from harness.core.fault import Undo
from harness.core.pressure_controls import Pressure
from harness.core.process_controls import Processes
from harness.core.surface import GatewayControls, Links
from harness.provision.http import call


@dataclass(frozen=True)
class PlatformSurface:
    """Everything that can be broken on the platform."""

    links: Links
    gateways: GatewayControls
    processes: Processes
    database: Database
    pressure: Pressure
    containers: Containers | None = None


class SimulatorControls:
    """The admin side of the simulators; `admin_urls` by the gateway's name."""

    def __init__(self, admin_urls: Mapping[str, str]) -> None:
        self._admin_urls = admin_urls

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
        """Make a seeded `share` of the gateway's requests go wrong in the way `kind` names. Verified by read-back.

        Raises `UsageError` with the simulator's own words for an unknown kind or parameter.
        """
        url = f"{self.url(gateway)}/admin/faults"
        wanted = {"id": fault_id, "kind": kind, "share": share, "seed": seed, "parameters": dict(parameters)}
        reply = call("POST", url, json=wanted, accept=(422,))
        found = {item["id"]: item for item in self.planted(gateway)}.get(fault_id)
        if found is None:
            raise UsageError(f"{gateway} refused the fault {kind}: {_said(reply)}")
        if found["kind"] != kind or abs(float(found["share"]) - share) > 1e-9:
            raise ControlError(f"{gateway}: fault {fault_id} reads back as {found}, not {wanted}")

    def planted(self, gateway: str) -> Sequence[Mapping[str, Any]]:
        """Return the faults that are planted now, each with its `hits`."""
        return list(call("GET", f"{self.url(gateway)}/admin/faults"))

    def undo(self, gateway: str, fault_id: str) -> Undo:
        """Return the step that removes that fault."""
        return Undo("clear_gateway_fault", {"admin": self.url(gateway), "fault_id": fault_id})

    def url(self, gateway: str) -> str:
        """Return the gateway's admin URL; `UsageError` listing the gateways when there is none of that name."""
        if gateway not in self._admin_urls:
            raise UsageError(f"there is no gateway {gateway!r}", hint=f"gateways: {', '.join(self._admin_urls)}")
        return self._admin_urls[gateway]


def _said(reply: Any) -> str:
    return str(reply.get("error", reply)) if isinstance(reply, dict) else str(reply)
