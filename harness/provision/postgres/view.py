"""The cluster as Patroni's REST API tells it, however its nodes were started."""

from collections.abc import Mapping
from typing import Any

import requests

from harness.core.errors import ControlError
from harness.provision.http import session
from harness.provision.ports import Ports
from harness.provision.postgres.settings import NODES


class ClusterView:
    """Asks the nodes straight, never through a link."""

    def __init__(self, ports: Ports, *, synchronous: bool = True) -> None:
        """Without `synchronous`, any standby that streams makes the cluster whole."""
        self._ports = ports
        self._standbys = ("sync_standby",) if synchronous else ("sync_standby", "replica")

    def is_whole(self) -> bool:
        """Tell whether there is a leader and a streaming synchronous standby (any standby where none need be)."""
        members = self.members()
        leader = any(item.get("role") == "leader" and item.get("state") == "running" for item in members)
        return leader and any(
            item.get("role") in self._standbys and item.get("state") == "streaming" for item in members
        )

    def has_primary(self) -> bool:
        """Tell whether some node may be written to."""
        return any(item.get("role") == "leader" and item.get("state") == "running" for item in self.members())

    def primary_port(self) -> int:
        """Return the current primary's own port (not through any link); `ControlError` when there is none."""
        for member in self.members():
            if member.get("role") == "leader":
                return self._ports.of(str(member["name"]))
        raise ControlError("PostgreSQL has no primary at the moment", hint="`faultline status` shows the nodes")

    def members(self) -> list[dict[str, Any]]:
        """Return the members as Patroni lists them, from the first node that answers (empty when none does)."""
        for node in NODES:
            try:
                reply = session().get(f"http://127.0.0.1:{self._ports.of(f'patroni-{node}')}/cluster", timeout=1.0)
                return list(reply.json().get("members", []))
            except (requests.RequestException, ValueError):
                continue
        return []

    def change(self, configuration: Mapping[str, Any]) -> None:
        """Change Patroni's shared configuration; both nodes take it up by themselves. `ControlError` when none does."""
        problem = ""
        for node in NODES:
            address = f"http://127.0.0.1:{self._ports.of(f'patroni-{node}')}/config"
            try:
                reply = session().patch(address, json=configuration, timeout=3.0)
            except requests.RequestException as error:
                problem = type(error).__name__
                continue
            if reply.ok:
                return
            problem = reply.text[:200]
        raise ControlError(f"Patroni did not take another configuration: {problem}")

    def roles(self) -> Mapping[str, str]:
        """Return each node's role and state in words, by the node's name."""
        return {item["name"]: f"{item.get('role')}, {item.get('state')}" for item in self.members()}
