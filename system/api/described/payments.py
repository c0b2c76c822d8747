"""What merchants ask for."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from system.api.described import Described, Told
from system.api.described.errors import AMOUNT, MERCHANT, MONEY
from system.core.resources import Currency, Payment, Refund
from system.crashpoints import CrashPoint
from system.json_body import PlainObject
from system.money import AMOUNT_LIMIT_MINOR

Amount = Annotated[
    int, Meta(ge=1, le=AMOUNT_LIMIT_MINOR, description="In minor units of the currency.", examples=[1999])
]
Decimal = Annotated[
    str,
    Meta(
        pattern=r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?$",
        description="A decimal string with at most the currency's decimals; instead of `amount_minor`.",
        examples=["19.99"],
    ),
]
Reference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        description="The merchant's own reference: printable, and never a card's number.",
        examples=["order-1042"],
    ),
]
Said = Annotated[str, Meta(min_length=1, max_length=255, description="Printable.")]
Token = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_]{2,63}$",
        description="A token of the payment method; never a card's number.",
        examples=["pm_card_visa"],
    ),
]


class CreatePayment(Struct, forbid_unknown_fields=True, kw_only=True):
    """A payment to be made. Exactly one of `amount_minor` and `amount`."""

    currency: Currency
    payment_method: Token
    merchant_reference: Reference
    amount_minor: Amount | UnsetType = UNSET
    amount: Decimal | UnsetType = UNSET
    capture: Annotated[
        Literal["automatic", "manual"], Meta(description="`manual` only holds the money, to be captured or voided.")
    ] = "automatic"
    description: Said | None = None


class CapturePayment(Struct, forbid_unknown_fields=True, kw_only=True):
    """A capture: of all that is held where no amount is named."""

    merchant_reference: Reference
    amount_minor: Amount | UnsetType = UNSET
    amount: Decimal | UnsetType = UNSET


class VoidPayment(Struct, forbid_unknown_fields=True, kw_only=True):
    """The end of a hold."""

    merchant_reference: Reference


class RefundPayment(Struct, forbid_unknown_fields=True, kw_only=True):
    """A refund. Exactly one of `amount_minor` and `amount`."""

    merchant_reference: Reference
    amount_minor: Amount | UnsetType = UNSET
    amount: Decimal | UnsetType = UNSET
    reason: Said | None = None


ONE_AMOUNT: PlainObject = {"oneOf": [{"required": ["amount_minor"]}, {"required": ["amount"]}]}
AT_MOST_ONE_AMOUNT: PlainObject = {"not": {"required": ["amount_minor", "amount"]}}
CONDITIONS: Mapping[str, PlainObject] = {
    "CreatePayment": ONE_AMOUNT,
    "RefundPayment": ONE_AMOUNT,
    "CapturePayment": AT_MOST_ONE_AMOUNT,
}
"""What JSON Schema says between members and a type does not."""


class PaymentList(Struct, frozen=True):
    """Payments, the newest first."""

    data: tuple[Payment, ...]
    has_more: Annotated[bool, Meta(description="There are more after the last of these.")]


class ListPayments(Struct, kw_only=True):
    """Which payments."""

    limit: Annotated[int, Meta(ge=1, le=100, description="How many at most.")] = 20
    starting_after: Annotated[str | UnsetType, Meta(description="The id of the payment after which to go on.")] = UNSET
    merchant_reference: Annotated[str | UnsetType, Meta(description="Only those with this reference.")] = UNSET


class PaymentStates(Struct, frozen=True):
    """The allowed statuses of a payment and the edges between them."""

    version: int
    initial: str
    # Not as pairs: schemathesis cannot check those (findings/schemathesis_pairs.sh).
    edges: tuple[Annotated[tuple[str, ...], Meta(min_length=2, max_length=2)], ...]
    terminal: tuple[str, ...]


class CrashPoints(Struct, frozen=True):
    """Every crash point that the code has."""

    points: tuple[CrashPoint, ...]


_REPLAY = ("Idempotent-Replayed",)
_OPEN = Told(Payment, "Taken on, and not decided yet. Ask again under the same key, or look at it.", _REPLAY)
_DECLINES = {402: "A gateway declined it. `code` is the gateway's, and the answer belongs to the key for good."}
_KEYED = (
    "Whoever sends the same payload under the same key again gets the same answer, marked by `Idempotent-Replayed`; "
    "nothing is executed twice. An answer that says `definite: false`, or none at all, is a reason to do so. "
)


def _money(
    summary: str,
    body: type[Struct],
    example: PlainObject,
    answers: Mapping[int, Told],
    *errors: str,
    tag: str = "payments",
    description: str = _KEYED,
) -> Described:
    """Describe a request that moves money."""
    return Described(
        tag=tag,
        description=description,
        summary=summary,
        body=body,
        example=example,
        answers=answers,
        errors=(*MONEY, *errors),
        other_errors=_DECLINES,
        security="merchant",
        keyed=True,
    )


ROUTES: Mapping[tuple[str, str], Described] = {
    ("POST", "/v1/payments"): _money(
        "Make a payment, or hold its money",
        CreatePayment,
        {
            "amount_minor": 1999,
            "currency": "EUR",
            "payment_method": "pm_card_visa",
            "merchant_reference": "order-1042",
        },
        {201: Told(Payment, "Captured, or authorised.", _REPLAY), 202: _OPEN},
        *(*AMOUNT, "currency_unknown", "currency_not_supported", "payment_method_invalid"),
        description=_KEYED + "Another payload under a key that was used is refused.",
    ),
    ("POST", "/v1/payments/{payment_id}/capture"): _money(
        "Capture what is held",
        CapturePayment,
        {"merchant_reference": "order-1042-capture"},
        {200: Told(Payment, "Captured.", _REPLAY), 202: _OPEN},
        *(*AMOUNT, "payment_not_found", "payment_not_capturable", "capture_exceeds_authorized"),
        *("hold_expired", "hold_canceled", "operation_in_progress"),
    ),
    ("POST", "/v1/payments/{payment_id}/void"): _money(
        "Let go of what is held",
        VoidPayment,
        {"merchant_reference": "order-1042-void"},
        {200: Told(Payment, "Released.", _REPLAY), 202: _OPEN},
        *("payment_not_found", "payment_not_voidable", "hold_expired", "hold_canceled", "operation_in_progress"),
    ),
    ("POST", "/v1/payments/{payment_id}/refunds"): _money(
        "Give money back",
        RefundPayment,
        {"amount_minor": 500, "merchant_reference": "order-1042-refund", "reason": "too small"},
        {
            201: Told(Refund, "Refunded, as far as the gateway says now; it may still fail later.", _REPLAY),
            202: Told(Refund, "Taken on, and not decided yet.", _REPLAY),
        },
        *(*AMOUNT, "payment_not_found", "payment_not_refundable", "refund_exceeds_captured", "payment_disputed"),
        tag="refunds",
    ),
    ("GET", "/v1/payments"): Described(
        tag="payments",
        summary="List payments, the newest first",
        query=ListPayments,
        security="merchant",
        answers={200: Told(PaymentList, "These.")},
        errors=(*MERCHANT, "parameter_invalid", "parameter_unknown"),
    ),
    ("GET", "/v1/payments/{payment_id}"): Described(
        tag="payments",
        summary="Look at a payment",
        security="merchant",
        answers={200: Told(Payment, "As it is now, and as no failover can take back.")},
        errors=(*MERCHANT, "payment_not_found"),
    ),
    ("GET", "/v1/refunds/{refund_id}"): Described(
        tag="refunds",
        summary="Look at a refund",
        security="merchant",
        answers={200: Told(Refund, "As it is now.")},
        errors=(*MERCHANT, "refund_not_found"),
    ),
    ("GET", "/v1/payment-states"): Described(
        tag="about",
        summary="The statuses of a payment and the edges between them",
        answers={200: Told(PaymentStates, "All of them.")},
    ),
    ("GET", "/v1/crash-points"): Described(
        tag="about",
        summary="The places at which a process can be told to die",
        answers={200: Told(CrashPoints, "All of them.")},
    ),
}
