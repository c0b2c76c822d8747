"""Settings are refused where their value means nothing, before anything is started."""

import pytest

from harness.core.errors import UsageError
from harness.targets.durability import DURABILITY
from harness.targets.environment import PUBLISHED, SHARED, SIMULATOR_TIMINGS, TIMINGS
from harness.targets.values import check_value


@pytest.mark.parametrize(("name", "value"), [*{**TIMINGS, **SIMULATOR_TIMINGS, **SHARED, **DURABILITY}.items()])
def test_every_default_is_valid(name: str, value: str) -> None:
    assert check_value(name, value, PUBLISHED) is None


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("PAY_DATABASE_SYNCHRONOUS_COMMIT", "maybe", "on, off, local, remote_write, remote_apply"),
        ("PAY_DATABASE_SYNCHRONOUS_MODE", "true", "on, off"),
        ("PAY_GATEWAY_TIMEOUT_S", "soon", "a number above 0"),
        ("PAY_GATEWAY_TIMEOUT_S", "0", "a number above 0"),
        ("PAY_LOOKUP_LAG_S", "nan", "a number from 0"),
        ("PAY_DATABASE_POOL", "1.5", "a whole number from 1"),
        ("PAY_RETRY_BUDGET_SHARE", "2", "a number from 0 to 1"),
        ("PAY_DATABASE_POOL", "0", "a whole number from 1"),
        ("PAY_GATEWAY_TIMEOUT_S", "inf", "a number above 0"),
        ("PAY_BREAKER_FAILURE_SHARE", "0", "a number above 0 to 1"),
        ("PAY_DATABASE_WAL_MB", "100", "0, or 128 to 4096"),
        ("PAY_DATABASE_NODES", "1", "2, 3"),
        ("PAY_LOG_LEVEL", "loud", "debug, info, warning, error"),
    ],
)
def test_nonsense_is_refused_with_what_is_valid(name: str, value: str, valid: str) -> None:
    with pytest.raises(UsageError) as raised:
        check_value(name, value, PUBLISHED)
    assert name.removeprefix("PAY_").lower() in str(raised.value)
    assert valid in str(raised.value.hint)
