"""Which secrets there are, who has which, and what the files of each role look like."""

import json

from topology.model import Topology
from topology.told import all_secrets, role, secrets

_EXAMPLES = "deploy/kubernetes/base/secrets"
_OURS = "# What the platform's own processes know. ./make-secrets makes all of these files, with random values.\n"


def environments(topology: Topology) -> dict[str, dict[str, str]]:
    """Return each role's variables with the secrets in them, by the secrets' names."""
    found: dict[str, dict[str, str]] = {}
    for service in topology.services:
        if known := secrets(topology, service):
            found.setdefault(role(service), {}).update(known)
    return found


def merchants(topology: Topology) -> list[str]:
    """Return the roles that know the merchants."""
    knowing = [service for service in topology.services if "merchants" in service.declared.files.values()]
    return list(dict.fromkeys(role(service) for service in knowing))


def folders(topology: Topology) -> list[str]:
    """Return the roles that have a volume: those with secrets, and those that know the merchants."""
    return list(dict.fromkeys([*environments(topology), *merchants(topology)]))


def whole(topology: Topology) -> str:
    """Return what `make_secrets.py` reads."""
    declared = {
        "secrets": {name: secret.prefix for name, secret in all_secrets(topology).items()},
        "environments": environments(topology),
        "merchants": merchants(topology),
        "folders": ["all", *folders(topology)],
    }
    return json.dumps(declared, indent=1) + "\n"


def examples(topology: Topology) -> dict[str, str]:
    """Return the example of each role's file for Kubernetes, by its path."""
    texts = {name: "".join(f"{setting}=...\n" for setting in known) for name, known in environments(topology).items()}
    texts["platform"] = _OURS + texts["platform"]
    return {f"{_EXAMPLES}/{name}.env.example": text for name, text in texts.items()}
