"""The cluster as Patroni's REST API tells it, however its nodes were started."""

from collections.abc import Mapping

import msgspec
import requests

from harness.core.errors import ControlError
from harness.core.plain import JsonObject
from harness.provision.http import session
from harness.provision.ports import Ports
from harness.provision.postgres.settings import servers


class Member(msgspec.Struct, frozen=True):
    """A node of the cluster, as Patroni lists it."""

    name: str
    role: str | None = None
    state: str | None = None
    timeline: int | None = None
    lag: int | str | None = None

    @property
    def leads(self) -> bool:
        """Tell whether it is the primary and runs."""
        return self.role == "leader" and self.state == "running"


class _Members(msgspec.Struct, frozen=True):
    members: tuple[Member, ...] = ()


class ClusterView:
    """Asks the nodes straight, never through a link."""

    def __init__(self, ports: Ports, *, synchronous: bool = True, count: int = 3) -> None:
        """`count` servers. Without `synchronous`, any standby that streams will do."""
        self._ports = ports
        self._servers = servers(count)
        self._standbys = ("sync_standby", "quorum_standby") + (() if synchronous else ("replica",))

    @property
    def whole(self) -> str:
        """What a whole cluster has, in words."""
        standbys = len(self._servers) - 1
        return f"a primary with {standbys} synchronous standby{'s' if standbys > 1 else ''}"

    def is_whole(self) -> bool:
        """Tell whether there is a leader and every other node streams from it and may confirm its commits."""
        members = self.members()
        leader = any(item.leads for item in members)
        following = [item for item in members if item.role in self._standbys and item.state == "streaming"]
        return leader and len(following) == len(self._servers) - 1

    def has_primary(self) -> bool:
        """Tell whether some node may be written to."""
        return any(item.leads for item in self.members())

    def primary_port(self) -> int:
        """Return the current primary's own port (not through any link); `ControlError` when there is none."""
        for member in self.members():
            if member.role == "leader":
                return self._ports.of(member.name)
        raise ControlError("PostgreSQL has no primary at the moment", hint="`faultline status` shows the nodes")

    def members(self) -> tuple[Member, ...]:
        """Return the members as Patroni lists them, from the first node that answers (empty when none does)."""
        for node in self._servers:
            try:
                reply = session().get(f"http://127.0.0.1:{self._ports.of(f'patroni-{node}')}/cluster", timeout=1.0)
                return msgspec.json.decode(reply.content, type=_Members).members
            except (requests.RequestException, ValueError):
                continue
        return ()

    def change(self, configuration: JsonObject) -> None:
        """Change Patroni's shared configuration; the nodes take it up by themselves. `ControlError` when none does."""
        problem = ""
        for node in self._servers:
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
        return {item.name: f"{item.role}, {item.state}" for item in self.members()}
