"""How the sink is configured: environment variables with the prefix ``PAY_``."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SinkSettings(BaseSettings):
    """Settings of the sink process. Ports are on 127.0.0.1."""

    model_config = SettingsConfigDict(env_prefix="PAY_", extra="ignore", frozen=True)

    name: str = "sink"
    host: str = "127.0.0.1"
    port: int = Field(ge=1, le=65535)
    admin_port: int = Field(ge=1, le=65535)
    log_level: str = "info"
    secrets_file: Path
    """The merchants file: a JSON list of objects with at least ``id`` and ``webhook_secret``."""
    tolerance_s: float = Field(default=300.0, gt=0)
    """How far a signature's time may lie from now, in either direction."""
