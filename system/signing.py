"""Sign and verify webhooks: `t=<unix>,v1=<hmac-sha256 hex of "t.body">`.

Both directions use it. Verification bounds the time on both sides: an old delivery may be a replayed recording, and
one from the future is a recording being prepared (or a clock that nobody may trust).
"""

import hashlib
import hmac
from collections.abc import Iterable

TOLERANCE_S = 300.0
"""How far a signature's time may lie from ours, in seconds, in either direction."""

SIGNATURE_MAX_CHARS = 1024
"""Longest header that is read at all."""


class SignatureError(Exception):
    """The delivery is not proven to come from whoever holds the secret, now. `code` says why, for the log."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def sign(secret: str, body: bytes, at_s: int) -> str:
    """Return the header's value for `body`, signed at `at_s` (whole seconds since the Unix epoch)."""
    return f"t={at_s},v1={_digest(secret, body, at_s)}"


def verify(
    secrets: Iterable[str], header: str | None, body: bytes, now_s: float, *, tolerance_s: float = TOLERANCE_S
) -> int:
    """Return the time (seconds since the epoch) at which `body` was signed with one of `secrets`.

    Several secrets are active while one is being rotated. Raises `SignatureError` for a missing or malformed header,
    a signature of another secret or another body, and a time more than `tolerance_s` before or after `now_s`.
    """
    at_s, given = _parse(header)
    genuine = False
    for secret in secrets:
        expected = _digest(secret, body, at_s)
        for candidate in given:
            genuine |= hmac.compare_digest(expected, candidate)
    if not genuine:
        raise SignatureError("signature_mismatch", "the signature does not match the body")
    if at_s < now_s - tolerance_s:
        raise SignatureError("signature_too_old", f"signed more than {tolerance_s:g} s ago")
    if at_s > now_s + tolerance_s:
        raise SignatureError("signature_in_future", f"signed more than {tolerance_s:g} s ahead of our clock")
    return at_s


def _digest(secret: str, body: bytes, at_s: int) -> str:
    return hmac.new(secret.encode(), str(at_s).encode() + b"." + body, hashlib.sha256).hexdigest()


def _parse(header: str | None) -> tuple[int, list[str]]:
    if not header:
        raise SignatureError("signature_missing", "the signature header is missing")
    if len(header) > SIGNATURE_MAX_CHARS or not header.isascii():
        raise SignatureError("signature_malformed", "the signature header is not readable")
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    given = [value for name, _, value in pairs if name == "v1"]
    if len(times) != 1 or not given or not _is_time(times[0]):
        raise SignatureError("signature_malformed", "the signature header must read t=<unix seconds>,v1=<hex>")
    return int(times[0]), given


def _is_time(text: str) -> bool:
    return text.isdigit() and len(text) <= 12
