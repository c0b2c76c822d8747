"""Merchants: how their API keys are hashed, and how they are seeded and found."""

import hashlib
import hmac

from system.clock import now_us
from system.settings import Settings, read_merchants

SEED_MERCHANT = """
INSERT INTO pay.merchants (merchant_id, name, api_key_hash, currency, exponent, amount_form, reference_policy,
    webhook_url, created_at_us, zone)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (merchant_id) DO UPDATE SET name = excluded.name, api_key_hash = excluded.api_key_hash,
    currency = excluded.currency, exponent = excluded.exponent, amount_form = excluded.amount_form,
    reference_policy = excluded.reference_policy,
    webhook_url = excluded.webhook_url, zone = excluded.zone
"""

HOME_ZONES = {"EUR": "Europe/Berlin", "JPY": "Asia/Tokyo", "KWD": "Asia/Kuwait", "USD": "America/New_York"}
"""By whose wall clock a merchant's day closes, by the currency of its home. Elsewhere it is UTC."""


def api_key_hash(settings: Settings, api_key: str) -> bytes:
    """The only form in which an API key is stored: HMAC-SHA-256 under the platform's secret."""
    secret = settings.hmac_secret.get_secret_value().encode()
    return hmac.new(secret, b"api-key:" + api_key.encode(), hashlib.sha256).digest()


def merchant_rows(settings: Settings) -> list[tuple[object, ...]]:
    """Rows for ``SEED_MERCHANT``; empty when no merchants file is configured."""
    if settings.merchants_file is None:
        return []
    at_us = now_us()
    entries = read_merchants(settings.merchants_file)
    return [
        (
            m.id,
            m.name,
            api_key_hash(settings, m.api_key),
            m.currency,
            m.exponent,
            m.amount_form,
            m.reference_policy,
            m.webhook_url,
            at_us,
            HOME_ZONES.get(m.currency, "UTC"),
        )
        for m in entries
    ]
