"""The acquirer's dialect at the front door: JSON, a bearer key, each transaction under the merchant's reference for it.

The reference is in the address, so that sending a transaction again is what ISO 8583 calls a repeat: it finds the
first one's answer, and moves nothing.
"""

from system.gateways.acquirer.currencies import CURRENCIES
from system.gateways.acquirer.desk import CHARGE, Desk, annotate
from system.gateways.acquirer.lapses import act
from system.gateways.acquirer.responses import Refusal, malformed
from system.gateways.acquirer.routes import build_router
from system.gateways.common.books import Books
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Answer, Exchange
from system.gateways.common.forms import BadForm, parse_form
from system.gateways.common.records import Record, Reply
from system.gateways.common.rows import Row
from system.gateways.common.settings import SimulatorSettings
from system.gateways.common.timers import Action
from system.json_body import InvalidJson, decode

KEYS_S = 24 * 3600
REFERENCE_LENGTH_MAX = 64


class AcquirerBrand:
    """One merchant account, one space of transaction references."""

    name = "acquirer"
    currencies = CURRENCIES

    def __init__(self, settings: SimulatorSettings, books: Books) -> None:
        self._desk = Desk(settings, books)
        self.router = build_router(self._desk)
        self._authorization = f"Bearer {settings.api_key.get_secret_value()}"

    def key_of(self, exchange: Exchange) -> str:
        """Return the merchant's reference of the transaction; inquiries have none."""
        return exchange.arguments[-1] if exchange.method == "POST" and exchange.arguments else ""

    def scope_of(self, exchange: Exchange) -> str:
        """One account, one space of references."""
        return "account"

    def read(self, exchange: Exchange) -> Answer | None:
        """Parse the JSON (or the query) and note whose request it is."""
        try:
            exchange.fields = parse_form(exchange.query) if exchange.method == "GET" else _object(exchange.body)
        except (BadForm, InvalidJson) as error:
            return malformed(str(error)[:200]).answer()
        if len(exchange.key) > REFERENCE_LENGTH_MAX:
            return malformed(f"a reference has at most {REFERENCE_LENGTH_MAX} characters").answer()
        about = len(exchange.arguments) == 2 or exchange.path.startswith("/charges/")
        annotate(exchange, self._desk.look(CHARGE, exchange.arguments[0]) if about else None)
        return None

    def authenticate(self, exchange: Exchange) -> Answer | None:
        """Compare the bearer key."""
        if exchange.header(b"authorization") == self._authorization:
            return None
        return Refusal(401, "58", "the key is not known").answer()

    def replay(self, exchange: Exchange, reply: Reply) -> Answer:
        """Repeat status and bytes."""
        return Answer(reply.status, reply.body.encode(), "replayed", ((b"repeat", b"true"),))

    def finish(self, exchange: Exchange, answer: Answer) -> Answer:
        """Nothing is added."""
        return answer

    def not_found(self, exchange: Exchange) -> Answer:
        """There is no such url."""
        return Refusal(404, "12", "no such address").answer()

    def in_use(self, exchange: Exchange) -> Answer:
        """409, response code 09."""
        return Refusal(409, "09", "the transaction is being worked on").answer("in_use")

    def mismatch(self, exchange: Exchange) -> Answer:
        """422, response code 94."""
        return Refusal(422, "94", "the reference was used for another transaction").answer("mismatch")

    def too_many(self, exchange: Exchange) -> Answer:
        """429."""
        return Refusal(429, "96", "too many requests").answer("not_executed")

    def broken(self, exchange: Exchange, status: int) -> Answer:
        """A server error, response code 96."""
        return Refusal(status, "96").answer("not_executed")

    def refusing(self, exchange: Exchange, executed: Answer) -> Answer:
        """402, response code 91: the issuer's answer was lost on its way here."""
        return Refusal(402, "91", keep=True).answer(executed.result)

    def misquoted(self, body: Row, by_minor: int, currency: str) -> Row:
        """Change the amount."""
        return {**body, "amount": body["amount"] + by_minor, **({"currency": currency.upper()} if currency else {})}

    def retention_s(self, exchange: Exchange) -> float:
        """All references live equally long."""
        return KEYS_S


def _object(body: bytes) -> Row:
    if not body:
        return {}
    parsed = decode(body)
    if not isinstance(parsed, dict):
        raise InvalidJson("the body must be a JSON object")
    return parsed


def make_brand(settings: SimulatorSettings, books: Books) -> tuple[Brand, Action]:
    """Return the dialect and what its timers do."""

    def due(timer: Row) -> list[Record]:
        return act(books, timer)

    return AcquirerBrand(settings, books), due
