"""The load's manifests: as many workers as the master waits for, a job that makes sense, where they find each other."""

import base64
import json
import sys

import msgspec
import pytest

from harness.cli import main as entry
from harness.joining.gathering import chosen_token, parse_address
from harness.run.load_only import OURS
from loadtests.flows import discover
from loadtests.job import LoadJob
from tests.kubernetes import manifests

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(1200)]


def arguments_of(job: str) -> list[str]:
    return [str(item) for item in manifests.container_of(manifests.named("load", "Job", job))["args"]]


def secret(name: str, key: str) -> bytes:
    return base64.b64decode(manifests.named("load", "Secret", name)["data"][key])


def test_the_master_waits_for_the_workers_that_there_will_be() -> None:
    (expected,) = [item.partition("=")[2] for item in arguments_of("load-master") if "--expect-workers" in item]
    spec = manifests.named("load", "Job", "load-worker")["spec"]
    assert spec["completions"] == spec["parallelism"] == int(expected)


def test_what_dies_is_not_replaced_and_a_dead_worker_does_not_end_the_others() -> None:
    """A limit of the whole Job would have the surviving workers terminated with the first that dies."""
    assert manifests.named("load", "Job", "load-master")["spec"]["backoffLimit"] == 0
    spec = manifests.named("load", "Job", "load-worker")["spec"]
    assert (spec["completionMode"], spec["backoffLimitPerIndex"]) == ("Indexed", 0)
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert not {"backoffLimit", "maxFailedIndexes", "podFailurePolicy"} & set(spec)


def test_the_image_begins_with_a_process_that_reaps_and_passes_signals_on() -> None:
    _, _, stage = (manifests.ROOT / "docker" / "Dockerfile").read_text().partition(" AS load\n")
    entry = next(line for line in stage.splitlines() if line.startswith("ENTRYPOINT"))
    assert json.loads(entry.removeprefix("ENTRYPOINT ")) == ["tini", "--", "python3", "-m", "harness.cli.generator"]
    jobs = manifests.of_kind("load", "Job")
    assert [name for name in map(manifests.container_of, jobs) if "command" in name] == []


def test_workers_find_the_master() -> None:
    host, port = parse_address(arguments_of("load-worker")[1], field="join")
    service = manifests.named("load", "Service", "load-master")
    assert host == f"{service['metadata']['name']}.{service['metadata']['namespace']}"
    assert [item["port"] for item in service["spec"]["ports"]] == [port, port + 1]
    (bound,) = [item.partition("=")[2] for item in arguments_of("load-master") if "--load-bind" in item]
    assert parse_address(bound, field="bind") == ("0.0.0.0", port)


@pytest.mark.parametrize("job", ["load-master", "load-worker"])
def test_the_commands_are_ours(job: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Both are understood, and refused only for what is missing here: the job's file and the token."""
    monkeypatch.delenv("FAULTLINE_JOIN_TOKEN", raising=False)
    monkeypatch.setattr(sys, "argv", ["faultline", *arguments_of(job)])
    assert entry.guarded() == 64
    said = capsys.readouterr().err
    assert "/etc/load/job.json cannot be read" in said or "FAULTLINE_JOIN_TOKEN is not set" in said


def test_the_token_is_strong_and_the_job_makes_sense() -> None:
    token = secret("load-token", "FAULTLINE_JOIN_TOKEN").decode()
    assert chosen_token({"FAULTLINE_JOIN_TOKEN": token}) == token
    document = msgspec.json.decode(secret("load-job", "job.json"))
    assert not set(document) & set(OURS)
    job = msgspec.convert({**document, "run_dir": "/histories"}, LoadJob)
    assert set(job.mix) <= set(discover())
    merchants = msgspec.json.decode(
        base64.b64decode(manifests.named("base", "Secret", "merchants")["data"]["merchants.json"])
    )
    assert {item.api_key for item in job.merchants} == {item["api_key"] for item in merchants}


def test_the_load_may_enter_the_platform_by_its_front_door_alone() -> None:
    namespace = manifests.named("load", "Namespace", "load")["metadata"]["labels"]
    policies = {item["metadata"]["name"]: item["spec"] for item in manifests.of_kind("base", "NetworkPolicy")}
    open_to = {
        name
        for name, spec in policies.items()
        for rule in spec.get("ingress", [])
        for peer in rule["from"]
        if "namespaceSelector" in peer and manifests.matches(peer["namespaceSelector"], namespace)
    }
    assert open_to == {"haproxy"}
