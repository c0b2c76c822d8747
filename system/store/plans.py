"""Plans: a price for each interval, the same for as long as the plan is there."""

from dataclasses import astuple, dataclass, fields, replace

from system.decisions.periods import Unit
from system.store.connection import Connection, Row


@dataclass(frozen=True, slots=True)
class Plan:
    """One row of ``pay.plans``."""

    plan_id: str
    merchant_id: str
    reference: str
    amount_minor: int
    currency: str
    exponent: int
    unit: Unit
    unit_count: int
    trial_days: int
    created_at_us: int

    def same_terms(self, other: "Plan") -> bool:
        """Whether both were asked for alike; the id and the moment do not count."""
        return self == replace(other, plan_id=self.plan_id, created_at_us=self.created_at_us)


_COLUMNS = ", ".join(field.name for field in fields(Plan))
_UNIT = [field.name for field in fields(Plan)].index("unit")


def _read(row: Row) -> Plan:
    values = list(row)
    values[_UNIT] = Unit(values[_UNIT])
    return Plan(*values)


async def store_plan(connection: Connection, plan: Plan) -> Plan:
    """Insert a plan; return what stands under its merchant's reference, which may be an earlier one."""
    await connection.execute(
        f"INSERT INTO pay.plans ({_COLUMNS}) VALUES ({', '.join(['%s'] * len(fields(Plan)))}) ON CONFLICT DO NOTHING",
        astuple(plan),
    )
    row = await connection.fetch(
        f"SELECT {_COLUMNS} FROM pay.plans WHERE merchant_id = %s AND reference = %s",
        (plan.merchant_id, plan.reference),
    )
    return _read(row)


async def find_plan(connection: Connection, plan_id: str, merchant_id: str) -> Plan | None:
    """A merchant's plan."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM pay.plans WHERE plan_id = %s AND merchant_id = %s", (plan_id, merchant_id)
    )
    row = await cursor.fetchone()
    return None if row is None else _read(row)
