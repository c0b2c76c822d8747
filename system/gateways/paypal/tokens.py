"""``POST /v1/oauth2/token``: client credentials for a bearer token. Tokens are signed, not stored."""

import base64
import binascii
import hashlib
import hmac

import msgspec

from system.gateways.common.clock import now_us
from system.gateways.common.exchange import Answer, Exchange
from system.gateways.common.settings import SimulatorSettings

LIFETIME_S = 32_400
PREFIX = "A21"


class Tokens:
    """Makes and checks access tokens."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._client = (settings.client_id, settings.secret.get_secret_value())

    def issue(self, exchange: Exchange) -> Answer:
        """Answer a token request."""
        if _basic(exchange.header(b"authorization")) != self._client:
            refusal = {"error": "invalid_client", "error_description": "Client Authentication failed"}
            return Answer(401, msgspec.json.encode(refusal))
        if exchange.body != b"grant_type=client_credentials":
            refusal = {"error": "unsupported_grant_type", "error_description": "Grant Type is not supported"}
            return Answer(400, msgspec.json.encode(refusal))
        until = now_us() // 1_000_000 + LIFETIME_S
        token = {"access_token": self._sign(until), "token_type": "Bearer", "expires_in": LIFETIME_S, "scope": "*"}
        return Answer(200, msgspec.json.encode(token), "lookup")

    def valid(self, authorization: str) -> bool:
        """Tell whether a header carries a token of ours that has not expired."""
        scheme, _, token = authorization.partition(" ")
        until = token.removeprefix(f"{PREFIX}.").partition(".")[0]
        if scheme != "Bearer" or not (until.isascii() and until.isdigit()) or len(until) > 12:
            return False
        return hmac.compare_digest(token, self._sign(int(until))) and int(until) > now_us() // 1_000_000

    def _sign(self, until: int) -> str:
        proof = hmac.new(self._client[1].encode(), f"{self._client[0]}.{until}".encode(), hashlib.sha256)
        return f"{PREFIX}.{until}.{proof.hexdigest()}"


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme != "Basic":
        return None
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, secret
