"""What became of a charge, by the idempotency key that it was asked for under."""

from dataclasses import dataclass

from system.states import OperationState
from system.store.connection import Connection

_FIND = """
SELECT o.payment_id, o.state,
    (SELECT a.code FROM pay.gateway_attempts a WHERE a.operation_id = o.operation_id ORDER BY a.seq DESC LIMIT 1)
FROM pay.idempotency_keys k JOIN pay.operations o USING (operation_id)
WHERE k.scope = %s AND NOT k.livemode AND k.idempotency_key = %s
"""


@dataclass(frozen=True, slots=True)
class KeyedCharge:
    """A charge that was taken on. ``code`` is the last attempt's: why it was declined, for example."""

    payment_id: str
    state: OperationState
    code: str


async def find_charge(connection: Connection, scope: str, key: str) -> KeyedCharge | None:
    """The charge under a key; None where none was ever taken on."""
    cursor = await connection.execute(_FIND, (scope, key), prepare=True)
    row = await cursor.fetchone()
    return None if row is None else KeyedCharge(str(row[0]), OperationState(row[1]), str(row[2] or ""))
