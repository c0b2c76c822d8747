"""The validation payload of an idempotency key: method, canonical route and significant fields under an HMAC."""

import hashlib
import hmac

import msgspec

from system.json_body import JsonObject


def fingerprint(secret: bytes, method: str, route: str, fields: JsonObject) -> bytes:
    """HMAC-SHA-256 over a canonical form: equal requests give equal bytes, whatever the order of their members."""
    canonical = msgspec.json.encode([method, route, sorted(fields.items())])
    return hmac.new(secret, canonical, hashlib.sha256).digest()
