from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from system.connectors.connector import Connector
from system.connectors.registry import PRESENTMENTS, connect
from system.gateway import GatewayRequest, Kind
from system.presentment import Presentment
from system.settings import Settings
from tests.system.gateways.live import API_KEY, CLIENT_ID, SECRET, LiveGateway


@pytest.fixture(params=["stripe", "paypal", "acquirer"])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LiveGateway]:
    running = LiveGateway(request.param, tmp_path / "journal")
    yield running
    running.stop()


@pytest.fixture
async def connector(gateway: LiveGateway) -> AsyncIterator[Connector]:
    async with connected(gateway) as patient:
        yield patient


@asynccontextmanager
async def connected(
    gateway: LiveGateway, timeout_s: float = 5.0, presentments: Mapping[str, Presentment] = PRESENTMENTS
) -> AsyncIterator[Connector]:
    """A connector to a gateway. A short timeout is for what never answers: a busy machine is slow at everything."""
    settings = Settings(
        stripe_url=gateway.url,
        paypal_url=gateway.url,
        acquirer_url=gateway.url,
        acquirer_api_key=SecretStr(API_KEY),
        stripe_api_key=SecretStr(API_KEY),
        paypal_client_id=CLIENT_ID,
        paypal_secret=SecretStr(SECRET),
        gateway_timeout_s=timeout_s,
        gateway_connect_timeout_s=timeout_s,
    )
    connectors = connect(settings, presentments=presentments)
    yield connectors[gateway.brand]
    for one in connectors.values():
        await one.close()


def wish(
    kind: Kind,
    tag: str,
    amount_minor: int = 1999,
    currency: str = "EUR",
    method: str = "pm_card_visa",
    gateway_ref: str | None = None,
) -> GatewayRequest:
    """A request of ours; everything with the same tag belongs to the same payment."""
    return GatewayRequest(
        operation_id=f"op_{tag}_{kind}",
        attempt_id=f"att_{tag}_{kind}",
        payment_id=f"pay_{tag}",
        merchant_id="m_alpha",
        reference=f"ref_{tag}",
        gateway_key=f"att_{tag}_{kind}",
        kind=kind,
        amount_minor=amount_minor,
        currency=currency,
        payment_method=method,
        capture=kind is Kind.SALE,
        gateway_ref=gateway_ref,
        correlation_id=f"corr_{tag}",
    )
