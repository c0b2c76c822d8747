"""The platform's tables as SQLAlchemy metadata: the source of migrations. The hot path never uses the ORM."""

from system.schema import delivery, money, reconciliation, settlement, shared
from system.schema.base import metadata

__all__ = ["delivery", "metadata", "money", "reconciliation", "settlement", "shared"]
