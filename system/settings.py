"""Everything that can be configured, from the environment with the prefix ``PAY_``."""

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Tunable(BaseSettings):
    """What a scenario may change, published in settings.json. Times are seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="PAY_", extra="ignore", frozen=True)

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    database_pool: int = Field(default=12, ge=1)
    gateways: str = "stripe,paypal"
    """The gateways in use, by name and comma-separated, in the order in which a new charge tries them until an operator
    says otherwise. One that is not named is not spoken to."""
    gateway_timeout_s: float = Field(default=1.5, gt=0)
    gateway_connect_timeout_s: float = Field(default=0.5, gt=0)
    gateway_slow_s: float = Field(default=1.2, gt=0)
    """An answer slower than this counts as a failure for the breaker."""
    breaker_window_s: float = Field(default=5, gt=0)
    breaker_min_failures: int = Field(default=5, ge=1)
    breaker_failure_share: float = Field(default=0.5, gt=0, le=1)
    breaker_open_s: float = Field(default=2, gt=0)
    breaker_probe_timeout_s: float = Field(default=2, gt=0)
    resolve_interval_s: float = Field(default=0.5, gt=0)
    resolve_backoff_max_s: float = Field(default=2, gt=0)
    resolve_limit_s: float = Field(default=86400, gt=0)
    """An unknown older than this goes to the manual queue."""
    gateway_key_memory_s: float = Field(default=82_800, gt=0)
    """The most that is believed of any gateway's memory of keys: an older attempt is looked up, never re-sent."""
    lookup_lag_s: float = Field(default=2, ge=0)
    lookup_misses: int = Field(default=3, ge=1)
    action_within_s: float = Field(default=900, gt=0)
    """How long a payer has to confirm a payment (3-D Secure) before it is given up."""
    hold_validity_s: float = Field(default=0, ge=0)
    """After how long a hold is asked about; 0: when the gateway's published validity is over."""
    reconcile_interval_s: float = Field(default=900, ge=0)
    """How often the worker reconciles every gateway by itself; 0: never."""
    reconcile_window_s: float = Field(default=86400, gt=0)
    """How far back it looks each time."""
    reconcile_lag_s: float = Field(default=3, ge=0)
    """How far a gateway's transaction feed may lie behind: before that (and the timeouts) absence says nothing."""
    key_retention_s: float = Field(default=2_592_000, gt=0)
    """How long an idempotency key is remembered: 30 days, as the contract promises."""
    key_lease_s: float = Field(default=10, gt=0)
    """How long an in-flight idempotency key belongs to one process without a sign of life."""
    webhook_backoff_s: float = Field(default=0.5, gt=0)
    webhook_backoff_max_s: float = Field(default=2, gt=0)
    webhook_give_up_s: float = Field(default=259200, gt=0)
    retry_budget_share: float = Field(default=0.2, ge=0, le=1)
    max_attempts: int = Field(default=3, ge=1)
    billing_poll_s: float = Field(default=0.5, gt=0)
    """How often each biller looks for periods that have begun and invoices that are due, when it has nothing to do."""
    billing_lease_s: float = Field(default=15, gt=0)
    """For how long an invoice belongs to one biller without a word of it."""
    billing_dunning_s: str = "86400,259200,432000,604800"
    """The published schedule: how many seconds after its first decline an invoice is tried again, comma-separated."""
    answer_within_s: float = Field(default=4.5, gt=0)
    """A money request is answered by then, if only with a 503 that asks to come back under the same key."""
    state_poll_s: float = Field(default=0.2, gt=0)
    max_in_flight: int = Field(default=256, ge=1)
    """Money requests in flight beyond which a replica sheds load with an unstored 503."""

    @field_validator("billing_dunning_s")
    @classmethod
    def _rising(cls, value: str) -> str:
        """Raises ValueError where it is no schedule."""
        waits = _seconds(value)
        if any(wait <= 0 for wait in waits) or waits != sorted(set(waits)):
            raise ValueError("billing_dunning_s must be positive numbers of seconds that grow, comma-separated")
        return value

    @property
    def dunning_schedule_s(self) -> tuple[float, ...]:
        """The schedule as numbers of seconds; empty: a declined invoice is never tried again."""
        return tuple(_seconds(self.billing_dunning_s))


def _seconds(text: str) -> list[float]:
    return [float(part) for part in text.split(",") if part.strip()]


class Settings(Tunable):
    """Settings of the platform's own processes; each reads what it needs."""

    name: str = "api1"
    host: str = "127.0.0.1"
    port: int = Field(default=21001, ge=1, le=65535)

    database_url: SecretStr = SecretStr("host=127.0.0.1 port=5432 dbname=payments user=payments_app")
    database_nodes: int = Field(default=0, ge=0)
    """How many of the nodes that ``database_url`` names have a server, from the first on; 0: all of them."""
    merchants_file: Path | None = None

    stripe_url: str = "http://127.0.0.1:21004"
    stripe_api_key: SecretStr = SecretStr("")
    stripe_webhook_secret: SecretStr = SecretStr("")
    paypal_url: str = "http://127.0.0.1:21006"
    paypal_client_id: str = ""
    paypal_secret: SecretStr = SecretStr("")
    paypal_webhook_secret: SecretStr = SecretStr("")
    acquirer_url: str = "http://127.0.0.1:21130"
    acquirer_api_key: SecretStr = SecretStr("")
    operator_token: SecretStr = SecretStr("")
    hmac_secret: SecretStr = SecretStr("")
    """Secret of idempotency fingerprints and of API key hashes."""

    bug: str = ""
    """Name of one planted bug, for example B07; empty for the sound system."""
    allow_reset: bool = False
    allow_test_controls: bool = False
    """Whether the operator may make this process die at a crash point, or live in another time."""
    clock_offset_s: float = 0
    """How far this process's clock is ahead of the host's."""
    crash_file: Path | None = None
    """Where a process that dies at a crash point says so first."""
    breaker_window_count: int = Field(default=40, ge=1)
    """The window never holds more answers than this, so that a busy healthy past does not hide an outage."""

    @property
    def conninfo(self) -> str:
        """The connection string of those nodes of ``database_url`` that have a server; it may hold the password."""
        conninfo = self.database_url.get_secret_value()
        if not self.database_nodes:
            return conninfo
        parameters = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
        for name in {"host", "hostaddr", "port"} & parameters.keys():
            parameters[name] = ",".join(parameters[name].split(",")[: self.database_nodes])
        return make_conninfo("", **parameters)


class MerchantEntry(msgspec.Struct, frozen=True):
    """One merchant of the merchants file. The two secrets never reach the database or a log."""

    id: str
    name: str
    api_key: str
    currency: str
    exponent: int
    amount_form: str
    webhook_url: str
    webhook_secret: str
    reference_policy: str = "allowed"
    """`unique`: one reference pays once, and another payment or refund under it is refused; `allowed`: it is not."""


@cache
def read_merchants(path: Path) -> tuple[MerchantEntry, ...]:
    """The merchants file (read once). Raises OSError or msgspec.DecodeError."""
    return tuple(msgspec.json.decode(path.read_bytes(), type=list[MerchantEntry]))
