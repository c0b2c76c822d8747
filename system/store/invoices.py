"""Invoices: one for each period, claimed by one biller at a time, settled once."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from typing import Protocol

from system.store.connection import Connection


class InvoiceState(StrEnum):
    """What an invoice is. Only an open one is ever charged."""

    OPEN = "open"
    PAID = "paid"
    SKIPPED = "skipped"
    UNCOLLECTIBLE = "uncollectible"


class TryOutcome(StrEnum):
    """How a try to charge an invoice ended, for certain."""

    PAID = "paid"
    DECLINED = "declined"
    NOT_EXECUTED = "not_executed"


@dataclass(frozen=True, slots=True)
class Invoice:
    """A new invoice: a period, and what it costs."""

    invoice_id: str
    subscription_id: str
    merchant_id: str
    period: int
    starts_at_us: int
    ends_at_us: int
    amount_minor: int
    currency: str
    exponent: int
    state: InvoiceState
    due_at_us: int
    created_at_us: int
    settled_at_us: int | None


@dataclass(frozen=True, slots=True)
class DueInvoice:
    """An invoice to be charged now. ``tries`` ended without money, ``declines`` of them by a decline."""

    invoice_id: str
    subscription_id: str
    merchant_id: str
    period: int
    amount_minor: int
    currency: str
    exponent: int
    tries: int
    declines: int
    first_declined_at_us: int | None
    payment_method: str


@dataclass(frozen=True, slots=True)
class Claiming:
    """Who claims how many: due by the application's clock (``app_us``), and free by the shared one (``shared_us``)."""

    owner: str
    app_us: int
    shared_us: int
    lease_until_us: int
    limit: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What an ended try makes of its invoice. ``look_at_us``: not looked at before, by the shared clock."""

    invoice: DueInvoice
    outcome: TryOutcome
    state: InvoiceState
    key: str
    payment_id: str | None
    code: str
    biller: str
    at_us: int
    due_at_us: int
    look_at_us: int


class ClaimInvoices(Protocol):
    """`claim_invoices`, as it may be replaced."""

    async def __call__(self, connection: Connection, claiming: Claiming) -> list[DueInvoice]:
        """Return the invoices that are this biller's now."""


_NEW = [field.name for field in fields(Invoice)]
DUE_COLUMNS = ", ".join(
    f"{'s' if field.name == 'payment_method' else 'i'}.{field.name}" for field in fields(DueInvoice)
)
CLAIM = f"""
WITH due AS (
    SELECT invoice_id FROM pay.invoices
    WHERE state = 'open' AND due_at_us <= %(app_us)s AND look_at_us <= %(shared_us)s
    ORDER BY due_at_us LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE pay.invoices i SET lease_owner = %(owner)s, look_at_us = %(lease_until_us)s
FROM due, pay.subscriptions s WHERE i.invoice_id = due.invoice_id AND s.subscription_id = i.subscription_id
RETURNING {DUE_COLUMNS}
"""
SETTLE = """
WITH settled AS (
    UPDATE pay.invoices SET state = %(state)s, tries = tries + 1,
        declines = declines + CASE WHEN %(outcome)s = 'declined' THEN 1 ELSE 0 END,
        first_declined_at_us = CASE WHEN %(outcome)s = 'declined' THEN coalesce(first_declined_at_us, %(at_us)s)
            ELSE first_declined_at_us END,
        due_at_us = %(due_at_us)s, look_at_us = %(look_at_us)s, lease_owner = '', payment_id = %(payment_id)s,
        settled_at_us = CASE WHEN %(state)s = 'open' THEN NULL ELSE %(at_us)s END
    WHERE invoice_id = %(invoice_id)s AND state = 'open' AND tries = %(number)s
    RETURNING invoice_id, subscription_id, period
)
INSERT INTO pay.invoice_tries (invoice_id, subscription_id, period, number, idempotency_key, payment_id, outcome, code,
    biller, at_us)
SELECT invoice_id, subscription_id, period, %(number)s, %(key)s, %(payment_id)s, %(outcome)s, %(code)s, %(biller)s,
    %(at_us)s FROM settled RETURNING 1
"""


async def store_invoices(connection: Connection, invoices: Sequence[Invoice]) -> None:
    """Insert invoices; a period that has one keeps it."""
    marks = ", ".join(["%s"] * len(_NEW))
    async with connection.cursor() as cursor:
        await cursor.executemany(
            f"INSERT INTO pay.invoices ({', '.join(_NEW)}) VALUES ({marks}) ON CONFLICT DO NOTHING",
            [astuple(invoice) for invoice in invoices],
        )


async def claim_invoices(connection: Connection, claiming: Claiming) -> list[DueInvoice]:
    """Lease what is due to one biller. A lease that ran out is another's, whoever still works under it."""
    parameters = {field.name: getattr(claiming, field.name) for field in fields(Claiming)}
    cursor = await connection.execute(CLAIM, parameters, prepare=True)
    return [DueInvoice(*row) for row in await cursor.fetchall()]


async def settle_try(connection: Connection, settled: Settled) -> bool:
    """Write down how a try ended, once: False where somebody else has done so."""
    invoice = settled.invoice
    parameters = {
        "invoice_id": invoice.invoice_id,
        "number": invoice.tries,
        **{name: getattr(settled, name) for name in ("state", "outcome", "at_us", "due_at_us", "look_at_us")},
        **{name: getattr(settled, name) for name in ("payment_id", "key", "code", "biller")},
    }
    cursor = await connection.execute(SETTLE, parameters)
    return await cursor.fetchone() is not None


async def leave(connection: Connection, invoice_id: str, owner: str, look_at_us: int) -> None:
    """Give a lease back: what became of the try is not known yet."""
    await connection.execute(
        "UPDATE pay.invoices SET look_at_us = %s, lease_owner = '' WHERE invoice_id = %s AND lease_owner = %s",
        (look_at_us, invoice_id, owner),
    )
