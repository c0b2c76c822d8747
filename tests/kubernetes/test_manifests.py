"""The manifests build, are valid, give nothing away, and say the same as docker-compose.yml and the images."""

import re
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kubernetes import manifests
from tests.kubernetes.manifests import COMPONENT, KUSTOMIZATIONS, PODS, ROOT, built, of_kind
from tests.kubernetes.tools import kustomize, validator

# Longer than `INSTALL_DEADLINE_S`: the first test may have to build and install its tools.
pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(1200)]

VERSIONS = ("1.29", "1.37")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def validate(path: Path, version: str) -> subprocess.CompletedProcess[str]:
    command = [validator(), "-k", version, "--strict", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_every_manifest_is_valid(tmp_path: Path, name: str, version: str) -> None:
    path = tmp_path / "built.yaml"
    path.write_text(yaml.safe_dump_all(built(name)))
    said = validate(path, version)
    assert said.returncode == 0, said.stdout + said.stderr
    assert (said.stdout + said.stderr).count("passed") == len(built(name))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"replicas": "two"}, "replicas"),
        ({"replcas": 2}, "replcas"),
        ({"strategy": {"rollingUpdat": {}}}, "rollingUpdat"),
    ],
)
def test_a_manifest_that_is_wrong_is_found(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    wrong = {**manifests.named("base", "Deployment", "haproxy")}
    wrong["spec"] = {**wrong["spec"], **change}
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(wrong))
    said = validate(path, VERSIONS[-1])
    assert said.returncode != 0
    assert says in said.stdout + said.stderr


def test_without_secrets_nothing_is_built(tmp_path: Path) -> None:
    shutil.copytree(ROOT / manifests.SOURCE, tmp_path / "bare", ignore=shutil.ignore_patterns("*.env", "*.json"))
    said = subprocess.run([*kustomize(), str(tmp_path / "bare" / "base")], capture_output=True, text=True, check=False)
    assert said.returncode != 0
    assert ".env" in said.stderr


def test_no_secret_is_kept_with_the_sources() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "deploy"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    in_secrets = [path for path in tracked if "/secrets/" in path and not path.endswith((".example", ".gitignore"))]
    assert in_secrets == []
    for path in (ROOT / manifests.SOURCE).rglob("*.example"):
        values = re.findall(r'(?:^[A-Z_]+=|"(?:api_key|webhook_secret)": ")([^"\n]*)', path.read_text(), re.MULTILINE)
        assert values
        assert set(values) == {"..."}
    assert [item for item in of_kind("base", "ConfigMap") if re.search("(?i)password|secret:", str(item["data"]))] == []


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_every_pod_is_limited_and_may_do_next_to_nothing(name: str) -> None:
    for item in of_kind(name, *PODS):
        pod, container = manifests.pod_of(item), manifests.container_of(item)
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["requests"].keys() == container["resources"]["limits"].keys() == {"cpu", "memory"}
        assert re.search(r":\d+\.\d+\.\d+$", container["image"])
        limited = [volume["emptyDir"]["sizeLimit"] for volume in pod.get("volumes", []) if "emptyDir" in volume]
        assert all(limited)


def test_whoever_runs_on_says_how_it_is() -> None:
    for item in of_kind("base", "Deployment", "StatefulSet"):
        container = manifests.container_of(item)
        ports = {port["name"] for port in container["ports"]}
        for probe in ("readinessProbe", "livenessProbe"):
            assert container[probe]["httpGet"]["port"] in ports


def test_every_role_of_compose_is_here_with_its_image() -> None:
    images = {item["metadata"]["name"]: manifests.container_of(item)["image"] for item in of_kind("base", *PODS)}
    expected = {name: service["image"] for name, service in COMPOSE.items() if name != "secrets"}
    assert images == expected
    replaced = {image["name"] for image in _kustomization("overlays/cluster")["images"]}
    assert replaced == {image.partition(":")[0] for image in images.values()}


def _kustomization(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / manifests.SOURCE / name / "kustomization.yaml").read_text()))


OTHERWISE = {
    "LINK_ADDRESS",  # the pod's own
    "WAL_MB",  # a small disk that can be filled: only for a harness
    "PAY_ALLOW_RESET",
    "PAY_ALLOW_TEST_CONTROLS",
}


