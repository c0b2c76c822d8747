"""PayPal's urls."""

from collections.abc import Callable
from functools import partial

from system.gateways.common.brand import Handler
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.router import Route, Router
from system.gateways.paypal import cases, orders, payments, reporting
from system.gateways.paypal.desk import Desk
from system.gateways.paypal.errors import PayPalError
from system.gateways.paypal.tokens import Tokens

Endpoint = Callable[[Desk, Exchange, Batch], Answer]
TOKEN_PATH = "/v1/oauth2/token"


def build_router(desk: Desk, tokens: Tokens) -> Router:
    """Return every url. The step of an order that moves money is the books' ``create``."""
    order, authorization = "/v2/checkout/orders", "/v2/payments/authorizations"

    def route(method: str, pattern: str, endpoint: Endpoint, word: str) -> Route:
        return Route(method, pattern, _handler(desk, endpoint), word)

    return Router(
        [
            Route("POST", TOKEN_PATH, lambda exchange, _batch: tokens.issue(exchange), "token"),
            route("POST", order, orders.create, "order"),
            route("POST", f"{order}/*/capture", partial(orders.pay, "CAPTURE"), "create"),
            route("POST", f"{order}/*/authorize", partial(orders.pay, "AUTHORIZE"), "create"),
            route("POST", f"{authorization}/*/capture", payments.capture, "capture"),
            route("POST", f"{authorization}/*/void", payments.void, "void"),
            route("POST", "/v2/payments/captures/*/refund", payments.refund, "refund"),
            route("GET", f"{order}/*", orders.retrieve, "retrieve"),
            route("GET", f"{authorization}/*", partial(payments.retrieve, "authorization"), "retrieve"),
            route("GET", "/v2/payments/captures/*", partial(payments.retrieve, "capture"), "retrieve"),
            route("GET", "/v2/payments/refunds/*", partial(payments.retrieve, "refund"), "retrieve"),
            route("GET", "/v1/reporting/transactions", reporting.transactions, "search"),
            route("GET", cases.PATH, cases.listing, ""),
            route("GET", f"{cases.PATH}/*", cases.retrieve, ""),
            route("POST", f"{cases.PATH}/*/provide-evidence", cases.provide_evidence, ""),
            route("POST", f"{cases.PATH}/*/accept-claim", cases.accept_claim, ""),
            route("POST", f"{cases.PATH}/*/escalate", cases.escalate, ""),
            route("POST", f"{cases.PATH}/*/adjudicate", cases.adjudicate, ""),
        ]
    )


def _handler(desk: Desk, endpoint: Endpoint) -> Handler:
    def handle(exchange: Exchange, batch: Batch) -> Answer:
        try:
            return endpoint(desk, exchange, batch)
        except PayPalError as error:
            batch.records.clear()
            return error.answer()

    return handle
