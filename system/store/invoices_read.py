"""Invoices as their merchants see them."""

from dataclasses import dataclass, fields

from system.store.connection import Connection
from system.store.invoices import InvoiceState


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An invoice as it is now. Times are the application's."""

    invoice_id: str
    subscription_id: str
    period: int
    starts_at_us: int
    ends_at_us: int
    amount_minor: int
    currency: str
    state: InvoiceState
    declines: int
    due_at_us: int
    payment_id: str | None


_NAMES = [field.name for field in fields(InvoiceView)]
_STATE = _NAMES.index("state")


async def list_invoices(
    connection: Connection, subscription_id: str, *, limit: int, before: int | None
) -> list[InvoiceView]:
    """Invoices of a subscription, the newest period first, those before a period where one is named."""
    cursor = await connection.execute(
        f"SELECT {', '.join(_NAMES)} FROM pay.invoices WHERE subscription_id = %s AND period < %s"
        " ORDER BY period DESC LIMIT %s",
        (subscription_id, 2**31 - 1 if before is None else before, limit),
    )
    found = []
    for row in await cursor.fetchall():
        values = list(row)
        values[_STATE] = InvoiceState(values[_STATE])
        found.append(InvoiceView(*values))
    return found


async def is_behind(connection: Connection, subscription_id: str) -> bool:
    """Whether an invoice of a subscription was declined and is not settled."""
    row = await connection.fetch(
        "SELECT EXISTS (SELECT FROM pay.invoices WHERE subscription_id = %s AND state = 'open' AND declines > 0)",
        (subscription_id,),
    )
    return bool(row[0])
