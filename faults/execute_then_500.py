"""The gateway takes the money and answers with a server error: executed, and told that it broke."""

from faults._simulators import SimulatorFault


def execute_then_500(gateway: str = "stripe", *, share: float = 0.25, cached: bool = True) -> SimulatorFault:
    """Return server errors on a seeded `share` of the gateway's requests, each after it was executed.

    `cached`: the key repeats the error from then on, as Stripe says of its own keys (docs.stripe.com, idempotent
    requests). Otherwise a re-send is told what really happened, as PayPal says (developer.paypal.com, idempotency).
    """
    return SimulatorFault("execute_then_500", gateway, "execute_then_500", share, {"cached": cached})
