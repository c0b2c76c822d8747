"""Hosts that are none: network namespaces, each with an address of its own, joined by a bridge in one more namespace.

Nothing is changed outside of them, and they are gone when the network is. What a killed run left, the next removes.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import UsageError

PREFIX = "faultline-scaling-"
SUBNET = "10.177.0"


@dataclass(frozen=True)
class Host:
    """A network namespace. `address` is where the others reach it."""

    namespace: str
    address: str

    def command(self, *arguments: str) -> list[str]:
        """Return the command line that runs a command there."""
        return ["ip", "netns", "exec", self.namespace, *arguments]


@contextmanager
def network(count: int) -> Iterator[tuple[Host, list[Host]]]:
    """Make a central host and `count` others. Raises `UsageError` without the right to."""
    if os.geteuid() != 0:
        raise UsageError("network namespaces are made by root", hint="run it as root, or in a container with NET_ADMIN")
    _remove_of_the_dead()
    hub = Host(f"{PREFIX}{os.getpid()}-hub", f"{SUBNET}.1")
    others = [Host(f"{PREFIX}{os.getpid()}-{n}", f"{SUBNET}.{10 + n}") for n in range(count)]
    try:
        _add(hub)
        _inside(hub, "link add bridge type bridge", f"addr add {hub.address}/24 dev bridge", "link set bridge up")
        for number, host in enumerate(others):
            _add(host)
            _inside(
                hub,
                f"link add to{number} type veth peer name eth0 netns {host.namespace}",
                f"link set to{number} master bridge",
                f"link set to{number} up",
            )
            _inside(host, f"addr add {host.address}/24 dev eth0", "link set eth0 up")
        yield hub, others
    finally:
        for host in (*others, hub):
            subprocess.run(["ip", "netns", "delete", host.namespace], capture_output=True, check=False)


def _add(host: Host) -> None:
    _ip("netns", "add", host.namespace)
    _inside(host, "link set lo up")


def _inside(host: Host, *commands: str) -> None:
    for command in commands:
        _ip("-n", host.namespace, *command.split())


def _ip(*arguments: str) -> None:
    try:
        ran = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise UsageError("there is no program `ip` here", hint="install iproute2") from error
    if ran.returncode != 0:
        raise UsageError(
            f"ip {' '.join(arguments)}: {ran.stderr.strip()}", hint="network namespaces and veth are needed"
        )


def _remove_of_the_dead() -> None:
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout.split()
    for name in (name for name in listed if name.startswith(PREFIX)):
        if not Path(f"/proc/{name.removeprefix(PREFIX).partition('-')[0]}").exists():
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
