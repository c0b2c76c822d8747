"""PayPal's error shape: ``{name, details: [{issue}], message, debug_id}``."""

import msgspec

from system.gateways.common.clock import new_id
from system.gateways.common.exchange import UNTAKEN, Answer
from system.gateways.common.rows import Row
from system.json_body import Plain

NAMES = {
    400: ("INVALID_REQUEST", "Request is not well-formed, syntactically incorrect, or violates schema."),
    401: ("AUTHENTICATION_FAILURE", "Authentication failed due to invalid authentication credentials."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    409: ("RESOURCE_CONFLICT", "The server has detected a conflict while processing this request."),
    422: ("UNPROCESSABLE_ENTITY", "The requested action could not be performed, or failed business validation."),
    429: ("RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting."),
    500: ("INTERNAL_SERVER_ERROR", "An internal server error occurred."),
    503: ("SERVICE_UNAVAILABLE", "Service Unavailable."),
}


class PayPalError(Exception):
    """A refusal in paypal's words. ``keep``: it is remembered under the request's id."""

    def __init__(
        self,
        status: int,
        issue: str = "",
        description: str = "",
        *,
        field: str = "",
        keep: bool = False,
        result: str = "rejected",
        processor_response: dict[str, str] | None = None,
    ) -> None:
        name, message = NAMES.get(status, NAMES[500] if status >= 500 else NAMES[400])
        super().__init__(issue or name)
        self.status = status
        self.keep = keep
        self.result = result
        detail: dict[str, Plain] = {"issue": issue, "description": description or issue}
        if field:
            detail["field"] = field
        if processor_response is not None:
            detail["processor_response"] = processor_response
        self.body: Row = {
            "name": name,
            "message": message,
            "debug_id": new_id("debug").removeprefix("debug_")[:13],
            "details": [detail] if issue else [],
        }

    def answer(self, result: str = "") -> Answer:
        """Return the refusal as an answer."""
        return Answer(self.status, msgspec.json.encode(self.body), result or self.result, keep=self.keep)


def invalid(field: str, issue: str = "INVALID_PARAMETER_SYNTAX", description: str = "") -> PayPalError:
    """A malformed request (400)."""
    return PayPalError(400, issue, description, field=field)


def missing() -> PayPalError:
    """There is no such object (404)."""
    return PayPalError(404, "INVALID_RESOURCE_ID", "Specified resource ID does not exist.")


def unprocessable(issue: str, description: str = "") -> PayPalError:
    """The request cannot be carried out as it is (422); its id stays free."""
    return PayPalError(422, issue, description)


def untaken(issue: str, description: str = "") -> PayPalError:
    """The published rules of currencies and amounts do not allow it (422); the request's id stays free."""
    return PayPalError(422, issue, description, result=UNTAKEN)


def ruled_out(issue: str, description: str = "") -> PayPalError:
    """The card or the books say no (422); the same request id gets the same answer."""
    return PayPalError(422, issue, description, keep=True)


PROCESSOR_CODES = {
    "insufficient_funds": "5120",
    "generic_decline": "0500",
    "expired_card": "5400",
    "incorrect_cvc": "00N7",
    "processing_error": "9100",
    "try_again_later": "9100",
    "lost_card": "9520",
    "stolen_card": "9520",
    "fraudulent": "9500",
}
"""The processor's response code by reason; 9100 is "declined, please retry"."""


def declined(decline: str, decline_code: str) -> PayPalError:
    """The instrument was declined (422)."""
    reason = decline if decline != "card_declined" else decline_code
    return PayPalError(
        422,
        "INSTRUMENT_DECLINED",
        "The instrument presented was either declined by the processor or bank.",
        keep=True,
        processor_response={"response_code": PROCESSOR_CODES.get(reason, "0500")},
    )