@pytest.mark.parametrize("name", [name for name in COMPOSE if name != "secrets"])
def test_a_process_is_told_what_it_is_told_by_compose(name: str) -> None:
    (item,) = [item for item in of_kind("base", *PODS) if item["metadata"]["name"] == name]
    here = manifests.environment_of("base", item)
    told = COMPOSE[name].get("environment", {}).items()
    there = {key: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", value) for key, value in told if value is not None}
    assert {key: here.get(key) for key in there if key not in OTHERWISE} == {
        key: value for key, value in there.items() if key not in OTHERWISE
    }
    assert manifests.container_of(item).get("args") == COMPOSE[name].get("command")
    assert here.get("PAY_ALLOW_RESET", "0") == here.get("PAY_ALLOW_TEST_CONTROLS", "0") == "0"


def test_secrets_are_those_that_compose_makes() -> None:
    namespace = runpy.run_path(str(ROOT / "docker" / "platform" / "make_secrets.py"))
    for role, known in namespace["environments"](namespace["make"]()).items():
        secret = manifests.named("base", "Secret", f"{role}-secrets")
        assert secret["data"].keys() == known.keys()
        example = (ROOT / manifests.SOURCE / "base" / "secrets" / f"{role}.env.example").read_text()
        assert set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)) == known.keys()


def test_the_names_in_the_images_are_services_here() -> None:
    services = {
        (f"{item['metadata']['name']}.{item['metadata']['namespace']}", port["port"])
        for item in of_kind("base", "Service")
        for port in item["spec"]["ports"]
    }
    configured = [
        ROOT / "docker" / path for path in ("toxiproxy/links.json", "haproxy/haproxy.cfg", "prometheus/prometheus.yml")
    ]
    for path in configured:
        named = {(host, int(port)) for host, port in re.findall(r"([\w-]+\.platform):(\d+)", path.read_text())}
        assert named
        assert named - services == set()
    for item in of_kind("base", *PODS):
        told = " ".join(manifests.environment_of("base", item).values())
        assert {(host, int(port)) for host, port in re.findall(r"([\w-]+\.platform):(\d+)", told)} - services == set()


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_services_and_budgets_select_pods_that_are_there(name: str) -> None:
    made = [item for item in of_kind(name, *PODS) if item["kind"] != "Pod"]
    for service in of_kind(name, "Service"):
        (target,) = [item for item in made if service["spec"]["selector"].items() <= manifests.labels_of(item).items()]
        open_ports = {port["containerPort"] for port in manifests.container_of(target)["ports"]}
        if service["metadata"]["name"] != "toxiproxy":
            assert {port["port"] for port in service["spec"]["ports"]} == open_ports
    for budget in of_kind(name, "PodDisruptionBudget"):
        selector = budget["spec"]["selector"]
        chosen = [item for item in made if manifests.matches(selector, manifests.labels_of(item))]
        assert sum(item["spec"]["replicas"] for item in chosen) == (3 if "pg-a" in str(chosen) else 2)


def test_every_link_has_a_port_and_is_open_and_there_is_no_way_past_it() -> None:
    toxiproxy = manifests.named("base", "Service", "toxiproxy")
    ports = {port["port"] for port in toxiproxy["spec"]["ports"]}
    assert ports == {8474} | {port for _, port, _, _ in manifests.links()}
    traffic = manifests.Traffic(tuple(of_kind("base", "NetworkPolicy")))
    component = {item["metadata"]["name"]: manifests.labels_of(item)[COMPONENT] for item in of_kind("base", *PODS)}
    for link, port, target, target_port in manifests.links():
        source = link.partition("-to-")[0]
        source = component.get(source, "database")
        assert traffic.passes(source, "toxiproxy", port), link
        assert traffic.passes("toxiproxy", component[target], target_port), link
        assert not traffic.passes(source, component[target], target_port), f"there is a way past {link}"
        assert not traffic.passes(source, "toxiproxy", 8474), f"{source} could change links"
    assert traffic.passes("haproxy", "api", 8000)
    assert not traffic.passes("haproxy", "database", 5432)


def test_prometheus_reaches_what_it_scrapes() -> None:
    traffic = manifests.Traffic(tuple(of_kind("base", "NetworkPolicy")))
    component = {item["metadata"]["name"]: manifests.labels_of(item)[COMPONENT] for item in of_kind("base", *PODS)}
    text = (ROOT / "docker" / "prometheus" / "prometheus.yml").read_text()
    scraped = re.findall(r"([\w-]+)\.platform:(\d+)", text)
    assert len(scraped) > 8
    assert [item for item in scraped if not traffic.passes("prometheus", component[item[0]], int(item[1]))] == []


def test_the_small_overlay_pulls_nothing_and_the_large_one_keeps_replicas_apart() -> None:
    assert {manifests.container_of(item)["imagePullPolicy"] for item in of_kind("overlays/local", *PODS)} == {"Never"}
    for item in of_kind("overlays/cluster", *PODS):
        assert manifests.container_of(item)["image"].startswith("registry.example/")
        if item["spec"]["template"]["metadata"]["labels"][COMPONENT] in ("api", "database"):
            affinity = manifests.pod_of(item)["affinity"]["podAntiAffinity"]
            assert affinity.keys() == {"requiredDuringSchedulingIgnoredDuringExecution"}
