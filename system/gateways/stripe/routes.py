"""Stripe's urls."""

from collections.abc import Callable
from functools import partial

from system.gateways.common.brand import Handler
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.router import Route, Router
from system.gateways.stripe import catalog, disputes, intents, lists, refunds, search
from system.gateways.stripe.desk import Desk
from system.gateways.stripe.errors import StripeError

Endpoint = Callable[[Desk, Exchange, Batch], Answer]

TABLES = {
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "disputes": "dispute",
    "events": "event",
    "balance_transactions": "balance_transaction",
    "payouts": "payout",
    "customers": "customer",
    "payment_methods": "payment_method",
}
READABLE = ("charges", "disputes", "events", "balance_transactions", "payouts", "customers")
SEARCHABLE = ("payment_intents", "charges", "customers")


def build_router(desk: Desk) -> Router:
    """Return every url with its endpoint, and the books' word for those that concern money."""
    intent, refund = "/v1/payment_intents", "/v1/refunds"

    def post(pattern: str, endpoint: Endpoint, word: str = "") -> Route:
        return Route("POST", pattern, _handler(desk, endpoint), word)

    def get(pattern: str, endpoint: Endpoint, word: str = "retrieve") -> Route:
        return Route("GET", pattern, _handler(desk, endpoint), word)

    routes = [
        post(intent, intents.create, "create"),
        post(f"{intent}/*/confirm", intents.confirm, "confirm"),
        post(f"{intent}/*/capture", intents.capture, "capture"),
        post(f"{intent}/*/cancel", intents.cancel, "void"),
        post(f"{intent}/*", intents.update),
        post(refund, refunds.create, "refund"),
        post(f"{refund}/*", refunds.update),
        post("/v1/disputes/*", disputes.update),
        post("/v1/disputes/*/close", disputes.close),
        post("/v1/charges/*", partial(catalog.update, "charge")),
        post("/v1/customers", catalog.create_customer),
        post("/v1/customers/*", catalog.update_customer),
        post("/v1/payment_methods", catalog.create_method),
        post("/v1/payment_methods/*/attach", catalog.attach_method),
        post("/v1/payouts", catalog.create_payout),
        *(
            get(f"/v1/{name}/search", partial(search.searching, TABLES[name], f"/v1/{name}/search"), "search")
            for name in SEARCHABLE
        ),
        get(f"{intent}/*", intents.retrieve),
        get(f"{refund}/*", refunds.retrieve),
        get("/v1/payment_methods/*", catalog.retrieve_method, ""),
        *(get(f"/v1/{name}/*", partial(catalog.retrieve, TABLES[name]), _word(name)) for name in READABLE),
        *(
            get(f"/v1/{name}", partial(lists.listing, table, f"/v1/{name}"), _word(name))
            for name, table in TABLES.items()
        ),
    ]
    return Router(routes)


def _word(name: str) -> str:
    """Only lookups of money, and readings of the feed, are worth a row in the books."""
    if name == "balance_transactions":
        return "feed"
    return "retrieve" if name in ("payment_intents", "charges", "refunds") else ""


def _handler(desk: Desk, endpoint: Endpoint) -> Handler:
    def handle(exchange: Exchange, batch: Batch) -> Answer:
        try:
            return endpoint(desk, exchange, batch)
        except StripeError as error:
            batch.records.clear()
            return error.answer()

    return handle
