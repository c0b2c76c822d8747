"""Containers are healed by label: started, resumed, reconnected with the same address, given their limits back."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from harness.core.errors import ControlError, HealingError
from harness.guard import container_healers as healers
from harness.provision.containers.engine import engine
from harness.provision.containers.owned import OWNER, SERVICE, container, end_owned, states
from harness.provision.containers.pausing import pause

pytestmark = [pytest.mark.containers, pytest.mark.real]

IMAGE = os.environ.get("FAULTLINE_BASE_IMAGE", "debian:bookworm-slim")
LIMITS = {"cpu_period": 100_000, "cpu_quota": 100_000, "mem_limit": 64 * 2**20, "memswap_limit": 64 * 2**20}


@pytest.fixture
def owner() -> Iterator[str]:
    """A network and a container with a label of our own; all that carries it is gone afterwards."""
    name = f"test-{os.getpid()}"
    client = engine()
    labels = {OWNER: name, SERVICE: "sleeper"}
    if not client.images.list(name=IMAGE):
        client.images.pull(IMAGE)
    try:
        import docker.types

        pool = docker.types.IPAMPool(subnet="198.18.251.0/24")
        ipam = docker.types.IPAMConfig(pool_configs=[pool])
        client.networks.create(name, labels={OWNER: name}, ipam=ipam, internal=True)
        made = client.containers.create(IMAGE, ["sleep", "600"], name=name, labels=labels, **LIMITS)
        client.networks.get(name).connect(made, ipv4_address="198.18.251.7")
        made.start()
        yield name
    finally:
        end_owned(name)
    assert states(name) == {}


def arguments(owner: str, **others: str) -> dict[str, str]:
    return {"owner": owner, "service": "sleeper", **others}


def address(owner: str) -> Any:
    return container(owner, "sleeper").attrs["NetworkSettings"]["Networks"].get(owner, {}).get("IPAddress")


def test_a_killed_container_is_started_and_twice_does_no_harm(owner: str) -> None:
    container(owner, "sleeper").kill()
    for _ in range(2):
        healers.start_container(arguments(owner, url=""))
        assert states(owner)["sleeper"].state == "running"


def test_a_container_that_does_not_answer_after_its_start_is_not_healed(
    owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(healers, "_ANSWER_DEADLINE_S", 0.2)
    with pytest.raises(HealingError, match="does not answer"):
        healers.start_container(arguments(owner, url="http://127.0.0.1:9/"))


def test_a_paused_container_runs_on(owner: str) -> None:
    pause(container(owner, "sleeper"))
    healers.resume_container(arguments(owner, thaw=""))
    assert states(owner)["sleeper"].state == "running"


def test_a_disconnected_container_comes_back_with_its_address(owner: str) -> None:
    engine().networks.get(owner).disconnect(container(owner, "sleeper"), force=True)
    assert address(owner) is None
    for _ in range(2):
        healers.reconnect_container(arguments(owner, network=owner, address="198.18.251.7"))
        assert address(owner) == "198.18.251.7"


def test_limits_are_those_of_before(owner: str) -> None:
    before = healers.limits_of(container(owner, "sleeper"))
    undo = healers.limits_undo(owner, "sleeper", before)
    healers.set_limits(container(owner, "sleeper"), before | {"cpu_quota": 5_000, "mem_limit": 32 * 2**20})
    assert healers.limits_of(container(owner, "sleeper")) != before
    healers.restore_container_limits(undo.arguments)
    assert healers.limits_of(container(owner, "sleeper")) == before


def test_what_does_not_carry_the_label_is_not_found_and_not_removed(owner: str) -> None:
    with pytest.raises(ControlError, match="no container of sleeper"):
        healers.start_container({"owner": f"{owner}-of-another", "service": "sleeper", "url": ""})
    end_owned(f"{owner}-of-another")
    assert states(owner)["sleeper"].alive
