"""The validation payload of an idempotency key: method, canonical route and significant fields under an HMAC."""

import hashlib
import hmac
from collections.abc import Mapping

import msgspec


def fingerprint(secret: bytes, method: str, route: str, fields: Mapping[str, object]) -> bytes:
    """HMAC-SHA-256 over a canonical form: equal requests give equal bytes, whatever the order of their members."""
    canonical = msgspec.json.encode([method, route, sorted(fields.items())])
    return hmac.new(secret, canonical, hashlib.sha256).digest()
