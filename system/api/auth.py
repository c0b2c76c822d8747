"""Who is asking: merchants by API key (only hashes are stored), operators by token."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from system.core.failures import Refused
from system.platform import Platform
from system.store.merchants import api_key_hash

CACHE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Merchant:
    """The merchant of a request."""

    merchant_id: str
    currency: str
    exponent: int


def _unauthorized() -> Refused:
    return Refused(401, "authentication_error", "api_key_invalid", "Send a valid API key as a bearer token.")


def bearer(headers: Mapping[str, str]) -> str:
    """The bearer token. Raises Refused (401)."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > 256 or not token.isascii():
        raise _unauthorized()
    return token


class Authenticator:
    """Finds merchants by the hash of their key; known keys are cached until the next reset."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._cache: dict[bytes, Merchant] = {}
        platform.shared.on_reset(self._cache.clear)

    async def merchant(self, headers: Mapping[str, str]) -> Merchant:
        """The merchant whose key this is. Raises Refused (401), psycopg.Error, PoolTimeout."""
        digest = api_key_hash(self._platform.settings, bearer(headers))
        known = self._cache.get(digest)
        if known is not None:
            return known
        async with self._platform.database.connection() as connection:
            cursor = await connection.execute(
                "SELECT merchant_id, currency, exponent FROM pay.merchants WHERE api_key_hash = %s", (digest,)
            )
            row = await cursor.fetchone()
        if row is None:
            raise _unauthorized()
        merchant = Merchant(*row)
        if len(self._cache) < CACHE_LIMIT:
            self._cache[digest] = merchant
        return merchant

    def operator(self, headers: Mapping[str, str]) -> None:
        """Raises Refused (401) unless the operator's token was sent."""
        token = self._platform.settings.operator_token.get_secret_value()
        if not token or not hmac.compare_digest(bearer(headers).encode(), token.encode()):
            raise Refused(401, "authentication_error", "operator_token_invalid", "Send the operator's token.")
