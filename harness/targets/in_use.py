"""Which services a platform has under its settings: a database may have fewer nodes, and a gateway need not be used."""

from collections.abc import Mapping

from harness.core.errors import UsageError
from harness.provision.ports import TOPOLOGY
from harness.provision.postgres.settings import servers
from harness.targets.durability import server_count
from harness.targets.topology import GATEWAYS
from topology.settings import load_settings

SETTING = "PAY_GATEWAYS"
_DEFAULT = load_settings().platform[SETTING].text


def gateways(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return the gateways that the settings name, in their order."""
    named = settings.get(SETTING, _DEFAULT).split(",")
    return tuple(dict.fromkeys(name.strip() for name in named if name.strip()))


def check_gateways(settings: Mapping[str, str]) -> None:
    """Raise `UsageError` naming what is no gateway, with those that are; and where none is named at all."""
    named = gateways(settings)
    if not named or set(named) - set(GATEWAYS):
        told = settings.get(SETTING, "")
        raise UsageError(f"gateways: {told!r} is not valid", hint=f"valid: any of {', '.join(GATEWAYS)}, with commas")


def absent(settings: Mapping[str, str]) -> frozenset[str]:
    """Return the services that are not there: nodes without a server, and optional gateways that nobody named."""
    there = {f"pg-{node}" for node in servers(server_count(settings))} | set(gateways(settings))
    may_lack = [*TOPOLOGY.of_group("database"), *(one for one in TOPOLOGY.of_kind("gateway") if one.declared.optional)]
    return frozenset(service.name for service in may_lack if service.name not in there)
