"""The gateways of this platform, in the order in which a new charge tries them until an operator says otherwise."""

from collections.abc import Iterable, Mapping

from system.connectors.connector import Connector
from system.connectors.gateway import Gateway
from system.connectors.paypal.gateway import PAYPAL
from system.connectors.stripe.gateway import STRIPE
from system.presentment import Presentment
from system.settings import Settings

GATEWAYS: tuple[Gateway, ...] = (STRIPE, PAYPAL)

PRESENTMENTS: Mapping[str, Presentment] = {gateway.name: gateway.presentment for gateway in GATEWAYS}
"""What each takes, by the gateway's name."""


def connect(
    settings: Settings, gateways: Iterable[Gateway] = GATEWAYS, presentments: Mapping[str, Presentment] = PRESENTMENTS
) -> dict[str, Connector]:
    """Return a connector for each gateway by name. Nothing is opened until the first call."""
    return {
        gateway.name: gateway.connect(settings, presentments.get(gateway.name, gateway.presentment))
        for gateway in gateways
    }
