"""How a simulator is configured: environment variables with the prefix ``PAY_``."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class TunableSimulator(BaseSettings):
    """What a scenario may change of a simulator. Published as data: system/settings.json."""

    model_config = SettingsConfigDict(env_prefix="PAY_", extra="ignore", frozen=True)

    search_lag_s: float = Field(default=2.0, ge=0)
    """How far the search index (and a lookup in the reporting feed) lies behind."""
    feed_lag_s: float = Field(default=2.0, ge=0)
    """How far the transaction feed, read as a whole, lies behind."""
    think_ms: float = Field(default=0.0, ge=0)
    """Processing time added to every money call, while its key is in use."""


class SimulatorSettings(TunableSimulator):
    """Settings of one simulator process. Ports are on 127.0.0.1; names end in their unit."""

    name: str = "gateway"
    host: str = "127.0.0.1"
    port: int = Field(ge=1, le=65535)
    admin_port: int = Field(ge=1, le=65535)
    log_level: str = "info"
    journal: Path
    """The append-only file that holds everything this gateway knows."""

    api_key: SecretStr = SecretStr("")
    """Stripe-like: the secret key that callers must present."""
    client_id: str = ""
    """PayPal-like: the oauth client."""
    secret: SecretStr = SecretStr("")
    """PayPal-like: the oauth client's secret."""

    webhook_urls: str = ""
    """Comma-separated; every event goes to the first of them that can be reached. Empty: no webhooks."""
    webhook_secret: SecretStr = SecretStr("")
    key_retention_s: float = Field(default=86400.0, gt=0)
    """How long an idempotency key is remembered."""
    refund_fail_ms: float = Field(default=500.0, ge=0)
    """How long after its acceptance a refund to a `refundFail` method fails."""
    payer_ms: float = Field(default=800.0, ge=0)
    """How long a payer with a `threeDSecure2Required` method takes to confirm; 0: they never do."""
    dispute_ms: float = Field(default=300.0, ge=0)
    """How long after its capture a payment with a `createDispute` method is disputed."""

    @property
    def webhook_targets(self) -> tuple[str, ...]:
        """The webhook urls in order of preference."""
        return tuple(url.strip() for url in self.webhook_urls.split(",") if url.strip())
