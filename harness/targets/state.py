"""What describes a running platform: its secrets, its merchants, the bug and the settings it was started with.

It lies in the workspace (mode 600), so that a later command can use a platform that `up` left running.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from harness.core.errors import HarnessError
from harness.core.target import Merchant
from harness.provision.ports import TOPOLOGY, Ports
from harness.targets.topology import sink_link
from harness.workspace import write_private
from topology.told import all_secrets


def _secret() -> str:
    return secrets.token_urlsafe(24)


def _made() -> dict[str, str]:
    return {name: f"{secret.prefix}{_secret()}" for name, secret in all_secrets(TOPOLOGY).items()}


@dataclass(frozen=True)
class PlatformSecrets:
    """Every secret of one start by its name in the topology, all random. The database's come with its snapshot."""

    known: Mapping[str, str] = field(default_factory=_made)

    def with_database(self, **passwords: str) -> "PlatformSecrets":
        """Return the same with the passwords of the database's roles: `application`, `reader`, `superuser` ..."""
        return PlatformSecrets({**self.known, **{f"database_{role}": value for role, value in passwords.items()}})

    @property
    def operator_token(self) -> str:
        """What makes a request the operator's."""
        return self.known["operator_token"]

    @property
    def database_application(self) -> str:
        """The password of the platform's own role."""
        return self.known["database_application"]

    @property
    def database_reader(self) -> str:
        """The password of the role that may read the auditors' views."""
        return self.known["database_reader"]

    @property
    def database_superuser(self) -> str:
        """The password of the servers' owner."""
        return self.known["database_superuser"]


@dataclass(frozen=True)
class MerchantAccount:
    """One merchant as the platform's merchants file describes it."""

    id: str
    name: str
    api_key: str
    currency: str
    exponent: int
    amount_form: str
    webhook_url: str
    webhook_secret: str
    reference_policy: str = "allowed"

    def public(self) -> Merchant:
        """Return what the load generator may know."""
        return Merchant(self.id, self.api_key, self.currency, self.exponent, self.amount_form, self.reference_policy)


@dataclass(frozen=True)
class PlatformState:
    """One start of the platform. `bug` is empty for the sound system; `settings` are the PAY_* overrides."""

    base_port: int
    bug: str
    settings: Mapping[str, str]
    secrets: PlatformSecrets
    merchants: tuple[MerchantAccount, ...]
    target: str = "embedded"

    def save(self, path: Path) -> None:
        """Write it for later commands, readable by the owner only."""
        write_private(path, {**asdict(self), "secrets": dict(self.secrets.known)})

    @classmethod
    def load(cls, path: Path) -> "PlatformState | None":
        """Read it; None when there is none. Raises `HarnessError` when the file is damaged."""
        try:
            content = json.loads(path.read_text())
            merchants = tuple(MerchantAccount(**item) for item in content["merchants"])
            secret = PlatformSecrets({name: str(value) for name, value in content["secrets"].items()})
            return cls(content["base_port"], content["bug"], content["settings"], secret, merchants, content["target"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise HarnessError(f"{path} is damaged: {error!r}", hint="`faultline down` removes it") from error


_SHOPS = (
    ("m_alpha", "Alpha Books", "EUR", 2, "minor"),
    ("m_beta", "Beta Ramen", "JPY", 0, "minor"),
    ("m_gamma", "Gamma Carpets", "KWD", 3, "minor"),
    ("m_delta", "Delta Tools", "USD", 2, "decimal"),
)


UNIQUE_REFERENCES = ("m_delta",)
"""The merchants that refuse a second payment or refund under one of their references; the others allow it."""


def make_merchants(ports: Ports) -> tuple[MerchantAccount, ...]:
    """Return the four merchants (currencies with 0, 2 and 3 decimals) with fresh keys; their sink is behind a link."""
    link = sink_link()
    sink = f"http://127.0.0.1:{ports.link(link.source, link.target)}"
    return tuple(
        MerchantAccount(
            id=merchant,
            name=name,
            api_key=f"key_{merchant}_{_secret()}",
            currency=currency,
            exponent=exponent,
            amount_form=form,
            webhook_url=f"{sink}/hooks/{merchant}",
            webhook_secret=f"whsec_{_secret()}",
            reference_policy="unique" if merchant in UNIQUE_REFERENCES else "allowed",
        )
        for merchant, name, currency, exponent, form in _SHOPS
    )


def write_merchants(path: Path, merchants: tuple[MerchantAccount, ...]) -> None:
    """Write the merchants file that the platform and its sink read (mode 600)."""
    write_private(path, [asdict(merchant) for merchant in merchants])
