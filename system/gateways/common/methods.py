"""Test payment methods: what a card does when somebody asks it for money. All gateways know the same cards."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a payment method behaves. ``decline`` is '' for a card that pays."""

    decline: str = ""
    """Error code of the decline: ``card_declined``, ``expired_card``, ``incorrect_cvc``, ``processing_error``."""
    decline_code: str = ""
    """The issuer's reason: ``insufficient_funds``, ``try_again_later``, ..."""
    requires_action: bool = False
    answers: bool = False
    """The payer confirms by themselves, some time after they were asked."""
    disputed: bool = False
    inquiry: bool = False
    """With `disputed`: the payer's bank only asks at first, and takes no money."""
    refund_fails: bool = False


GOOD = Behaviour()

METHODS: dict[str, Behaviour] = {
    **dict.fromkeys(("pm_card_visa", "pm_card_mastercard", "pm_card_amex", "pm_card_visa_debit", "pm_card_jcb"), GOOD),
    "pm_card_visa_chargeDeclined": Behaviour("card_declined", "generic_decline"),
    "pm_card_chargeDeclined": Behaviour("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Behaviour("card_declined", "insufficient_funds"),
    "pm_card_chargeDeclinedInsufficientFunds": Behaviour("card_declined", "insufficient_funds"),
    "pm_card_visa_chargeDeclinedLostCard": Behaviour("card_declined", "lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": Behaviour("card_declined", "stolen_card"),
    "pm_card_visa_chargeDeclinedTryAgainLater": Behaviour("card_declined", "try_again_later"),
    "pm_card_chargeDeclinedFraudulent": Behaviour("card_declined", "fraudulent"),
    "pm_card_chargeDeclinedExpiredCard": Behaviour("expired_card", "expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": Behaviour("incorrect_cvc", "incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": Behaviour("processing_error", "processing_error"),
    "pm_card_authenticationRequired": Behaviour(requires_action=True),
    "pm_card_threeDSecure2Required": Behaviour(requires_action=True, answers=True),
    "pm_card_createDispute": Behaviour(disputed=True),
    "pm_card_createDisputeInquiry": Behaviour(disputed=True, inquiry=True),
    "pm_card_refundFail": Behaviour(refund_fails=True),
    "pm_card_pendingRefund": GOOD,
}
"""Known test methods. A method that a caller created itself pays."""

OWN: dict[str, dict[str, Behaviour]] = {
    "stripe": {"pm_card_radarBlock": Behaviour("card_declined", "fraudulent")},
    "paypal": {"pm_card_ccrejectFraud": Behaviour("card_declined", "fraudulent")},
    "acquirer": {},
}
"""What one gateway's own look at a card says, by gateway: the issuer would pay, and the other gateway takes the card.

Stripe's test card that Radar always blocks (docs.stripe.com/radar/testing), and paypal's sandbox rejection by the
holder's name (CCREJECT-SF, developer.paypal.com, card testing); looked up on 2026-12-01.
An acquirer only passes cards on.
"""


def behaviour(method: str, gateway: str) -> Behaviour | None:
    """Return how a method behaves at a gateway, None where nobody knows it. ``pm_`` ids made by this gateway pay."""
    found = OWN[gateway].get(method) or METHODS.get(method)
    if found is None and any(method in cards for cards in OWN.values()):
        return GOOD
    if found is None and method.startswith("pm_") and not method.startswith("pm_card_"):
        return GOOD
    return found
