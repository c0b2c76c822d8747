"""The built manifests as values, and the questions that tests ask of them."""

import atexit
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import yaml

from tests.kubernetes.tools import kustomize

ROOT = Path(__file__).parents[2]
SOURCE = Path("deploy") / "kubernetes"
KUSTOMIZATIONS = ("base", "overlays/local", "overlays/cluster", "load")
COMPONENT = "app.kubernetes.io/component"
PODS = ("Deployment", "StatefulSet", "Job", "Pod")

Document = dict[str, Any]


@cache
def tree() -> Path:
    """Return a copy of the manifests with secrets made for it, as a user has them."""
    copy = Path(mkdtemp(prefix="faultline-manifests-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    clean = shutil.ignore_patterns("*.env", "*.json", "__pycache__")
    shutil.copytree(ROOT / SOURCE, copy / SOURCE, ignore=clean)
    (copy / "docker" / "platform").mkdir(parents=True)
    for name in ("make_secrets.py", "secrets.json"):
        shutil.copy(ROOT / "docker" / "platform" / name, copy / "docker" / "platform")
    subprocess.run([sys.executable, str(copy / SOURCE / "make-secrets")], check=True, capture_output=True)
    return copy / SOURCE


@cache
def text_of(name: str) -> str:
    """Return what kustomize makes of a kustomization."""
    return subprocess.run([*kustomize(), str(tree() / name)], check=True, capture_output=True, text=True).stdout


@cache
def built(name: str) -> tuple[Document, ...]:
    """Return the documents of a kustomization."""
    documents = [item for item in yaml.safe_load_all(text_of(name)) if item]
    if name == "load":
        documents += [item for item in yaml.safe_load_all((tree() / "load" / "reader.yaml").read_text()) if item]
    return tuple(documents)


def of_kind(name: str, *kinds: str) -> list[Document]:
    """Return the documents of these kinds."""
    return [item for item in built(name) if item["kind"] in kinds]


def named(name: str, kind: str, which: str) -> Document:
    """Return one document; where its name has a hash at its end, without it."""
    (found,) = [
        item
        for item in of_kind(name, kind)
        if item["metadata"]["name"] == which or item["metadata"]["name"].rpartition("-")[0] == which
    ]
    return found


def pod_of(document: Document) -> Document:
    """Return the pod's specification."""
    return dict(document["spec"] if document["kind"] == "Pod" else document["spec"]["template"]["spec"])


def labels_of(document: Document) -> Mapping[str, str]:
    """Return the labels of the pods that a document makes."""
    return dict(document["spec"]["template"]["metadata"].get("labels", {}))


def container_of(document: Document) -> Document:
    """Return the one container."""
    (container,) = pod_of(document)["containers"]
    return dict(container)


def environment_of(name: str, document: Document) -> dict[str, str]:
    """Return what the container's environment will be (a secret's values are unknown: '')."""
    container = container_of(document)
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        if "configMapRef" in source:
            found |= named(name, "ConfigMap", source["configMapRef"]["name"].rpartition("-")[0])["data"]
        else:
            found |= dict.fromkeys(named(name, "Secret", source["secretRef"]["name"].rpartition("-")[0])["data"], "")
    return found | {item["name"]: item.get("value", "") for item in container.get("env", [])}


def matches(selector: Document, labels: Mapping[str, str]) -> bool:
    """Tell whether a label selector selects these labels."""
    wanted: dict[str, str] = selector.get("matchLabels", {})
    among = [(rule["key"], rule["values"]) for rule in selector.get("matchExpressions", []) if rule["operator"] == "In"]
    assert len(among) == len(selector.get("matchExpressions", []))
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        labels.get(key) in values for key, values in among
    )


@dataclass(frozen=True)
class Traffic:
    """What the network policies of a kustomization let through between pods of its own namespace."""

    policies: tuple[Document, ...]

    def passes(self, source: str, target: str, port: int) -> bool:
        """Tell whether pods of one component may open a connection to pods of another."""
        here, there = {COMPONENT: source}, {COMPONENT: target}
        return self._allowed("egress", here, there, port) and self._allowed("ingress", there, here, port)

    def _allowed(self, way: str, own: Mapping[str, str], other: Mapping[str, str], port: int) -> bool:
        mine = [item["spec"] for item in self.policies if matches(item["spec"]["podSelector"], own)]
        ruling = [spec for spec in mine if way.capitalize() in spec["policyTypes"]]
        assert ruling, f"nothing limits the {way} of {own}"
        return any(_peer(rule, other) and _port(rule, port) for spec in ruling for rule in spec.get(way, []))


def _peer(rule: Document, other: Mapping[str, str]) -> bool:
    peers = rule.get("from") or rule.get("to") or []
    return any("namespaceSelector" not in peer and matches(peer["podSelector"], other) for peer in peers)


def _port(rule: Document, port: int) -> bool:
    return any(item["port"] <= port <= item.get("endPort", item["port"]) for item in rule["ports"])


def links() -> Iterator[tuple[str, int, str, int]]:
    """Yield (link, its port, the part it leads to, that part's port) of everything in Toxiproxy's configuration."""
    for link in json.loads((ROOT / "docker" / "toxiproxy" / "links.json").read_text()):
        host, _, port = link["upstream"].partition(":")
        yield link["name"], int(link["listen"].lstrip(":")), host.removesuffix(".platform"), int(port)
