"""What merchants ask for of plans and subscriptions."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from system.api.described import Described, Told
from system.api.described.errors import AMOUNT, BODY, MERCHANT
from system.api.described.payments import ONE_AMOUNT, Amount, Decimal, Reference, Token
from system.core.billing_resources import InvoiceList, Plan, Subscription
from system.core.resources import Currency
from system.decisions.periods import Unit
from system.json_body import PlainObject

Instant = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        description="ISO 8601 with a zone, from 2020 to two years ahead.",
        examples=["2026-01-31T09:00:00+01:00"],
    ),
]


class CreatePlan(Struct, forbid_unknown_fields=True, kw_only=True):
    """A price for each interval. Exactly one of `amount_minor` and `amount`."""

    currency: Currency
    interval: Unit
    merchant_reference: Reference
    amount_minor: Amount | UnsetType = UNSET
    amount: Decimal | UnsetType = UNSET
    interval_count: Annotated[int, Meta(ge=1, le=52)] = 1
    trial_days: Annotated[int, Meta(ge=0, le=730, description="So many days cost nothing at first.")] = 0


class CreateSubscription(Struct, forbid_unknown_fields=True, kw_only=True):
    """A plan that is to be paid for with a stored payment method. One from the past is billed from then on."""

    plan: Annotated[str, Meta(min_length=1, max_length=64, description="The plan's id.")]
    payment_method: Token
    merchant_reference: Reference
    zone: Annotated[str, Meta(description="An IANA zone, by whose clocks periods begin.", examples=["UTC"])] = "UTC"
    start_at: Instant | None = None
    end_at: Instant | None = None


class ChangeSubscription(Struct, forbid_unknown_fields=True, kw_only=True):
    """Another plan, or another payment method: one of them."""

    plan: Annotated[str, Meta(min_length=1, max_length=64, description="A plan's id.")] | UnsetType = UNSET
    payment_method: Token | UnsetType = UNSET


class CancelSubscription(Struct, forbid_unknown_fields=True, kw_only=True):
    """When it ends."""

    at: Annotated[Literal["now", "period_end"], Meta(description="What was invoiced stays owed.")] = "period_end"


class NoFields(Struct, forbid_unknown_fields=True):
    """An empty object, or nothing."""


class ListInvoices(Struct, kw_only=True):
    """Which invoices."""

    limit: Annotated[int, Meta(ge=1, le=100, description="How many at most.")] = 20
    before_period: Annotated[int, Meta(ge=0, le=10**6, description="Only periods before this one.")] | UnsetType = UNSET


CONDITIONS: Mapping[str, PlainObject] = {
    "CreatePlan": ONE_AMOUNT,
    "ChangeSubscription": {"oneOf": [{"required": ["plan"]}, {"required": ["payment_method"]}]},
}
_CHANGES = (*MERCHANT, *BODY, "subscription_not_found", "still_in_progress", "parameter_invalid", "parameter_missing")
_SUBSCRIPTION = "/v1/subscriptions/{subscription_id}"


def _change(summary: str, body: type[Struct], *errors: str, example: PlainObject, description: str = "") -> Described:
    return Described(
        tag="subscriptions",
        summary=summary,
        description=description,
        body=body,
        example=example,
        optional_body=body is not ChangeSubscription,
        answers={200: Told(Subscription, "As it is now. Asking again changes nothing.")},
        errors=(*_CHANGES, *errors),
        security="merchant",
    )


ROUTES: Mapping[tuple[str, str], Described] = {
    ("POST", "/v1/plans"): Described(
        tag="subscriptions",
        summary="Make a plan",
        body=CreatePlan,
        example={"amount_minor": 999, "currency": "EUR", "interval": "month", "merchant_reference": "basic-monthly"},
        answers={
            201: Told(Plan, "Made."),
            200: Told(Plan, "The same plan stands under this reference already."),
        },
        errors=(
            *(*MERCHANT, *BODY, *AMOUNT, "parameter_invalid", "parameter_missing", "card_data_refused"),
            *("currency_unknown", "currency_not_supported", "plan_reference_used", "still_in_progress"),
        ),
        security="merchant",
    ),
    ("GET", "/v1/plans/{plan_id}"): Described(
        tag="subscriptions",
        summary="Look at a plan",
        answers={200: Told(Plan, "It never changes.")},
        errors=(*MERCHANT, "plan_not_found"),
        security="merchant",
    ),
    ("POST", "/v1/subscriptions"): Described(
        tag="subscriptions",
        summary="Begin a subscription",
        description="Each period is charged once, when it begins, under a key that is made of both.",
        body=CreateSubscription,
        example={"plan": "plan_01JH", "payment_method": "pm_card_visa", "merchant_reference": "member-1042"},
        answers={
            201: Told(Subscription, "Begun."),
            200: Told(Subscription, "The same subscription stands under this reference already, as it is now."),
        },
        errors=(
            *(*MERCHANT, *BODY, "parameter_invalid", "parameter_missing", "card_data_refused", "still_in_progress"),
            *("payment_method_invalid", "plan_not_found", "zone_unknown", "zone_missing", "date_invalid"),
            *("start_out_of_range", "range_empty", "subscription_reference_used"),
        ),
        security="merchant",
    ),
    ("GET", _SUBSCRIPTION): Described(
        tag="subscriptions",
        summary="Look at a subscription",
        answers={200: Told(Subscription, "As it is now.")},
        errors=(*MERCHANT, "subscription_not_found"),
        security="merchant",
    ),
    ("GET", f"{_SUBSCRIPTION}/invoices"): Described(
        tag="subscriptions",
        summary="List a subscription's invoices, the newest period first",
        query=ListInvoices,
        answers={200: Told(InvoiceList, "These.")},
        errors=(*MERCHANT, "subscription_not_found", "parameter_invalid", "parameter_unknown"),
        security="merchant",
    ),
    ("POST", f"{_SUBSCRIPTION}/pause"): _change(
        "Skip the periods that begin from now on", NoFields, "subscription_ended", example={}
    ),
    ("POST", f"{_SUBSCRIPTION}/resume"): _change(
        "Bill the periods that begin from now on", NoFields, "subscription_ended", example={}
    ),
    ("POST", f"{_SUBSCRIPTION}/cancel"): _change("End it", CancelSubscription, example={"at": "period_end"}),
    ("POST", f"{_SUBSCRIPTION}/change"): _change(
        "Change the plan or the payment method",
        ChangeSubscription,
        *("subscription_ended", "plan_not_found", "plan_not_compatible", "payment_method_invalid", "card_data_refused"),
        example={"payment_method": "pm_card_mastercard"},
        description="A change of plan is prorated: the difference for the rest of the period is in the next invoice.",
    ),
}
