"""One replica with gateways in memory, and the resolver beside it."""

from collections.abc import AsyncIterator

import pytest

from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop, open_shop

QUICK = {"resolve_interval_s": 0.02, "resolve_backoff_max_s": 0.05, "breaker_min_failures": 50}


@pytest.fixture
async def shop(database: TestDatabase) -> AsyncIterator[Shop]:
    """One running replica whose unknowns are due at once."""
    async with open_shop(database.environment, **QUICK) as running:
        yield running
