"""One replica with gateways in memory, whose webhooks are signed with known secrets."""

from tests.system.webhooks.conftest import shop

__all__ = ["shop"]
