"""What no gateway takes is refused before a byte is sent; what one takes goes to that one."""

from collections.abc import Iterable, Mapping

from system.core.failures import Refused
from system.presentment import Presentment, refusals


def refusal_of_charge(
    presentments: Mapping[str, Presentment], gateways: Iterable[str], currency: str, amount_minor: int
) -> Refused | None:
    """Return the refusal (422) of a charge that no gateway takes, with each one's reason; None where one does."""
    whys = refusals(presentments, gateways, currency, amount_minor)
    if not all(whys.values()):
        return None
    if all(currency not in presentments[name].terms for name in whys):
        message = f"No gateway takes {currency}."
        return Refused(422, "invalid_request_error", "currency_not_supported", message, param="currency")
    return _unsupported(whys)


def refusal_of_part(
    presentments: Mapping[str, Presentment], gateway: str, currency: str, amount_minor: int
) -> Refused | None:
    """Return the refusal (422) of a capture or refund that its payment's gateway does not take; None where it does."""
    why = presentments[gateway].refusal_of_part(currency, amount_minor) if gateway in presentments else ""
    return _unsupported({gateway: why}) if why else None


def _unsupported(whys: Mapping[str, str]) -> Refused:
    message = "; ".join(f"{name} {why}" for name, why in whys.items()) + "."
    return Refused(422, "invalid_request_error", "amount_not_supported", message, param="amount_minor")
