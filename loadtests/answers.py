"""What an answer means: OK, FAILED or UNKNOWN, and what it says about the payment. Pure, and without mercy:
whatever is not a definite yes or a definite no is UNKNOWN.
"""

import msgspec

from harness.core.verdicts import Outcome
from loadtests.http1 import Answer

READS = frozenset({"get", "get_refund", "list", "final_read"})
OPEN_PAYMENT = frozenset({"created", "processing", "requires_action"})
PENDING_REFUND = "pending"
MALFORMED = "malformed_answer"
NEVER_SENT = frozenset({"connect_refused", "connect_failed", "connect_timeout"})
"""Nobody listened: not one byte of the request was written, so this send did certainly nothing."""


class LastError(msgspec.Struct, frozen=True):
    """Why a payment failed."""

    code: str | None = None


class Subject(msgspec.Struct, frozen=True):
    """A payment or a refund as an answer shows it (`payment_id` only in refunds). Fields of other types are an error.

    The fields that a list (`data`) or an error (`error`) has are here too, so that one pass decodes any answer.
    """

    object: str | None = None
    id: str | None = None
    payment_id: str | None = None
    merchant_id: str | None = None
    merchant_reference: str | None = None
    status: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    captured_minor: int | None = None
    refunded_minor: int | None = None
    disputed_minor: int | None = None
    version: int | None = None
    gateway: str | None = None
    refunds: list[str] | None = None
    last_error: LastError | None = None
    data: list["Subject"] | None = None
    error: "Problem | None" = None


class Problem(msgspec.Struct, frozen=True):
    """The one error shape."""

    code: str
    definite: bool | None = None
    payment: Subject | None = None
    refund: Subject | None = None


NOTHING = Subject()
_decode = msgspec.json.Decoder(Subject).decode


class Reading(msgspec.Struct):
    """An answer, understood. `subject` is the payment, the refund or the list in it, or what an error is about."""

    outcome: str
    subject: Subject = NOTHING
    error_code: str | None = None
    error: str | None = None
    definite: bool | None = None


def read(kind: str, answer: Answer) -> Reading:
    """Return what an answer to an operation of that kind means."""
    if answer.error in NEVER_SENT:
        return Reading(Outcome.FAILED, error=answer.error, definite=True)
    if answer.error:
        return Reading(Outcome.UNKNOWN, error=answer.error)
    try:
        body = _decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Reading(Outcome.UNKNOWN, error=MALFORMED)
    if 200 <= answer.status < 300:
        return _read_success(kind, answer.status, body)
    return _read_error(answer.status, body.error)


def _read_success(kind: str, status: int, body: Subject) -> Reading:
    if (body.data is None) if kind == "list" else (body.status is None or body.id is None):
        return Reading(Outcome.UNKNOWN, body, error=MALFORMED)
    if kind in READS:
        return Reading(Outcome.OK, body)
    if status == 202 or body.status in OPEN_PAYMENT or body.status == PENDING_REFUND:
        return Reading(Outcome.UNKNOWN, body, error="pending")
    if body.status == "failed":
        return Reading(Outcome.FAILED, body, error_code=body.last_error.code if body.last_error else None)
    return Reading(Outcome.OK, body)


def _read_error(status: int, error: Problem | None) -> Reading:
    if error is None or status < 400:
        return Reading(Outcome.UNKNOWN, error=MALFORMED)
    if status >= 500:
        sure = error.definite is True
    else:
        sure = error.definite is not False and not (status == 409 and error.code.endswith("in_use"))
    outcome = Outcome.FAILED if sure else Outcome.UNKNOWN
    return Reading(outcome, error.refund or error.payment or NOTHING, error.code, None, error.definite)
