import pytest

from harness.core.errors import ControlError, UsageError
from harness.core.surface import GatewayControls
from harness.guard.healers import heal
from harness.targets.gateways import SimulatorControls
from tests.harness.guard.admin import FaultyGateway


def planted(controls: GatewayControls, kind: str = "brownout", share: float = 1.0) -> None:
    controls.plant("stripe", "f1", kind, share=share, seed=1, parameters={})


def test_a_planted_fault_is_there_until_its_undo() -> None:
    with FaultyGateway(set()) as gateway:
        controls = SimulatorControls({"stripe": gateway.url})
        planted(controls)
        assert gateway.faults == {"f1"}
        heal(controls.undo("stripe", "f1"))
        assert gateway.faults == set()


def test_an_unknown_kind_is_refused_in_the_simulators_words() -> None:
    with FaultyGateway(set()) as gateway, pytest.raises(UsageError, match="no kind brwnout"):
        planted(SimulatorControls({"stripe": gateway.url}), "brwnout")


def test_a_fault_that_reads_back_differently_is_an_error() -> None:
    with FaultyGateway(set()) as gateway, pytest.raises(ControlError, match="reads back"):
        planted(SimulatorControls({"stripe": gateway.url}), share=0.5)


def test_an_unknown_gateway_lists_the_known_ones() -> None:
    with pytest.raises(UsageError) as refused:
        SimulatorControls({"paypal": "http://127.0.0.1:1"}).undo("stripe", "f1")
    assert refused.value.hint == "gateways: paypal"


def test_a_simulator_that_does_not_answer_is_a_control_error() -> None:
    with pytest.raises(ControlError, match="got no answer"):
        planted(SimulatorControls({"stripe": "http://127.0.0.1:1"}))
