"""The gateways that this platform can speak to. Which of them it uses, and in which order, is a setting."""

from collections.abc import Iterable, Mapping

from system.connectors.acquirer.gateway import ACQUIRER
from system.connectors.connector import Connector
from system.connectors.gateway import Gateway
from system.connectors.paypal.gateway import PAYPAL
from system.connectors.stripe.gateway import STRIPE
from system.presentment import Presentment
from system.settings import Settings

GATEWAYS: tuple[Gateway, ...] = (STRIPE, PAYPAL, ACQUIRER)

PRESENTMENTS: Mapping[str, Presentment] = {gateway.name: gateway.presentment for gateway in GATEWAYS}
"""What each takes, by the gateway's name."""


class UnknownGateway(Exception):
    """A setting names a gateway that nobody can speak to."""


def in_use(settings: Settings) -> tuple[Gateway, ...]:
    """Return the gateways of the setting `gateways`, in the order in which a new charge tries them.

    Raises UnknownGateway.
    """
    known = {gateway.name: gateway for gateway in GATEWAYS}
    names = list(dict.fromkeys(name.strip() for name in settings.gateways.split(",") if name.strip()))
    if not names or (unknown := [name for name in names if name not in known]):
        told = ", ".join(unknown) if names else "none at all"
        raise UnknownGateway(f"gateways: {told}; valid: {', '.join(known)}")
    return tuple(known[name] for name in names)


def connect(
    settings: Settings, gateways: Iterable[Gateway] = GATEWAYS, presentments: Mapping[str, Presentment] = PRESENTMENTS
) -> dict[str, Connector]:
    """Return a connector for each gateway by name. Nothing is opened until the first call."""
    return {
        gateway.name: gateway.connect(settings, presentments.get(gateway.name, gateway.presentment))
        for gateway in gateways
    }
