"""Make this platform's secrets, all random, once: a volume for each role, with nothing in it that is another's.

`/secrets/all/platform.json` has everything, for the operator and the harness; no service mounts it.
"""

import json
import os
import secrets
import sys
from pathlib import Path

ROOT = Path("/secrets")
SHOPS = (
    ("m_alpha", "Alpha Books", "EUR", 2, "minor"),
    ("m_beta", "Beta Ramen", "JPY", 0, "minor"),
    ("m_gamma", "Gamma Carpets", "KWD", 3, "minor"),
    ("m_delta", "Delta Tools", "USD", 2, "decimal"),
)


def secret() -> str:
    """Return a fresh secret, safe in a shell and in a URL."""
    return secrets.token_urlsafe(24)


def make() -> dict[str, str]:
    """Return every secret but the merchants'."""
    return {
        "operator_token": secret(),
        "hmac": secret(),
        "stripe_api_key": f"sk_test_{secret()}",
        "stripe_webhook": f"whsec_{secret()}",
        "paypal_client_id": f"client_{secret()}",
        "paypal_secret": secret(),
        "paypal_webhook": f"whsec_{secret()}",
        "database_application": secret(),
        "database_reader": secret(),
        "database_superuser": secret(),
        "database_replication": secret(),
    }


def make_merchants(sink_url: str) -> list[dict[str, object]]:
    """Return the merchants file: currencies with 0, 2 and 3 decimals, every endpoint behind a link."""
    return [
        {
            "id": shop,
            "name": name,
            "api_key": f"key_{shop}_{secret()}",
            "currency": currency,
            "exponent": exponent,
            "amount_form": form,
            "reference_policy": "unique" if shop == "m_delta" else "allowed",
            "webhook_url": f"{sink_url}/hooks/{shop}",
            "webhook_secret": f"whsec_{secret()}",
        }
        for shop, name, currency, exponent, form in SHOPS
    ]


def environments(known: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return each role's environment."""
    return {
        "platform": {
            "PAY_OPERATOR_TOKEN": known["operator_token"],
            "PAY_HMAC_SECRET": known["hmac"],
            "PAY_STRIPE_API_KEY": known["stripe_api_key"],
            "PAY_STRIPE_WEBHOOK_SECRET": known["stripe_webhook"],
            "PAY_PAYPAL_CLIENT_ID": known["paypal_client_id"],
            "PAY_PAYPAL_SECRET": known["paypal_secret"],
            "PAY_PAYPAL_WEBHOOK_SECRET": known["paypal_webhook"],
            "PGPASSWORD": known["database_application"],
        },
        "stripe": {"PAY_API_KEY": known["stripe_api_key"], "PAY_WEBHOOK_SECRET": known["stripe_webhook"]},
        "paypal": {
            "PAY_CLIENT_ID": known["paypal_client_id"],
            "PAY_SECRET": known["paypal_secret"],
            "PAY_WEBHOOK_SECRET": known["paypal_webhook"],
        },
        "database": {
            "APPLICATION_PASSWORD": known["database_application"],
            "READER_PASSWORD": known["database_reader"],
            "SUPERUSER_PASSWORD": known["database_superuser"],
            "REPLICATION_PASSWORD": known["database_replication"],
        },
    }


def write(path: Path, text: str) -> None:
    """Write a file that the role's user and group may read, in one step."""
    draft = path.with_suffix(".draft")
    draft.write_text(text)
    draft.chmod(0o440)
    draft.replace(path)


def main() -> int:
    """Make what is not there yet; the file that has everything comes last, and says that all of it is there."""
    whole = ROOT / "all" / "platform.json"
    if whole.exists():
        return 0
    known, merchants = make(), make_merchants(os.environ["SINK_URL"])
    for role, settings in environments(known).items():
        write(ROOT / role / "env", "".join(f"{name}={value}\n" for name, value in settings.items()))
    for role in ("platform", "sink"):
        write(ROOT / role / "merchants.json", json.dumps(merchants))
    write(whole, json.dumps({"secrets": known, "merchants": merchants}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
