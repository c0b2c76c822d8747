"""Connectors: what carries the payment core's wishes to the gateways, and tells what came of them."""

from system.connectors.paypal import PayPalConnector
from system.connectors.stripe import StripeConnector
from system.connectors.wire import Wire
from system.ports import Connector
from system.settings import Settings

__all__ = ["build"]


def build(settings: Settings) -> dict[str, Connector]:
    """Return a connector for each gateway by name. Nothing is opened until the first call."""

    def wire(base_url: str) -> Wire:
        return Wire(
            base_url, timeout_s=settings.gateway_timeout_s, connect_timeout_s=settings.gateway_connect_timeout_s
        )

    return {
        "stripe": StripeConnector(wire(settings.stripe_url), settings.stripe_api_key.get_secret_value()),
        "paypal": PayPalConnector(
            wire(settings.paypal_url), settings.paypal_client_id, settings.paypal_secret.get_secret_value()
        ),
    }
