"""From the files to the topology: every line, every folder, and what does not fit together, all at once."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from topology import ports
from topology.declared import Lines, ServiceFile
from topology.model import Link, Listener, Service, Topology, TopologyError
from topology.wiring import links_of

T = TypeVar("T")
SYSTEM = Path(__file__).parents[1] / "system"


def load(system: Path = SYSTEM) -> Topology:
    """Return the topology that a folder declares. Raises `TopologyError` with every problem in it."""
    lines = _read(system / "services.toml", Lines)
    if isinstance(lines, str):
        raise TopologyError([lines])
    files = {folder: _read(system / folder / "service.toml", ServiceFile) for folder in lines.services.values()}
    if problems := [item for item in files.values() if isinstance(item, str)]:
        raise TopologyError(problems)
    services = tuple(
        _service(name, number, folder, declared)
        for number, (name, folder) in enumerate(lines.services.items())
        if isinstance(declared := files[folder], ServiceFile)
    )
    links, problems = links_of(services)
    if problems := [*problems, *_problems(services, links)]:
        raise TopologyError(problems)
    return Topology(services, tuple(sorted(links, key=lambda link: link.offset)))


def _read(path: Path, kind: type[T]) -> T | str:
    """Return what a file says, or what is wrong with it."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except OSError as error:
        return f"{path}: {error.strerror}"
    except msgspec.DecodeError as error:
        return f"{path}: {error}"


def _service(name: str, number: int, folder: str, declared: ServiceFile) -> Service:
    words = {"name": name, "suffix": name.rpartition("-")[2]}
    listeners = tuple(
        Listener(
            name=item.name,
            called=(called := item.called.format(**words)),
            alias=item.alias.format(**words) or called,
            port=item.port,
            offset=ports.listener(number, place),
            setting=item.setting,
            only=item.only,
            published=item.published,
        )
        for place, item in enumerate(declared.listeners)
    )
    return Service(name, number, folder, listeners, declared)


def _problems(services: tuple[Service, ...], links: list[Link]) -> list[str]:
    found = [f"there is room for {ports.MOST} services, not {len(services)}"] if len(services) > ports.MOST else []
    for service in services:
        found += _of_one(service)
    found += _twice("listener", (item.called for service in services for item in service.listeners))
    found += _twice("link", (link.name for link in links))
    found += _twice("link's port, as an offset,", (str(link.offset) for link in links))
    found += _twice("address", (str(service.address) for service in services))
    prefixes = {(secret.name, secret.prefix) for service in services for secret in service.declared.secrets}
    return found + _twice("secret with another prefix:", (name for name, _ in prefixes))


def _of_one(service: Service) -> list[str]:
    declared, names = service.declared, [item.name for item in service.listeners]
    found = []
    if len(names) > ports.FIRST_LINK:
        found.append(f"{service.name}: a block has room for {ports.FIRST_LINK} listeners, not {len(names)}")
    for what, where in (("health", declared.health), ("metrics", declared.metrics), ("reset", declared.reset)):
        if where is not None and where.listener not in names:
            found.append(f"{service.name}: {what} names the listener {where.listener!r}; there are {', '.join(names)}")
    if declared.kind != "foundation" and not (declared.module and declared.health):
        found.append(f"{service.name}: a process needs a module and its health")
    return found


def _twice(what: str, names: Iterable[str]) -> list[str]:
    return [f"there is more than one {what} {name}" for name, count in Counter(names).items() if count > 1]
