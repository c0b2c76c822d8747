"""The acquirer's urls."""

from collections.abc import Callable

from system.gateways.acquirer import charges, inquiries
from system.gateways.acquirer.desk import Desk
from system.gateways.acquirer.responses import Refusal
from system.gateways.common.brand import Handler
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.router import Route, Router

Endpoint = Callable[[Desk, Exchange, Batch], Answer]


def build_router(desk: Desk) -> Router:
    """Return every url with its endpoint, and the books' word for it."""

    def route(method: str, pattern: str, endpoint: Endpoint, word: str) -> Route:
        return Route(method, pattern, _handler(desk, endpoint), word)

    return Router(
        [
            route("POST", "/authorizations/*", charges.authorize, "create"),
            route("POST", "/sales/*", charges.sell, "create"),
            route("POST", "/charges/*/captures/*", charges.capture, "capture"),
            route("POST", "/charges/*/voids/*", charges.void, "void"),
            route("POST", "/charges/*/refunds/*", charges.refund, "refund"),
            route("GET", "/transactions/*", inquiries.transaction, "retrieve"),
            route("GET", "/charges/*", inquiries.charge, "retrieve"),
            route("GET", "/transactions", inquiries.feed, "feed"),
        ]
    )


def _handler(desk: Desk, endpoint: Endpoint) -> Handler:
    def handle(exchange: Exchange, batch: Batch) -> Answer:
        try:
            return endpoint(desk, exchange, batch)
        except Refusal as refusal:
            batch.records.clear()
            return refusal.answer()

    return handle
