"""What clients see: the public form of a payment, a refund and an error, field by field, in the order of the answer."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from system.states import CaptureMode, DisputeState, PaymentStatus, RefundStatus

Moment = Annotated[
    str, Meta(description="RFC 3339 in UTC, to the microsecond.", examples=["2026-01-31T12:00:00.000001Z"])
]
Minor = Annotated[int, Meta(ge=0, description="In minor units of the currency.", examples=[1999])]
Currency = Annotated[str, Meta(description="ISO 4217, upper case.", examples=["EUR"])]


class LastError(Struct, frozen=True):
    """Why the payment, or the last thing asked of it, came to nothing."""

    code: Annotated[str, Meta(examples=["card_declined"])]
    message: str


class Payment(Struct, frozen=True):
    """A payment of one merchant."""

    id: Annotated[str, Meta(examples=["pay_01JH0000000000000000000000"])]
    object: Literal["payment"]
    merchant_id: str
    amount_minor: Minor
    amount: Annotated[str, Meta(description="The same as a decimal string.", examples=["19.99"])]
    currency: Currency
    status: PaymentStatus
    capture: CaptureMode
    authorized_minor: Minor
    captured_minor: Minor
    refunded_minor: Minor
    refundable_minor: Annotated[int, Meta(description="What may still be refunded; 0 while it is disputed.")]
    disputed_minor: Minor
    dispute_state: Annotated[
        DisputeState | None, Meta(description="Of its dispute; null where nobody ever disputed it.")
    ]
    expires_at: Annotated[
        str | None, Meta(description="Until when its payer may confirm it; null where nobody is waited for.")
    ]
    gateway: Annotated[str | None, Meta(description="Who has the money; null before anybody has.")]
    merchant_reference: str
    version: Annotated[int, Meta(ge=1, description="Grows with every change of its status and of what was moved.")]
    last_error: LastError | None
    created_at: Moment
    updated_at: Moment
    refunds: Annotated[tuple[str, ...], Meta(description="Ids of its refunds, whatever became of them.")]


class Refund(Struct, frozen=True):
    """A refund of one payment."""

    id: Annotated[str, Meta(examples=["re_01JH0000000000000000000000"])]
    object: Literal["refund"]
    payment_id: str
    amount_minor: Minor
    currency: Currency
    status: RefundStatus
    merchant_reference: str
    created_at: Moment


class Existing(Struct, frozen=True):
    """What stands in the way."""

    id: str
    object: Literal["payment", "refund"]


ErrorType = Literal["invalid_request_error", "authentication_error", "card_error", "idempotency_error", "api_error"]


class ErrorDetail(Struct, frozen=True, kw_only=True):
    """What was wrong. `payment` and `refund`: what it is about, where there is one."""

    type: ErrorType
    code: Annotated[str, Meta(description="For programs; the reference lists them.")]
    message: Annotated[str, Meta(description="For people; never to be parsed.")]
    param: Annotated[str | None, Meta(description="The header, parameter or member that was wrong.")]
    definite: Annotated[
        bool,
        Meta(
            description="True: nothing happened, and nothing will unless the request is sent again. False: it may "
            "have been accepted all the same; ask again under the same key."
        ),
    ]
    correlation_id: str
    payment: Payment | UnsetType = UNSET
    refund: Refund | UnsetType = UNSET
    existing: Existing | UnsetType = UNSET


class Error(Struct, frozen=True):
    """The one error shape."""

    error: ErrorDetail


class Received(Struct, frozen=True, kw_only=True):
    """A gateway's event was taken: it acts, now or in time."""

    received: Literal[True] = True
    duplicate: Annotated[bool, Meta(description="It had been taken before.")]
