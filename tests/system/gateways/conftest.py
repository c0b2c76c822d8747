from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.gateways.live import LiveGateway
from tests.system.gateways.tellers import PayPalTeller, StripeTeller, Teller, teller_of


@pytest.fixture
def open_gateway(tmp_path: Path) -> Iterator[Callable[..., LiveGateway]]:
    """Starts gateways (keyword arguments are their settings); a second one of a brand continues its journal."""
    running: list[LiveGateway] = []

    def start(brand: str, **settings: Any) -> LiveGateway:
        running.append(LiveGateway(brand, tmp_path / f"{brand}.jsonl", **settings))
        return running[-1]

    yield start
    for gateway in running:
        gateway.stop()


@pytest.fixture(params=["stripe", "paypal", "acquirer"])
def teller(request: pytest.FixtureRequest, open_gateway: Callable[..., LiveGateway]) -> Teller:
    return teller_of(open_gateway(request.param))


@pytest.fixture
def stripe_teller(open_gateway: Callable[..., LiveGateway]) -> StripeTeller:
    return StripeTeller(open_gateway("stripe"))


@pytest.fixture
def paypal_teller(open_gateway: Callable[..., LiveGateway]) -> PayPalTeller:
    return PayPalTeller(open_gateway("paypal"))
