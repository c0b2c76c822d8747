"""What a process is told through its environment: where those are that it calls, and which secrets it has."""

from collections.abc import Collection

from topology.declared import Secret
from topology.model import Link, Reach, Service, Topology


def addresses(topology: Topology, service: Service, reach: Reach, *, absent: Collection[str] = ()) -> dict[str, str]:
    """Return the variables that tell a service where everybody is whom it calls, `absent` services left out."""
    found: dict[str, str] = {}
    for group, links in _by_group(topology, service, absent).items():
        told = topology.of_group(group)[0].declared.told
        if told is not None:
            places = [reach(link) for link in links]
            each = [told.each.format(host=host, port=port, caller=service.name) for host, port in places]
            found[told.setting] = told.whole.format(
                each=",".join(each),
                hosts=",".join(host for host, _ in places),
                ports=",".join(str(port) for _, port in places),
            )
    return found


def _by_group(topology: Topology, service: Service, absent: Collection[str]) -> dict[str, list[Link]]:
    groups: dict[str, list[Link]] = {}
    for link in topology.links_from(service.name):
        group = topology.service(link.callee).group
        if link.callee not in absent and not link.peer:
            groups.setdefault(group, []).append(link)
    return groups


def secrets(topology: Topology, service: Service) -> dict[str, str]:
    """Return the names of a service's secrets by their variables: its own, and those of whom it calls."""
    own = {secret.setting: secret.name for secret in service.declared.secrets if secret.setting}
    links = [link for link in topology.links_from(service.name) if not link.peer]
    called = {topology.service(link.callee).group for link in links}
    theirs = {
        secret.callers: secret.name
        for other in topology.services
        if other.group in called
        for secret in other.declared.secrets
        if secret.callers
    }
    return own | theirs


def all_secrets(topology: Topology) -> dict[str, Secret]:
    """Return every secret by its name."""
    return {secret.name: secret for service in topology.services for secret in service.declared.secrets}


def role(service: Service) -> str:
    """Return whose secrets a service shares: the platform's processes have the same, anybody else has its own."""
    return "platform" if service.kind == "platform" else service.group
