"""Stripe's error envelope."""

import msgspec

from system.gateways.common.exchange import UNTAKEN, Answer
from system.gateways.common.rows import Row
from system.json_body import Plain

_encoder = msgspec.json.Encoder()


class StripeError(Exception):
    """A refusal in stripe's words. ``keep``: the refusal is remembered under the request's key."""

    def __init__(
        self,
        status: int,
        type_: str,
        message: str,
        *,
        code: str = "",
        param: str = "",
        keep: bool = False,
        result: str = "rejected",
        **extra: Plain,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.keep = keep
        self.result = result
        self.error: Row = {"type": type_, "message": message}
        if code:
            self.error |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"}
        if param:
            self.error["param"] = param
        self.error |= extra

    def answer(self, result: str = "") -> Answer:
        """Return the refusal as an answer."""
        return Answer(self.status, _encoder.encode({"error": self.error}), result or self.result, keep=self.keep)


def invalid(message: str, *, code: str = "", param: str = "", status: int = 400, keep: bool = False) -> StripeError:
    """An `invalid_request_error`."""
    return StripeError(status, "invalid_request_error", message, code=code, param=param, keep=keep)


def untaken(message: str, *, code: str = "", param: str = "") -> StripeError:
    """The published rules of currencies and amounts do not allow it: nothing is done, and nothing ever will be."""
    return StripeError(400, "invalid_request_error", message, code=code, param=param, result=UNTAKEN)


def missing(kind: str, object_id: str) -> StripeError:
    """There is no such object."""
    return invalid(f"No such {kind}: '{object_id}'", code="resource_missing", param="id", status=404)


def required(param: str) -> StripeError:
    """A parameter is missing."""
    return invalid(f"Missing required param: {param}.", code="parameter_missing", param=param)


DECLINE_MESSAGES = {
    "card_declined": "Your card was declined.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}


def declined(code: str, decline_code: str, charge_id: str, intent: Row) -> StripeError:
    """The issuer said no: 402 with the intent, which waits for another payment method."""
    return StripeError(
        402,
        "card_error",
        DECLINE_MESSAGES.get(code, "Your card was declined."),
        code=code,
        keep=True,
        decline_code=decline_code,
        charge=charge_id,
        payment_intent=intent,
    )
