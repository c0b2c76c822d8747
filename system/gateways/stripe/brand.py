"""The stripe-like dialect at the front door."""

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
from system.gateways.stripe import disputes, intents, lapses, refunds
from system.gateways.stripe.currencies import CURRENCIES
from system.gateways.stripe.desk import Desk, annotate
from system.gateways.stripe.errors import StripeError, declined, invalid
from system.gateways.stripe.objects import API_VERSION
from system.gateways.stripe.routes import build_router

SIGNATURE_HEADER = "Stripe-Signature"
KEY_LENGTH_MAX = 255


class StripeBrand:
    """Form bodies, bearer keys, `Idempotency-Key`, stripe's envelope and headers."""

    name = "stripe"
    currencies = CURRENCIES

    def __init__(self, settings: SimulatorSettings, books: Books) -> None:
        self._settings = settings
        self._desk = self.desk = Desk(settings, books)
        self.router = build_router(self._desk)
        self._authorization = f"Bearer {settings.api_key.get_secret_value()}"

    def key_of(self, exchange: Exchange) -> str:
        """Return the `Idempotency-Key`; reads have none."""
        return exchange.header(b"idempotency-key") if exchange.method == "POST" else ""

    def scope_of(self, exchange: Exchange) -> str:
        """One account, one space of keys."""
        return "account"

    def read(self, exchange: Exchange) -> Answer | None:
        """Parse the form (or the query) and note whose request it is."""
        try:
            text = exchange.query if exchange.method == "GET" else exchange.body.decode()
            exchange.fields = parse_form(text)
        except (BadForm, UnicodeDecodeError):
            return invalid("Invalid request body: it must be form-encoded.").answer()
        if len(exchange.key) > KEY_LENGTH_MAX:
            return invalid(f"Idempotency keys have at most {KEY_LENGTH_MAX} characters.").answer()
        if exchange.endpoint:
            annotate(exchange, exchange.fields, self._subject(exchange))
        return None

    def _subject(self, exchange: Exchange) -> Row | None:
        if exchange.arguments:
            table = "refund" if exchange.path.startswith("/v1/refunds") else "payment_intent"
            return self._desk.look(table, exchange.arguments[0])
        subject = exchange.fields.get("payment_intent")
        return self._desk.look("payment_intent", subject) if isinstance(subject, str) else None

    def authenticate(self, exchange: Exchange) -> Answer | None:
        """Compare the bearer key."""
        if exchange.header(b"authorization") == self._authorization:
            return None
        return StripeError(401, "invalid_request_error", "Invalid API Key provided.").answer()

    def replay(self, exchange: Exchange, reply: Reply) -> Answer:
        """Repeat status and bytes."""
        headers = ((b"idempotent-replayed", b"true"), (b"original-request", reply.request_id.encode()))
        return Answer(reply.status, reply.body.encode(), "replayed", headers)

    def finish(self, exchange: Exchange, answer: Answer) -> Answer:
        """Add request id, version, the echoed key and the retry hint."""
        headers = [(b"request-id", new_id("req").encode()), (b"stripe-version", API_VERSION.encode())]
        if exchange.key:
            headers.append((b"idempotency-key", exchange.key.encode("latin-1")))
        if answer.status >= 400:
            again = b"true" if answer.status in (409, 429) or answer.status >= 500 else b"false"
            headers.append((b"stripe-should-retry", again))
        return with_headers(answer, (*answer.headers, *headers))

    def not_found(self, exchange: Exchange) -> Answer:
        """Unrecognised url."""
        return invalid(f"Unrecognized request URL ({exchange.method}: {exchange.path[:100]}).", status=404).answer()

    def in_use(self, exchange: Exchange) -> Answer:
        """409 `idempotency_key_in_use`."""
        message = "There is currently another in-progress request using this Idempotent Key."
        error = StripeError(409, "idempotency_error", message, code="idempotency_key_in_use")
        return error.answer("in_use")

    def mismatch(self, exchange: Exchange) -> Answer:
        """400 `idempotency_error`."""
        message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        return StripeError(400, "idempotency_error", message).answer("mismatch")

    def too_many(self, exchange: Exchange) -> Answer:
        """429 `rate_limit`."""
        error = StripeError(429, "invalid_request_error", "Request rate limit exceeded.", code="rate_limit")
        return error.answer("not_executed")

    def broken(self, exchange: Exchange, status: int) -> Answer:
        """`api_error`."""
        return StripeError(status, "api_error", "An unknown error occurred.").answer("not_executed")

    def refusing(self, exchange: Exchange, executed: Answer) -> Answer:
        """402 `card_declined`, `try_again_later`."""
        intent = {**msgspec.json.decode(executed.body), "status": "requires_payment_method", "amount_received": 0}
        charge_id = str(intent.get("latest_charge") or "")
        return declined("card_declined", "try_again_later", charge_id, intent).answer(executed.result)

    def misquoted(self, body: Row, by_minor: int, currency: str) -> Row:
        """Change every amount of the object."""
        amounts = ("amount", "amount_received", "amount_capturable")
        told = {name: body[name] + by_minor for name in amounts if body.get(name)}
        return {**body, **told, **({"currency": currency.lower()} if currency else {})}

    def retention_s(self, exchange: Exchange) -> float:
        """All keys live equally long."""
        return self._settings.key_retention_s


def with_headers(answer: Answer, headers: tuple[tuple[bytes, bytes], ...]) -> Answer:
    """Return the answer with these headers."""
    return Answer(answer.status, answer.body, answer.result, headers, answer.keep, answer.pause_s, answer.cut)


def make_brand(settings: SimulatorSettings, books: Books) -> tuple[Brand, Action]:
    """Return the dialect and what its timers do."""

    brand = StripeBrand(settings, books)

    def act(timer: Row) -> list[Record]:
        if "payer" in timer:
            return intents.payer_confirms(brand.desk, timer["payer"])
        if "dispute" in timer:
            return disputes.open_dispute(books, timer)
        if "decide" in timer:
            return disputes.decide(books, timer)
        return lapses.lapse(books, timer) if "hold" in timer else refunds.fail(books, timer)

    return brand, act
