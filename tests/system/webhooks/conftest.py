"""One replica with gateways in memory, whose webhooks are signed with known secrets."""

from collections.abc import AsyncIterator

import pytest

from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop, open_shop
from tests.system.worker.conftest import QUICK

SECRETS = {"stripe_webhook_secret": "whsec_stripe", "paypal_webhook_secret": "whsec_paypal"}


@pytest.fixture
async def shop(database: TestDatabase) -> AsyncIterator[Shop]:
    """One running replica."""
    async with open_shop(database.environment, **QUICK, **SECRETS) as running:
        yield running
