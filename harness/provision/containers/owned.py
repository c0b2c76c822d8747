"""What belongs to one workspace on the engine. Everything that is made carries its label; nothing else is touched."""

import hashlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.errors import ControlError
from harness.provision.containers.engine import controlled, engine
from harness.workspace import Workspace

if TYPE_CHECKING:
    from docker.models.containers import Container

OWNER = "io.faultline.owner"
SERVICE = "com.docker.compose.service"
_REMOVAL_DEADLINE_S = 20.0


@dataclass(frozen=True)
class ContainerState:
    """One container as the engine lists it. `state` is `running`, `paused`, `exited`, `created` or `restarting`."""

    id: str
    service: str
    state: str

    @property
    def alive(self) -> bool:
        """Whether its processes exist (paused ones do)."""
        return self.state in ("running", "paused")


def owner_of(workspace: Workspace) -> str:
    """Return the label's value for a workspace."""
    return "workspace-" + hashlib.sha256(str(workspace.root).encode()).hexdigest()[:12]


def states(owner: str) -> Mapping[str, ContainerState]:
    """Return the owner's containers by their services' names; `ControlError` where the engine does not say."""
    with controlled("listing the containers"):
        rows = engine().api.containers(all=True, filters={"label": f"{OWNER}={owner}"})
    found = [ContainerState(row["Id"], row["Labels"].get(SERVICE, ""), row["State"]) for row in rows]
    return {item.service: item for item in found if item.service}


def container(owner: str, service: str) -> "Container":
    """Return the owner's container of a service; `ControlError` where there is none."""
    state = states(owner).get(service)
    if state is None:
        raise ControlError(f"there is no container of {service}")
    with controlled(f"looking at the container of {service}"):
        return engine().containers.get(state.id)


@dataclass(frozen=True)
class Belonging:
    """One thing on the engine: how it is removed by, and what to call it."""

    id: str
    name: str


@dataclass(frozen=True)
class Belongings:
    """Everything of one owner."""

    containers: list[Belonging]
    networks: list[Belonging]
    volumes: list[Belonging]

    @property
    def names(self) -> list[str]:
        """What to call each of them."""
        return [item.name for item in (*self.containers, *self.networks, *self.volumes)]


def belongings(owner: str) -> Belongings:
    """Return the owner's containers, networks and volumes; `ControlError` where the engine does not say."""
    wanted = {"label": f"{OWNER}={owner}"}
    with controlled("listing what was made"):
        api = engine().api
        containers, networks = api.containers(all=True, filters=wanted), api.networks(filters=wanted)
        volumes = api.volumes(filters=wanted)["Volumes"] or []
    return Belongings(
        containers=[Belonging(row["Id"], str(row["Names"])) for row in containers],
        networks=[Belonging(row["Id"], row["Name"]) for row in networks],
        volumes=[Belonging(row["Name"], row["Name"]) for row in volumes],
    )


def end_owned(owner: str) -> None:
    """Remove the owner's containers, networks and volumes, and again what appeared meanwhile.

    A Compose that was killed may have asked the engine for one more. Raises `ControlError` saying what is left.
    """
    until = time.monotonic() + _REMOVAL_DEADLINE_S
    while left := _remove_all(owner):
        if time.monotonic() > until:
            raise ControlError(f"these could not be removed: {', '.join(left)}")


def _remove_all(owner: str) -> list[str]:
    """Remove everything once; return what there was, so that the caller looks again."""
    found, api = belongings(owner), engine().api
    _each(found.containers, lambda id_: api.remove_container(id_, v=True, force=True))
    _each(found.networks, api.remove_network)
    _each(found.volumes, lambda name: api.remove_volume(name, force=True))
    return found.names


def _each(items: list[Belonging], remove: Callable[[str], None]) -> None:
    def attempt(item: Belonging) -> None:
        # Gone already, or still in use by one that is being removed: the caller looks again.
        with suppress(ControlError), controlled("removing"):
            remove(item.id)

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(attempt, items))
