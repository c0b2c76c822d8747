"""Webhook signatures: ``t=<unix>,v1=<hmac-sha256 hex of "t.body">``."""

import hashlib
import hmac


def sign(secret: str, body: bytes, at_s: int) -> str:
    """Return the signature header's value for a body signed at ``at_s`` seconds since the epoch."""
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"
