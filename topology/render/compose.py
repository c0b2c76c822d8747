"""docker-compose.yml: names, processes, database nodes and volumes."""

from topology.model import Service, Topology
from topology.ports import DEFAULT_BASE
from topology.render.contained import contained, node_settings
from topology.render.secrets import folders
from topology.render.templating import fill
from topology.settings import Setting, Settings

NET = "${FAULTLINE_NET:-198.18.77}"


def blocks(topology: Topology, settings: Settings) -> dict[str, str]:
    """Return every part of the file that is made."""
    everything = contained(topology)
    outside = [item for item in everything if item.service.kind in ("gateway", "merchant")]
    own = [item for item in everything if item not in outside]
    values = {"net": NET, "published": published}
    names = [f'    - "{service.name}.platform:{NET}.{service.address}"' for service in topology.services]
    roles = folders(topology)
    volumes = [f"secrets-{role}" for role in roles]
    volumes += [f"journal-{item.name}" for item in everything if "journal" in item.kinds]
    return {
        "names": "\n".join(names),
        "settings": _passed_on(settings.shared),
        "platform-settings": _passed_on(settings.platform),
        "simulator-settings": _passed_on(settings.simulator),
        "secrets": "\n".join(f"      - secrets-{role}:/secrets/{role}" for role in roles),
        "simulators": fill("compose.j2", services=outside, **values),
        "database": fill("compose-database.j2", nodes=_nodes(topology), **values),
        "processes": fill("compose.j2", services=own, **values),
        "volumes": "\n".join(f"  {name}: *volume" for name in volumes),
    }


def published(service: Service) -> list[str]:
    """Return the ports that a service publishes on this machine."""
    found = [item for item in service.listeners if item.published and item.only != "processes"]
    names = {item.called: item.called.upper().replace("-", "_") for item in found}
    return [
        f"127.0.0.1:${{FAULTLINE_PORT_{names[item.called]}:-{DEFAULT_BASE + item.offset}}}:{item.port}"
        for item in found
    ]


def _passed_on(settings: dict[str, Setting]) -> str:
    return "\n".join(f"  {name}:" for name in settings)


def _nodes(topology: Topology) -> list[tuple[Service, dict[str, str]]]:
    return [(node, node_settings(topology, node)) for node in topology.of_group("database")]
