"""Stripe as one value."""

from system.connectors.connector import Connector
from system.connectors.gateway import Gateway, Webhooks
from system.connectors.presenting import Presenting
from system.connectors.stripe import events
from system.connectors.stripe.connector import StripeConnector
from system.connectors.stripe.currencies import PRESENTMENT
from system.connectors.wire import wire_to
from system.presentment import Presentment
from system.settings import Settings

DAY_S = 86_400.0


def _connect(settings: Settings, presentment: Presentment) -> Connector:
    connector = StripeConnector(wire_to(settings.stripe_url, settings), settings.stripe_api_key.get_secret_value())
    return Presenting(connector, presentment, in_units=True)


STRIPE = Gateway(
    name="stripe",
    title="Stripe",
    connect=_connect,
    presentment=PRESENTMENT,
    # An hour short of the day that is promised.
    key_memory_s=23 * 3600.0,
    # docs.stripe.com/payments/place-a-hold-on-a-payment-method, read 2026-12-01.
    hold_validity_s=7 * DAY_S,
    webhooks=Webhooks(
        header="Stripe-Signature",
        secret=lambda settings: settings.stripe_webhook_secret.get_secret_value(),
        read=events.read,
        model=events.StripeEvent,
    ),
)
