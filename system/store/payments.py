"""A payment as the database has it, and its statements."""

from dataclasses import dataclass, fields

from system.states import CaptureMode, DisputeState, PaymentStatus, RefundStatus
from system.store.connection import Connection, Row


@dataclass(frozen=True, slots=True)
class Payment:
    """One row of ``pay.payments`` (amounts in minor units, times in microseconds)."""

    payment_id: str
    merchant_id: str
    reference: str
    amount_minor: int
    currency: str
    exponent: int
    capture_mode: CaptureMode
    payment_method: str
    status: PaymentStatus
    authorized_minor: int
    captured_minor: int
    refunded_minor: int
    refund_reserved_minor: int
    gateway: str | None
    gateway_ref: str | None
    version: int
    error_code: str | None
    error_message: str | None
    created_at_us: int
    updated_at_us: int
    disputed_minor: int = 0
    expires_at_us: int | None = None
    """Until when a payment that requires action waits for its payer."""
    dispute_state: DisputeState | None = None
    """Of its dispute that was heard of last; None without any."""


COLUMNS = tuple(field.name for field in fields(Payment))


def columns_of(alias: str) -> str:
    """The columns of a composite value ``alias`` in the order of ``Payment``."""
    return ", ".join(f"({alias}).{name}" for name in COLUMNS)


_MODE, _STATUS = COLUMNS.index("capture_mode"), COLUMNS.index("status")
_DISPUTE = COLUMNS.index("dispute_state")


def payment_of(values: Row) -> Payment | None:
    """The payment of a row's tail; None when the composite value was null."""
    return None if values[0] is None else read_payment(values)


def read_payment(values: Row) -> Payment:
    """The payment of a row with the columns of one."""
    read = list(values)
    read[_MODE], read[_STATUS] = CaptureMode(read[_MODE]), PaymentStatus(read[_STATUS])
    if read[_DISPUTE] is not None:
        read[_DISPUTE] = DisputeState(read[_DISPUTE])
    return Payment(*read)


_FIND = f"""
SELECT {", ".join("p." + name for name in COLUMNS)},
    ARRAY(SELECT r.refund_id FROM pay.refunds r WHERE r.payment_id = p.payment_id ORDER BY r.refund_id)
FROM pay.payments p WHERE p.payment_id = %s AND p.merchant_id = %s
"""

_LIST = f"""
SELECT {", ".join("p." + name for name in COLUMNS)},
    ARRAY(SELECT r.refund_id FROM pay.refunds r WHERE r.payment_id = p.payment_id ORDER BY r.refund_id)
FROM pay.payments p
WHERE p.merchant_id = %(merchant_id)s
    AND (%(before)s::text IS NULL OR p.payment_id < %(before)s)
    AND (%(reference)s::text IS NULL OR p.reference = %(reference)s)
ORDER BY p.payment_id DESC LIMIT %(limit)s
"""


async def find_payment(
    connection: Connection, payment_id: str, merchant_id: str
) -> tuple[Payment, tuple[str, ...]] | None:
    """A merchant's payment with the ids of its refunds; None when there is none of that merchant."""
    cursor = await connection.execute(_FIND, (payment_id, merchant_id), prepare=True)
    row = await cursor.fetchone()
    return None if row is None else (read_payment(row[:-1]), tuple(row[-1]))


async def list_payments(
    connection: Connection, merchant_id: str, *, limit: int, before: str | None, reference: str | None
) -> list[tuple[Payment, tuple[str, ...]]]:
    """A merchant's payments, newest first, at most ``limit``, strictly before the id ``before``."""
    parameters = {"merchant_id": merchant_id, "limit": limit, "before": before, "reference": reference}
    cursor = await connection.execute(_LIST, parameters, prepare=True)
    return [(read_payment(row[:-1]), tuple(row[-1])) for row in await cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Refund:
    """One row of ``pay.refunds``."""

    refund_id: str
    payment_id: str
    amount_minor: int
    currency: str
    status: RefundStatus
    reference: str
    created_at_us: int


def read_refund(values: Row) -> Refund:
    """The refund of a row with the columns of one."""
    refund_id, payment_id, amount_minor, currency, status, *rest = values
    return Refund(refund_id, payment_id, amount_minor, currency, RefundStatus(status), *rest)


async def find_refund(connection: Connection, refund_id: str, merchant_id: str) -> Refund | None:
    """A merchant's refund; None when there is none of that merchant."""
    cursor = await connection.execute(
        "SELECT refund_id, payment_id, amount_minor, currency, status, reference, created_at_us"
        " FROM pay.refunds WHERE refund_id = %s AND merchant_id = %s",
        (refund_id, merchant_id),
        prepare=True,
    )
    row = await cursor.fetchone()
    return None if row is None else read_refund(row)


async def merchant_of(connection: Connection, payment_id: str) -> str | None:
    """The merchant of a payment, whoever asks; for the platform's own work only."""
    cursor = await connection.execute("SELECT merchant_id FROM pay.payments WHERE payment_id = %s", (payment_id,))
    row = await cursor.fetchone()
    return None if row is None else str(row[0])
