"""The platform's tables as SQLAlchemy metadata: the source of migrations. The hot path never uses the ORM."""

from system.schema import billing, delivery, disputes, money, reconciliation, settlement, shared
from system.schema.base import metadata

__all__ = ["billing", "delivery", "disputes", "metadata", "money", "reconciliation", "settlement", "shared"]
