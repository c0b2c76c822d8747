"""The paypal-like dialect at the front door."""

from dataclasses import replace

import msgspec

from system.gateways.common.books import Books
from system.gateways.common.brand import Brand
from system.gateways.common.clock import new_id
from system.gateways.common.exchange import Answer, Exchange
from system.gateways.common.forms import BadForm, parse_form
from system.gateways.common.records import Record, Reply
from system.gateways.common.rows import Row
from system.gateways.common.settings import SimulatorSettings
from system.gateways.common.timers import Action
from system.gateways.paypal import disputes, lapses, payments
from system.gateways.paypal.currencies import CURRENCIES
from system.gateways.paypal.desk import Desk, annotate, public
from system.gateways.paypal.errors import PayPalError, declined, invalid
from system.gateways.paypal.routes import TOKEN_PATH, build_router
from system.gateways.paypal.tokens import Tokens
from system.gateways.paypal.values import Money, money
from system.json_body import InvalidJson, Json, decode

SIGNATURE_HEADER = "Paypal-Signature"
ORDER_KEYS_S = 6 * 3600
PAYMENT_KEYS_S = 45 * 86400
TABLES = {"orders": "order", "authorizations": "authorization", "captures": "capture", "refunds": "refund"}


class PayPalBrand:
    """JSON bodies, oauth tokens, `PayPal-Request-Id`, paypal's error shape."""

    name = "paypal"
    currencies = CURRENCIES

    def __init__(self, settings: SimulatorSettings, books: Books) -> None:
        self._desk = Desk(settings, books)
        self._tokens = Tokens(settings)
        self.router = build_router(self._desk, self._tokens)

    def key_of(self, exchange: Exchange) -> str:
        """Return the `PayPal-Request-Id`; reads and token requests have none."""
        if exchange.method != "POST" or exchange.path == TOKEN_PATH:
            return ""
        return exchange.header(b"paypal-request-id")

    def scope_of(self, exchange: Exchange) -> str:
        """Each kind of request has keys of its own."""
        return exchange.endpoint

    def read(self, exchange: Exchange) -> Answer | None:
        """Parse the JSON (or the query) and note whose request it is."""
        if exchange.path == TOKEN_PATH:
            return None
        try:
            exchange.fields = parse_form(exchange.query) if exchange.method == "GET" else _object(exchange.body)
        except (BadForm, InvalidJson) as error:
            return invalid("/", "MALFORMED_REQUEST_JSON", str(error)[:200]).answer()
        self._annotate(exchange)
        return None

    def _annotate(self, exchange: Exchange) -> None:
        fields = exchange.fields
        units = fields.get("purchase_units")
        unit = units[0] if isinstance(units, list) and units and isinstance(units[0], dict) else {}
        custom_id = unit.get("custom_id") or fields.get("custom_id") or ""
        reference = unit.get("reference_id") or fields.get("note_to_payer") or ""
        annotate(exchange, str(custom_id), str(reference), self._owner(exchange))

    def _owner(self, exchange: Exchange) -> Row | None:
        if not exchange.arguments:
            return None
        table = TABLES.get(exchange.path.strip("/").split("/")[2], "order")
        owner = self._desk.look(table, exchange.arguments[0])
        if owner is not None and exchange.endpoint == "create":
            # The order's second step is the same operation as its first.
            annotate(exchange, owner["custom_id"], owner["_reference"], owner)
        return owner

    def authenticate(self, exchange: Exchange) -> Answer | None:
        """Check the access token."""
        if exchange.path == TOKEN_PATH or self._tokens.valid(exchange.header(b"authorization")):
            return None
        return PayPalError(401, "INVALID_TOKEN").answer()

    def replay(self, exchange: Exchange, reply: Reply) -> Answer:
        """Repeat a refusal as it was; a success answers 200 with the object as it is now."""
        if reply.status >= 300:
            return Answer(reply.status, reply.body.encode(), "replayed")
        stored: Row = msgspec.json.decode(reply.body)
        latest = self._latest(exchange.endpoint, stored["id"]) or stored
        return Answer(200, msgspec.json.encode(public(latest)), "replayed")

    def _latest(self, endpoint: str, object_id: str) -> Row | None:
        tables = {"order": "order", "create": "order", "capture": "capture", "void": "authorization"}
        return self._desk.look(tables.get(endpoint, "refund"), object_id)

    def finish(self, exchange: Exchange, answer: Answer) -> Answer:
        """Add the debug id."""
        debug = (b"paypal-debug-id", new_id("d").removeprefix("d_")[:13].encode())
        return replace(answer, headers=(*answer.headers, debug))

    def not_found(self, exchange: Exchange) -> Answer:
        """There is no such url."""
        return PayPalError(404, "INVALID_URI", "The URI requested is invalid.").answer()

    def in_use(self, exchange: Exchange) -> Answer:
        """409 `PREVIOUS_REQUEST_IN_PROGRESS`."""
        issue = "PREVIOUS_REQUEST_IN_PROGRESS"
        return PayPalError(409, issue, "A previous request on this resource is in progress.").answer("in_use")

    def mismatch(self, exchange: Exchange) -> Answer:
        """422 `DUPLICATE_REQUEST_ID`."""
        issue = "DUPLICATE_REQUEST_ID"
        return PayPalError(422, issue, "The request id was used with another payload.").answer("mismatch")

    def too_many(self, exchange: Exchange) -> Answer:
        """429 `RATE_LIMIT_REACHED`."""
        return PayPalError(429).answer("not_executed")

    def broken(self, exchange: Exchange, status: int) -> Answer:
        """A server error."""
        return PayPalError(status).answer("not_executed")

    def refusing(self, exchange: Exchange, executed: Answer) -> Answer:
        """422 `INSTRUMENT_DECLINED`, please retry."""
        return declined("card_declined", "try_again_later").answer(executed.result)

    def misquoted(self, body: Row, by_minor: int, currency: str) -> Row:
        """Change every amount, however deep."""
        return {name: _misquote(name, value, by_minor, currency) for name, value in body.items()}

    def retention_s(self, exchange: Exchange) -> float:
        """Orders remember six hours, payments 45 days."""
        return ORDER_KEYS_S if exchange.endpoint in ("order", "create") else PAYMENT_KEYS_S


def _misquote(name: str, value: Json, by_minor: int, currency: str) -> Json:
    if isinstance(value, list):
        return [_misquote("", item, by_minor, currency) for item in value]
    if not isinstance(value, dict):
        return value
    if name == "amount":
        right = money(value, "/amount")
        wrong = Money(right.amount_minor + by_minor, right.currency).as_json()
        return {**wrong, **({"currency_code": currency.upper()} if currency else {})}
    return {key: _misquote(key, inner, by_minor, currency) for key, inner in value.items()}


def _object(body: bytes) -> Row:
    if not body:
        return {}
    parsed = decode(body)
    if not isinstance(parsed, dict):
        raise InvalidJson("The body must be a JSON object.")
    return parsed


def make_brand(settings: SimulatorSettings, books: Books) -> tuple[Brand, Action]:
    """Return the dialect and what its timers do."""

    def act(timer: Row) -> list[Record]:
        if "dispute" in timer:
            return disputes.open_dispute(books, timer)
        if "decide" in timer:
            return disputes.decide(books, timer)
        return lapses.lapse(books, timer) if "hold" in timer else payments.fail(books, timer)

    return PayPalBrand(settings, books), act
