"""Defaults that the contract fixes."""

from harness.targets.environment import TIMINGS
from system.settings import Settings

MONTH_S = 30 * 24 * 3600


def test_idempotency_keys_live_for_thirty_days() -> None:
    assert Settings.model_fields["key_retention_s"].default >= MONTH_S
    assert float(TIMINGS["PAY_KEY_RETENTION_S"]) >= MONTH_S
