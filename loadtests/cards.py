"""The payment methods that shoppers pay with, by the names that gateways know them by."""

GOOD_CARDS = ("pm_card_visa", "pm_card_mastercard", "pm_card_amex", "pm_card_visa_debit")
DECLINED_CARD = "pm_card_visa_chargeDeclined"
EMPTY_CARD = "pm_card_visa_chargeDeclinedInsufficientFunds"
BLOCKED_CARDS = ("pm_card_radarBlock", "pm_card_ccrejectFraud")
"""Each is declined for good by one gateway's own look at it; the other one would take it."""
DISPUTED_CARD = "pm_card_createDispute"
"""Pays, and its bank takes the money back soon after."""
SLOW_PAYERS_CARD = "pm_card_threeDSecure2Required"
"""Asks its payer, who confirms a moment later."""
SILENT_PAYERS_CARD = "pm_card_authenticationRequired"
"""Asks its payer, who never answers."""
