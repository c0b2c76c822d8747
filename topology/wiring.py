"""Which links there are: between folders as `calls` and `called_by` say it, and between the replicas of one service."""

from collections.abc import Iterator, Sequence

from topology import ports
from topology.declared import Only, Peers
from topology.model import Link, Listener, Service, TopologyError


def links_of(services: Sequence[Service]) -> tuple[list[Link], list[str]]:
    """Return every link, and what is wrong with those that cannot be."""
    groups: dict[str, list[Service]] = {}
    for service in services:
        groups.setdefault(service.group, []).append(service)
    found: list[Link] = []
    problems: list[str] = []
    for caller, callee, place in _pairs(groups):
        if caller not in groups or callee not in groups:
            missing = caller if caller not in groups else callee
            problems.append(f"a link from {caller} to {callee}: there is no {missing}; valid: {', '.join(groups)}")
            continue
        found += [
            _link(one, other, other.listeners[0], place + index, source=one.declared.source.format(**_words(one)))
            for one in groups[caller]
            for index, other in enumerate(groups[callee])
        ]
    for replicas in groups.values():
        for peers in replicas[0].declared.peers:
            found += _between(replicas, peers)
    places = f"places are {ports.FIRST_LINK} to {ports.BLOCK - 1}"
    problems += [
        f"link {link.name}: its port is outside of {link.caller}'s block; {places}"
        for link in found
        if not ports.FIRST_LINK <= link.offset - _number(services, link.caller) * ports.BLOCK < ports.BLOCK
    ]
    return found, problems


def _pairs(groups: dict[str, list[Service]]) -> Iterator[tuple[str, str, int]]:
    """Yield caller, callee and place as both sides declare them."""
    for group, (first, *_) in groups.items():
        yield from ((group, callee, place) for callee, place in first.declared.calls.items())
        yield from ((caller, group, place) for caller, place in first.declared.called_by.items())


def _between(replicas: Sequence[Service], peers: Peers) -> Iterator[Link]:
    for number, one in enumerate(replicas):
        others = [other for other in (replicas[:number] if peers.lower else replicas) if other is not one]
        for index, other in enumerate(others):
            listener = _peer(other, f"{peers.target}-{other.suffix}")
            source = f"{peers.source}-{one.suffix}"
            yield _link(one, other, listener, peers.place + index, source=source, only=peers.only, peer=True)


def _peer(service: Service, target: str) -> Listener:
    found = [item for item in service.listeners if target in (item.alias, item.called)]
    if not found:
        raise TopologyError([f"{service.name}: peers call {target}, and no listener is called so"])
    return found[0]


def _link(
    caller: Service,
    callee: Service,
    listener: Listener,
    place: int,
    *,
    source: str,
    only: Only = "",
    peer: bool = False,
) -> Link:
    return Link(
        source=source,
        target=listener.alias,
        caller=caller.name,
        callee=callee.name,
        listener=listener.called,
        offset=ports.link(caller.number, place),
        only=only or listener.only,
        peer=peer,
    )


def _words(service: Service) -> dict[str, str]:
    return {"name": service.name, "suffix": service.suffix}


def _number(services: Sequence[Service], name: str) -> int:
    return next(service.number for service in services if service.name == name)
