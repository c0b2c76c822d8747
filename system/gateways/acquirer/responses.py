"""The acquirer's answers: response codes as in field 39 of ISO 8583, and which HTTP status carries them."""

from typing import Any

import msgspec

from system.gateways.common.exchange import UNTAKEN, Answer

TEXTS = {
    "00": "Approved",
    "05": "Do not honor",
    "09": "Request in progress",
    "12": "Invalid transaction",
    "13": "Invalid amount",
    "14": "Invalid card number",
    "25": "Unable to locate record",
    "30": "Format error",
    "41": "Lost card",
    "43": "Stolen card",
    "51": "Insufficient funds",
    "54": "Expired card",
    "57": "Transaction not permitted",
    "58": "Not permitted to this terminal",
    "59": "Suspected fraud",
    "61": "Exceeds amount limit",
    "65": "Additional customer authentication required",
    "82": "Card verification failed",
    "91": "Issuer or switch inoperative",
    "94": "Duplicate transmission",
    "96": "System malfunction",
}

DECLINES = {
    "generic_decline": "05",
    "insufficient_funds": "51",
    "lost_card": "41",
    "stolen_card": "43",
    "fraudulent": "59",
    "expired_card": "54",
    "incorrect_cvc": "82",
    "processing_error": "91",
    "try_again_later": "91",
}
"""The code by an issuer's reason. 91 is the one that says that the issuer was not asked: another route may work."""

_encoder = msgspec.json.Encoder()


class Refusal(Exception):
    """What the acquirer refuses. ``keep``: the refusal is the transaction's answer from then on."""

    def __init__(
        self, status: int, code: str, detail: str = "", *, keep: bool = False, result: str = "rejected", **extra: Any
    ) -> None:
        super().__init__(detail or TEXTS[code])
        self.status = status
        self.code = code
        self.keep = keep
        self.result = result
        self.body = {"response_code": code, "response_text": TEXTS[code], "detail": detail, **extra}

    def answer(self, result: str = "") -> Answer:
        """Return the refusal as an answer."""
        return Answer(self.status, _encoder.encode(self.body), result or self.result, keep=self.keep)


def malformed(detail: str) -> Refusal:
    """A request that is no request (400)."""
    return Refusal(400, "30", detail)


def missing(what: str) -> Refusal:
    """There is no such record (404)."""
    return Refusal(404, "25", f"no such {what}")


def untaken(code: str, detail: str) -> Refusal:
    """The published rules of currencies and amounts do not allow it (400): the transaction's reference stays free."""
    return Refusal(400, code, detail, result=UNTAKEN)


def ruled_out(code: str, detail: str, **extra: Any) -> Refusal:
    """The books say no (422), and say so again."""
    return Refusal(422, code, detail, keep=True, **extra)
