"""How undo steps of containers are carried out. Every step finds its container by our label, or touches nothing.

Arguments common to all: `owner` (the label's value) and `service`.
"""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from harness.core.errors import HealingError
from harness.core.fault import Undo

if TYPE_CHECKING:
    from docker.models.containers import Container

START = "start_container"
RESUME = "resume_container"
RECONNECT = "reconnect_container"
LIMITS = "restore_container_limits"
FREE = "free_container_disk"
SIGNAL_SERVER = "signal-server"
"""A program in the database's image; it knows which processes are the server's."""
BALLAST = "ballast"
"""A program in the database's image; it fills and frees the small disk for the server's log."""
_ANSWER_DEADLINE_S = 20.0
_POLL_S = 0.1


def start_undo(owner: str, service: str, url: str) -> Undo:
    """Return the undo of whatever ended a container: it runs again, and answers at `url`."""
    return Undo(START, {"owner": owner, "service": service, "url": url})


def resume_undo(owner: str, service: str, *, thaw: bool = False) -> Undo:
    """Return the undo of a pause. `thaw`: a database server inside may be stopped by a signal."""
    return Undo(RESUME, {"owner": owner, "service": service, "thaw": "server" if thaw else ""})


def reconnect_undo(owner: str, service: str, network: str, address: str) -> Undo:
    """Return the undo of a disconnection: on the same network, with the same address and name."""
    return Undo(RECONNECT, {"owner": owner, "service": service, "network": network, "address": address})


def limits_undo(owner: str, service: str, limits: Mapping[str, int]) -> Undo:
    """Return the undo of changed limits: those that were in force, as the engine names them."""
    return Undo(LIMITS, {"owner": owner, "service": service} | {name: str(value) for name, value in limits.items()})


def free_undo(owner: str, service: str) -> Undo:
    """Return the undo of a full disk: its ballast is gone."""
    return Undo(FREE, {"owner": owner, "service": service})


def start_container(arguments: Mapping[str, str]) -> None:
    """Let a container run again, whatever ended or paused it, and wait until it answers at `url` (empty: no wait)."""
    from harness.provision.containers.engine import controlled
    from harness.provision.http import answers

    found = _ours(arguments)
    with controlled(f"starting {arguments['service']}"):
        if found.status == "paused":
            found.unpause()
        found.start()
    until = time.monotonic() + _ANSWER_DEADLINE_S
    while arguments["url"] and not answers(arguments["url"]):
        if time.monotonic() > until:
            raise HealingError(f"{arguments['service']} was started again, but does not answer at {arguments['url']}")
        time.sleep(_POLL_S)


def resume_container(arguments: Mapping[str, str]) -> None:
    """Let a paused container run on, and the database server in it (`thaw`, empty: none). Ended is as good."""
    from harness.provision.containers.engine import controlled

    found = _ours(arguments)
    with controlled(f"resuming {arguments['service']}"):
        if found.status == "paused":
            found.unpause()
        if arguments["thaw"] and found.status in ("running", "paused"):
            found.exec_run([SIGNAL_SERVER, "CONT"])
        found.reload()
    if found.status == "paused":
        raise HealingError(f"{arguments['service']} is still paused")


def reconnect_container(arguments: Mapping[str, str]) -> None:
    """Put a container back on its `network` with its `address`."""
    from harness.provision.containers.engine import controlled, engine

    found, name, address = _ours(arguments), arguments["network"], arguments["address"]
    with controlled(f"reconnecting {arguments['service']} to {name}"):
        network = engine().networks.get(name)
        if (network.attrs.get("Labels") or {}).get("io.faultline.owner") != arguments["owner"]:
            raise HealingError(f"the network {name} is not ours")
        if _address(found, name) not in ("", address):
            network.disconnect(found, force=True)
            found.reload()
        if not _address(found, name):
            network.connect(found, ipv4_address=address, aliases=[arguments["service"]])
        found.reload()
    if (now := _address(found, name)) != address:
        raise HealingError(f"{arguments['service']} is on {name} as {now or 'nothing'}, not {address}")


def restore_container_limits(arguments: Mapping[str, str]) -> None:
    """Give a container the limits back that it had: `cpu_period`, `cpu_quota`, `mem_limit`, `memswap_limit`."""
    from harness.provision.containers.engine import controlled

    found = _ours(arguments)
    limits = {name: int(value) for name, value in arguments.items() if name in LIMIT_NAMES}
    with controlled(f"restoring the limits of {arguments['service']}"):
        set_limits(found, limits)
        found.reload()
    if (now := limits_of(found)) != limits:
        raise HealingError(f"{arguments['service']} has the limits {now}, not {limits}")


def free_container_disk(arguments: Mapping[str, str]) -> None:
    """Remove the ballast from a database container's small disk. The disk of one that ended is gone with its memory."""
    from harness.provision.containers.engine import controlled
    from harness.provision.containers.programs import run_program

    found = _ours(arguments)
    if found.status == "paused":
        with controlled(f"resuming {arguments['service']}"):
            found.unpause()
    if found.status in ("running", "paused"):
        run_program(arguments["owner"], arguments["service"], [BALLAST, "free"])


LIMIT_NAMES: Mapping[str, str] = {
    "cpu_period": "CpuPeriod",
    "cpu_quota": "CpuQuota",
    "mem_limit": "Memory",
    "memswap_limit": "MemorySwap",
}
"""Limits by their names in the package `docker`, and in what the engine shows."""


def limits_of(found: "Container") -> dict[str, int]:
    """Return the limits in force."""
    return {name: int(found.attrs["HostConfig"][shown]) for name, shown in LIMIT_NAMES.items()}


def set_limits(found: "Container", limits: Mapping[str, int]) -> None:
    """Put limits in force. Raises what the engine raises."""
    found.update(
        cpu_period=limits["cpu_period"],
        cpu_quota=limits["cpu_quota"],
        mem_limit=limits["mem_limit"],
        memswap_limit=limits["memswap_limit"],
    )


def _ours(arguments: Mapping[str, str]) -> "Container":
    from harness.provision.containers.owned import container

    return container(arguments["owner"], arguments["service"])


def _address(found: "Container", network: str) -> str:
    return str(found.attrs["NetworkSettings"]["Networks"].get(network, {}).get("IPAddress", ""))


CONTAINER_HEALERS: Mapping[str, Callable[[Mapping[str, str]], None]] = {
    START: start_container,
    RESUME: resume_container,
    RECONNECT: reconnect_container,
    LIMITS: restore_container_limits,
    FREE: free_container_disk,
}
"""The healers of this file by the kind of undo."""
