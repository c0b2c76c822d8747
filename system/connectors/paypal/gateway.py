"""PayPal as one value."""

from system.connectors.connector import Connector
from system.connectors.gateway import Gateway, Webhooks
from system.connectors.paypal import events
from system.connectors.paypal.connector import PayPalConnector
from system.connectors.paypal.currencies import PRESENTMENT
from system.connectors.presenting import Presenting
from system.connectors.wire import wire_to
from system.presentment import Presentment
from system.settings import Settings

DAY_S = 86_400.0


def _connect(settings: Settings, presentment: Presentment) -> Connector:
    wire, secret = wire_to(settings.paypal_url, settings), settings.paypal_secret.get_secret_value()
    connector = PayPalConnector(wire, settings.paypal_client_id, secret, presentment)
    return Presenting(connector, presentment, in_units=False)


PAYPAL = Gateway(
    name="paypal",
    title="PayPal",
    connect=_connect,
    presentment=PRESENTMENT,
    # An hour short of the six that are promised.
    key_memory_s=5 * 3600.0,
    # developer.paypal.com/docs/checkout/advanced/authorization-honor, read 2026-12-01.
    hold_validity_s=29 * DAY_S,
    webhooks=Webhooks(
        header="PayPal-Signature",
        secret=lambda settings: settings.paypal_webhook_secret.get_secret_value(),
        read=events.read,
        model=events.PaypalEvent,
    ),
)
