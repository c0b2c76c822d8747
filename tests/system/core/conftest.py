"""A replica of the API with two gateways in memory, on the throw-away database."""

from collections.abc import AsyncIterator

import pytest

from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop, open_shop


@pytest.fixture
async def shop(database: TestDatabase) -> AsyncIterator[Shop]:
    """One running replica."""
    async with open_shop(database.environment) as running:
        yield running
