"""Make this platform's secrets, all random, once: a volume for each role, with nothing in it that is another's.

`/secrets/all/platform.json` has everything, for the operator and the harness; no service mounts it. Which secrets there
are, and who knows which, is in `secrets.json` beside this file, made from the topology.
"""

import json
import os
import secrets
import sys
from pathlib import Path

ROOT = Path("/secrets")
DECLARED = json.loads(Path(__file__).with_name("secrets.json").read_text())
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
    return {name: f"{prefix}{secret()}" for name, prefix in DECLARED["secrets"].items()}


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
        role: {setting: known[name] for setting, name in settings.items()}
        for role, settings in DECLARED["environments"].items()
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
    for role in DECLARED["merchants"]:
        write(ROOT / role / "merchants.json", json.dumps(merchants))
    write(whole, json.dumps({"secrets": known, "merchants": merchants}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
