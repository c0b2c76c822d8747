"""What is done to one container on a real engine: each change can be seen, and its undo leaves what was before."""

import os
from collections.abc import Iterator
from typing import Any, cast

import docker.types
import pytest

from harness.core.errors import ControlError, UsageError
from harness.core.fault import Undo
from harness.guard.container_healers import limits_of
from harness.guard.healers import heal
from harness.provision.containers.engine import engine
from harness.provision.containers.owned import OWNER, SERVICE, container, end_owned, states
from harness.provision.ports import Ports
from harness.targets.compose import controls as module
from harness.targets.compose.controls import ContainerControls
from harness.targets.compose.layout import Layout

pytestmark = [pytest.mark.containers, pytest.mark.real]

IMAGE = os.environ.get("FAULTLINE_BASE_IMAGE", "debian:bookworm-slim")
NAME = "worker"
BUSY = "while :; do :; done"
"""What ignores SIGTERM as every first process does, and takes all the CPU that it gets."""
WHOLE = {"cpu_period": 100_000, "cpu_quota": 50_000, "mem_limit": 64 * 2**20, "memswap_limit": 64 * 2**20}


@pytest.fixture
def layout() -> Iterator[Layout]:
    """A platform of one container on its network; all that carries its label is gone afterwards."""
    made = Layout.of(f"test-controls{os.getpid()}", Ports(25000), "198.18.252")
    client, labels = engine(), {OWNER: made.owner, SERVICE: NAME}
    if not client.images.list(name=IMAGE):
        client.images.pull(IMAGE)
    try:
        ipam = docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet="198.18.252.0/24")])
        network = client.networks.create(made.network, labels={OWNER: made.owner}, ipam=ipam, internal=True)
        worker = client.containers.create(IMAGE, ["sh", "-c", BUSY], labels=labels, network_mode="none", **WHOLE)
        client.networks.get("none").disconnect(worker)
        network.connect(worker, ipv4_address=made.address(NAME), aliases=[NAME])
        worker.start()
        yield made
    finally:
        end_owned(made.owner)
    assert states(made.owner) == {}


@pytest.fixture
def controls(layout: Layout) -> ContainerControls:
    return ContainerControls(layout, {})


def attributes(layout: Layout) -> Any:
    return container(layout.owner, NAME).attrs


def limits(layout: Layout) -> dict[str, int]:
    return limits_of(container(layout.owner, NAME))


def test_a_stop_that_is_still_going_on_is_over_when_its_undo_is_done(
    controls: ContainerControls, layout: Layout
) -> None:
    began = attributes(layout)["State"]["StartedAt"]
    undo = controls.undo_stop(NAME)
    controls.stop(NAME, grace_s=20)
    assert controls.look(NAME).alive
    heal(undo)
    # The engine answers the stop as soon as the container has ended: nothing is left that could end it later.
    controls._stopping.shutdown(wait=True)
    assert controls.look(NAME).alive
    assert attributes(layout)["State"]["StartedAt"] != began


def test_what_has_ended_is_seen_to_be_away_and_started_again(controls: ContainerControls) -> None:
    undo = controls.undo_stop(NAME)
    controls.stop(NAME, grace_s=0)
    controls._stopping.shutdown(wait=True)
    assert not controls.look(NAME).alive
    heal(undo)
    assert controls.look(NAME).alive


def test_a_stop_that_the_engine_refuses_is_told_at_the_next_look(
    controls: ContainerControls, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        status = "running"

        def stop(self, timeout: int) -> None:
            raise docker.errors.APIError("no space left on device")

    monkeypatch.setattr(module, "container", lambda owner, name: Refusing())
    controls.stop(NAME, grace_s=0)
    controls._stopping.shutdown(wait=True)
    with pytest.raises(ControlError, match="stopping worker: no space left on device"):
        controls.look(NAME)


def test_a_disconnected_container_comes_back_with_its_names_and_its_address(
    controls: ContainerControls, layout: Layout
) -> None:
    def joined() -> Any:
        return attributes(layout)["NetworkSettings"]["Networks"].get(layout.network)

    undo = controls.undo_disconnect(NAME)
    controls.disconnect(NAME)
    look = controls.look(NAME)
    assert (look.alive, look.connected, joined()) == (True, False, None)
    heal(undo)
    assert controls.look(NAME).connected
    assert joined()["IPAddress"] == "198.18.252.33"
    assert NAME in joined()["Aliases"]


def test_one_that_ended_while_it_was_cut_off_is_connected_again_all_the_same(
    controls: ContainerControls, layout: Layout
) -> None:
    undo = controls.undo_disconnect(NAME)
    controls.disconnect(NAME)
    container(layout.owner, NAME).kill()
    container(layout.owner, NAME).wait(timeout=10)
    heal(undo)
    heal(controls.undo_stop(NAME))
    assert attributes(layout)["NetworkSettings"]["Networks"][layout.network]["IPAddress"] == "198.18.252.33"


def test_less_cpu_holds_back_what_is_busy_and_comes_back(controls: ContainerControls, layout: Layout) -> None:
    undo = controls.undo_limit(NAME, cpus=0.02)
    controls.limit(NAME, cpus=0.02)
    assert limits(layout) == {**WHOLE, "cpu_quota": 2_000}
    first = controls.look(NAME, limits=True).throttled
    while controls.look(NAME, limits=True).throttled <= first:
        pass
    assert controls.look(NAME).throttled == 0
    heal(undo)
    assert limits(layout) == WHOLE


def test_two_limits_that_overlap_leave_none_behind(controls: ContainerControls, layout: Layout) -> None:
    def starve(**by: Any) -> Undo:
        undo = controls.undo_limit(NAME, **by)
        controls.limit(NAME, **by)
        return undo

    first = starve(cpus=0.02)
    second = starve(memory_mb=32)
    heal(first)
    assert limits(layout) == {**WHOLE, "mem_limit": 32 * 2**20, "memswap_limit": 32 * 2**20}
    third = starve(cpus=0.1, memory_mb=16)
    heal(second)
    heal(third)
    assert limits(layout) == WHOLE


@pytest.mark.parametrize("more", [{"cpus": 0.5}, {"cpus": 8.0}, {"memory_mb": 64}])
def test_a_limit_that_takes_nothing_away_is_refused(
    more: dict[str, Any], controls: ContainerControls, layout: Layout
) -> None:
    with pytest.raises(ControlError, match="would take nothing away"):
        controls.limit(NAME, **more)
    assert limits(layout) == WHOLE


def test_a_container_that_there_is_not_is_refused_by_name(layout: Layout) -> None:
    known = cast("Any", ContainerControls(layout, {}))
    for ask in (known.look, known.disconnect, known.undo_stop, known.undo_limit):
        with pytest.raises(UsageError, match="there is no container 'wrker'"):
            ask("wrker")
