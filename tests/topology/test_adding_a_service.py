"""The service of docs/adding-a-service.md is one folder and one line, and all else follows."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.provision.containers.compose import compose_command
from tests.kubernetes.manifests import Traffic
from tests.kubernetes.tools import kustomize, validator
from tests.topology import example
from topology import load
from topology.__main__ import ROOT
from topology.ports import LINKS_FROM

BASE = "deploy/kubernetes/base"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = example.written(tmp_path_factory.mktemp("tree"))
    ran = example.run(copy, "-m", "topology", "render")
    assert ran.returncode == 0, ran.stderr
    return copy


@pytest.fixture(scope="module")
def number() -> int:
    return len(load().services)


def documents(path: Path) -> list[dict[str, Any]]:
    return [item for item in yaml.safe_load_all(path.read_text()) if item]


def test_the_example_is_one_folder_and_one_line() -> None:
    assert {str(Path(path).parent) for path in example.files()} == {"system/pulse"}
    assert sorted(Path(path).suffix for path in example.files()) == [".py", ".toml"]
    assert example.line().count("\n") == 0


def test_nothing_that_was_there_moves(tree: Path) -> None:
    before, after = load(), load(tree / "system")
    assert after.services[:-1] == before.services
    assert [link for link in after.links if link.caller != "pulse"] == list(before.links)


def test_a_file_that_says_something_else_is_named_and_left_alone(tree: Path) -> None:
    assert example.run(tree, "-m", "topology", "render", "--check").returncode == 0
    path = tree / "docker" / "haproxy" / "haproxy.cfg"
    whole = path.read_text()
    path.write_text(whole.replace("server api2 api2.platform:8000", "server api2 api2.platform:8001"))
    try:
        ran = example.run(tree, "-m", "topology", "render", "--check")
        assert ran.returncode == 1
        assert "docker/haproxy/haproxy.cfg is not what the topology says" in ran.stderr
        assert "8001" in path.read_text()
    finally:
        path.write_text(whole)


def test_compose_runs_it_like_any_other(tree: Path, number: int) -> None:
    file = yaml.safe_load((tree / "docker-compose.yml").read_text())
    before = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    pulse = file["services"].pop("pulse")
    assert pulse["command"] == ["python3", "-m", "system.pulse.app"]
    assert pulse["ports"] == [f"127.0.0.1:${{FAULTLINE_PORT_PULSE:-{21000 + 10 * number}}}:8000"]
    assert pulse["environment"]["PAY_PULSE_URL"] == f"http://toxiproxy.platform:{LINKS_FROM + 10 * number + 3}"
    assert pulse["volumes"] == ["secrets-pulse:/run/faultline:ro"]
    assert pulse["read_only"] is True
    assert file["services"].keys() == before["services"].keys()
    assert file["volumes"].keys() - before["volumes"].keys() == {"secrets-pulse"}
    assert [link["name"] for link in json.loads((tree / "docker" / "toxiproxy" / "links.json").read_text())][-1] == (
        "pulse-to-pulse"
    )
    jobs = yaml.safe_load((tree / "docker" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    assert jobs[-1] == {"job_name": "pulse", "static_configs": [{"targets": ["pulse.platform:8000"]}]}


@pytest.mark.containers
def test_compose_takes_the_file(tree: Path) -> None:
    ran = subprocess.run(
        [*compose_command(), "--file", str(tree / "docker-compose.yml"), "config", "--quiet"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_its_secret_is_made_and_known_to_it_alone(tree: Path) -> None:
    declared = json.loads((tree / "docker" / "platform" / "secrets.json").read_text())
    assert declared["environments"]["pulse"] == {"PAY_PULSE_TOKEN": "pulse_token"}
    assert [role for role, known in declared["environments"].items() if "pulse_token" in known.values()] == ["pulse"]
    assert "pulse" in declared["folders"]


def test_kubernetes_has_its_pod_its_service_and_no_way_past_its_link(tree: Path) -> None:
    made = {(item["kind"], item["metadata"]["name"]): item for item in documents(tree / BASE / "services.yaml")}
    container = made["Deployment", "pulse"]["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "faultline-service:0.1.0"
    assert {"secretRef": {"name": "pulse-secrets"}} in container["envFrom"]
    assert made["Service", "pulse"]["spec"]["ports"] == [{"name": "http", "port": 8000}]
    traffic = Traffic(tuple(documents(tree / BASE / "network.yaml")))
    link = next(link for link in load(tree / "system").links if link.name == "pulse-to-pulse")
    assert traffic.passes("pulse", "toxiproxy", LINKS_FROM + link.offset)
    assert traffic.passes("toxiproxy", "pulse", 8000)
    assert traffic.passes("prometheus", "pulse", 8000)
    assert not traffic.passes("worker", "pulse", 8000)


@pytest.mark.kubernetes
@pytest.mark.timeout(1200)
def test_its_manifests_are_valid(tree: Path, tmp_path: Path) -> None:
    ran = example.run(tree, "deploy/kubernetes/make-secrets")
    assert ran.returncode == 0, ran.stderr
    built = subprocess.run([*kustomize(), str(tree / BASE)], capture_output=True, text=True, timeout=300, check=False)
    assert built.returncode == 0, built.stderr
    names = {(item["kind"], item["metadata"]["name"]) for item in yaml.safe_load_all(built.stdout)}
    assert {("Deployment", "pulse"), ("Service", "pulse"), ("NetworkPolicy", "pulse")} <= names
    path = tmp_path / "built.yaml"
    path.write_text(built.stdout)
    said = subprocess.run(
        [validator(), "-k", "1.29", "--strict", str(path)], capture_output=True, text=True, timeout=300, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
