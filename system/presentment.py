"""What a gateway takes, as this platform knows it: currencies, smallest units, least and greatest amounts.

The platform counts in minor units of ISO 4217 (``system.money``). Gateways do not always. What cannot be written
exactly in a gateway's units is not sent there, nor is what its rules refuse. Each gateway's own table lies in its
connector's folder, kept by hand; a test holds it against the gateways.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from system.money import exponent_of


@dataclass(frozen=True, slots=True)
class Terms:
    """How a gateway takes one currency; all but ``decimals`` in minor units of ISO 4217."""

    decimals: int
    """Decimals of an amount in the gateway's api."""
    step_minor: int = 1
    """Amounts are multiples of it."""
    least_minor: int = 1
    """The least charge. A capture or a refund may be smaller."""
    most_minor: int = 0


@dataclass(frozen=True, slots=True)
class Presentment:
    """The currencies that may be presented at one gateway."""

    terms: Mapping[str, Terms]

    def refusal(self, currency: str, amount_minor: int) -> str:
        """Return why a charge is not taken, in a few words; '' where it is."""
        terms = self.terms.get(currency)
        if terms is None:
            return f"does not take {currency}"
        if amount_minor < terms.least_minor:
            return f"takes at least {terms.least_minor} minor units of {currency}"
        if amount_minor > terms.most_minor:
            return f"takes at most {terms.most_minor} minor units of {currency}"
        return self.refusal_of_part(currency, amount_minor)

    def refusal_of_part(self, currency: str, amount_minor: int) -> str:
        """Return why a capture or refund of that much is not taken; '' where it is."""
        terms = self.terms.get(currency)
        if terms is not None and amount_minor % terms.step_minor:
            return f"takes {currency} only in steps of {terms.step_minor} minor units"
        return ""

    def sent(self, currency: str, amount_minor: int) -> int:
        """Return an amount in the gateway's units. Raises ValueError where it cannot be written exactly."""
        return _scaled(amount_minor, self.terms[currency].decimals - exponent_of(currency))

    def heard(self, currency: str, amount: int) -> int:
        """Return minor units of what the gateway tells in its own. Raises ValueError where that is not exact."""
        terms = self.terms.get(currency)
        return amount if terms is None else _scaled(amount, exponent_of(currency) - terms.decimals)


def _scaled(amount: int, digits: int) -> int:
    if digits >= 0:
        return amount * int(10**digits)
    scaled, rest = divmod(amount, int(10**-digits))
    if rest:
        raise ValueError("the amount has more decimals than its currency has there")
    return scaled


def refusals(
    presentments: Mapping[str, Presentment], gateways: Iterable[str], currency: str, amount_minor: int
) -> dict[str, str]:
    """Return why each of these gateways does not take a charge, '' for those that do."""
    return {
        name: presentments[name].refusal(currency, amount_minor) if name in presentments else "" for name in gateways
    }
