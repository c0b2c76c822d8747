"""How undo steps of containers are carried out. Every step finds its container by our label, or touches nothing.

Arguments common to all: `owner` (the label's value) and `service`.
"""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

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
_END_DEADLINE_S = 10
_THAW_DEADLINE_S = 3.0
_CONFLICT = 409
_POLL_S = 0.1


def start_undo(owner: str, service: str, url: str, *, stopping: bool = False, any_answer: bool = False) -> Undo:
    """Return the undo of whatever ended a container: it runs again, and answers at `url`.

    `stopping`: it was told to end, and may be busy with that still. `any_answer`: it passes questions on, so an error
    is an answer of its own too.
    """
    told = {"stopping": "yes" if stopping else "", "any_answer": "yes" if any_answer else ""}
    return Undo(START, {"owner": owner, "service": service, "url": url, **told})


def resume_undo(owner: str, service: str, *, thaw: bool = False) -> Undo:
    """Return the undo of a pause. `thaw`: a database server inside may be stopped by a signal."""
    return Undo(RESUME, {"owner": owner, "service": service, "thaw": "server" if thaw else ""})


def reconnect_undo(owner: str, service: str, network: str, address: str) -> Undo:
    """Return the undo of a disconnection: on the same network, with the same address and name."""
    return Undo(RECONNECT, {"owner": owner, "service": service, "network": network, "address": address})


def limits_undo(owner: str, service: str, limits: Mapping[str, int]) -> Undo:
    """Return the undo of changed limits: those that are to be in force, as the package `docker` names them."""
    return Undo(LIMITS, {"owner": owner, "service": service} | {name: str(value) for name, value in limits.items()})


def free_undo(owner: str, service: str) -> Undo:
    """Return the undo of a full disk: its ballast is gone."""
    return Undo(FREE, {"owner": owner, "service": service})


def start_container(arguments: Mapping[str, str]) -> None:
    """Let a container run again, whatever ended or paused it, until it is well: it answers at `url`.

    One without (empty) is well when its own health check says so, if it has one. What may be `stopping` still is ended
    first: it runs until it has ended, and would look well.
    """
    from harness.provision.containers.engine import controlled

    found, url, service = _ours(arguments), arguments["url"], arguments["service"]
    if arguments.get("stopping"):
        _end(found, service)
    until = time.monotonic() + _ANSWER_DEADLINE_S
    while True:
        with controlled(f"starting {service}"):
            run_on(found)
            found.reload()
        if _well(found, url, any_answer=bool(arguments.get("any_answer"))):
            return
        if time.monotonic() > until:
            told = f"does not answer at {url}" if url else f"is {found.status}, {_health(found) or 'without health'}"
            raise HealingError(f"{service} was started again, but {told}")
        time.sleep(_POLL_S)


def run_on(found: "Container") -> None:
    """Start or unpause a container that does not run, and do not wait until it is well. Raises what the engine does."""
    found.reload()
    if found.status == "paused":
        found.unpause()
    elif found.status != "running":
        found.start()


def _end(found: "Container", service: str) -> None:
    from docker.errors import APIError

    from harness.provision.containers.engine import controlled

    with controlled(f"ending {service}"):
        found.reload()
        if found.status not in ("running", "paused"):
            return
        try:
            found.kill("SIGKILL")
        except APIError as error:
            # It ended between the question and the signal.
            if error.status_code != _CONFLICT:
                raise
        found.wait(timeout=_END_DEADLINE_S)


def _well(found: "Container", url: str, *, any_answer: bool) -> bool:
    from harness.provision.http import answers

    if found.status != "running":
        return False
    return answers(url, any_status=any_answer) if url else _health(found) in ("", "healthy")


def _health(found: "Container") -> str:
    """Return what its health check says (`starting`, `healthy`, `unhealthy`); empty where it has none."""
    return str((found.attrs["State"].get("Health") or {}).get("Status", ""))


def resume_container(arguments: Mapping[str, str]) -> None:
    """Let a paused container run on, and the database server in it (`thaw`, empty: none). Ended is as good."""
    from harness.provision.containers.engine import controlled

    found = _ours(arguments)
    with controlled(f"resuming {arguments['service']}"):
        if found.status == "paused":
            found.unpause()
        found.reload()
    if found.status == "paused":
        raise HealingError(f"{arguments['service']} is still paused")
    if arguments["thaw"] and found.status == "running":
        _thaw(arguments)


def _thaw(arguments: Mapping[str, str]) -> None:
    """Let every process of the server run on. Where none is, none is stopped."""
    from harness.provision.containers.programs import run_program

    until = time.monotonic() + _THAW_DEADLINE_S
    while stopped := run_program(arguments["owner"], arguments["service"], [SIGNAL_SERVER, "thaw"]):
        if time.monotonic() > until:
            raise HealingError(f"the server of {arguments['service']} is still stopped: processes {stopped}")
        time.sleep(_POLL_S)


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
    """Give a container back what was changed of `cpu_period`, `cpu_quota`, `mem_limit` and `memswap_limit`."""
    from harness.provision.containers.engine import controlled

    found = _ours(arguments)
    limits = {name: int(value) for name, value in arguments.items() if name in LIMIT_NAMES}
    with controlled(f"restoring the limits of {arguments['service']}"):
        set_limits(found, limits)
        found.reload()
    if not in_force(limits, now := limits_of(found)):
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
    """Put limits in force and leave the others as they are. Raises what the engine raises."""
    found.update(**cast("dict[str, Any]", limits))


def in_force(wanted: Mapping[str, int], now: Mapping[str, int]) -> bool:
    """Tell whether these limits are in force. A kernel that does not count swap has no limit on it (-1)."""
    unlimited = {"memswap_limit": -1} if now["memswap_limit"] == -1 else {}
    return all(now[name] == limit for name, limit in {**wanted, **unlimited}.items())


def _ours(arguments: Mapping[str, str]) -> "Container":
    from harness.provision.containers.owned import container

    return container(arguments["owner"], arguments["service"])


def _address(found: "Container", network: str) -> str:
    """Return its address there, or the one that it will have when it runs again; empty where it is not connected."""
    joined = found.attrs["NetworkSettings"]["Networks"].get(network) or {}
    return str(joined.get("IPAddress") or (joined.get("IPAMConfig") or {}).get("IPv4Address") or "")


CONTAINER_HEALERS: Mapping[str, Callable[[Mapping[str, str]], None]] = {
    START: start_container,
    RESUME: resume_container,
    RECONNECT: reconnect_container,
    LIMITS: restore_container_limits,
    FREE: free_container_disk,
}
"""The healers of this file by the kind of undo."""
