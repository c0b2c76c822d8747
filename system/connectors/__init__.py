"""Connectors: what carries the payment core's wishes to the gateways, and tells what came of them."""

from collections.abc import Mapping

from system.connectors.paypal import PayPalConnector
from system.connectors.presenting import Presenting
from system.connectors.stripe import StripeConnector
from system.connectors.wire import Wire
from system.ports import Connector
from system.presentment import PRESENTMENTS, Presentment
from system.settings import Settings

__all__ = ["build"]


def build(settings: Settings, presentments: Mapping[str, Presentment] = PRESENTMENTS) -> dict[str, Connector]:
    """Return a connector for each gateway by name. Nothing is opened until the first call."""

    def wire(base_url: str) -> Wire:
        return Wire(
            base_url, timeout_s=settings.gateway_timeout_s, connect_timeout_s=settings.gateway_connect_timeout_s
        )

    stripe = StripeConnector(wire(settings.stripe_url), settings.stripe_api_key.get_secret_value())
    paypal = PayPalConnector(
        wire(settings.paypal_url),
        settings.paypal_client_id,
        settings.paypal_secret.get_secret_value(),
        presentments["paypal"],
    )
    return {
        "stripe": Presenting(stripe, presentments["stripe"], in_units=True),
        "paypal": Presenting(paypal, presentments["paypal"], in_units=False),
    }
