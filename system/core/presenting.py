"""What no gateway takes is refused before a key is claimed or a byte is sent; what one takes goes to that one."""

from collections.abc import Iterable, Mapping

from system.core.failures import Refused
from system.presentment import Presentment, refusals


def takers(
    presentments: Mapping[str, Presentment], gateways: Iterable[str], currency: str, amount_minor: int
) -> list[str]:
    """Return the gateways, in their order, that take a charge of that much."""
    return [name for name, why in refusals(presentments, gateways, currency, amount_minor).items() if not why]


def check_charge(
    presentments: Mapping[str, Presentment], gateways: Iterable[str], currency: str, amount_minor: int
) -> None:
    """Raise Refused (422) where no gateway takes the charge, with each one's reason."""
    whys = refusals(presentments, gateways, currency, amount_minor)
    if not all(whys.values()):
        return
    if all(currency not in presentments[name].terms for name in whys):
        message = f"No gateway takes {currency}."
        raise Refused(422, "invalid_request_error", "currency_not_supported", message, param="currency")
    raise _unsupported(whys)


def check_part(presentments: Mapping[str, Presentment], gateway: str, currency: str, amount_minor: int) -> None:
    """Raise Refused (422) where the payment's gateway does not take a capture or refund of that much."""
    why = presentments[gateway].refusal_of_part(currency, amount_minor) if gateway in presentments else ""
    if why:
        raise _unsupported({gateway: why})


def _unsupported(whys: Mapping[str, str]) -> Refused:
    message = "; ".join(f"{name} {why}" for name, why in whys.items()) + "."
    return Refused(422, "invalid_request_error", "amount_not_supported", message, param="amount_minor")
