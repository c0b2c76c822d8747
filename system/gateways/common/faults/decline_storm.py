"""``decline_storm``: good cards are declined. The dialects ask for it where they consult the card."""

from system.gateways.common.exchange import Exchange
from system.gateways.common.kind import Kind, Word
from system.gateways.common.methods import Behaviour

NAME = "decline_storm"


def stormy(exchange: Exchange, card: Behaviour) -> Behaviour:
    """Return how the card behaves in today's weather."""
    armed = exchange.fault(NAME)
    if armed is None or card.decline:
        return card
    armed.hit(exchange)
    return Behaviour(armed.parameters["code"], armed.parameters["decline_code"])


KIND = Kind(
    name=NAME,
    sentence="Good cards are declined with `code` and `decline_code`; nothing moves.",
    endpoints=frozenset({"create", "confirm"}),
    parameters={
        "code": Word("card_declined", ("card_declined", "processing_error", "expired_card", "incorrect_cvc")),
        "decline_code": Word("generic_decline"),
    },
)
