"""One try to charge an invoice, under the key that its subscription, its period and the number of the try make.

What became of it is read from the charge's own record and not from an answer: so a biller that died after asking, one
that was too slow for its lease, and one that asks twice, all find the same.
"""

from system.api.fingerprint import fingerprint
from system.billing.outcome import End, end_of, state_after
from system.breakers import DATABASE_TROUBLE
from system.clock import app_us, in_us, shared_us
from system.core.engine import Engine
from system.core.failures import Refused
from system.core.intent import Intent
from system.decisions.billing import charge_reference
from system.gateway import Kind
from system.ids import new_id
from system.json_body import JsonObject
from system.platform import Platform
from system.states import CaptureMode
from system.store.charge_of_key import KeyedCharge, find_charge
from system.store.invoices import DueInvoice, InvoiceState, Settled, leave, settle_try
from system.store.subscriptions import end as end_subscription

DOUBT_S = 0.5
"""How soon an invoice is looked at again whose charge is not decided, or could not begin."""


class Charger:
    """Charges invoices through the payment core of this process."""

    def __init__(self, platform: Platform, engine: Engine) -> None:
        self._platform = platform
        self._engine = engine
        self._secret = platform.settings.hmac_secret.get_secret_value().encode()

    async def charge(self, invoice: DueInvoice) -> None:
        """Make one try, or find out what became of it. Whatever the database does, the lease brings it back."""
        key = self._platform.seams.billing.charge_key(invoice.subscription_id, invoice.period, invoice.tries)
        try:
            found, refused = await self._look(invoice, key), None
            if found is None:
                refused = await self._submit(invoice, key)
                found = await self._look(invoice, key)
            end = end_of(found, refused)
            if end is None:
                await self._later(invoice)
            else:
                await self._settle(invoice, key, end)
        except DATABASE_TROUBLE as error:
            self._platform.log.warning("billing_interrupted", invoice=invoice.invoice_id, error=type(error).__name__)

    async def _look(self, invoice: DueInvoice, key: str) -> KeyedCharge | None:
        """The charge under the key, as no failover can take it back."""
        scope = self._platform.seams.key_scope(invoice.merchant_id)
        async with self._platform.database.connection() as connection:
            found = await find_charge(connection, scope, key)
            read_on = connection.generation
        if found is not None:
            await self._platform.durable.confirm(read_on)
        return found

    async def _submit(self, invoice: DueInvoice, key: str) -> Refused | None:
        try:
            await self._engine.submit(self._intent(invoice, key))
        except Refused as refused:
            return refused
        return None

    def _intent(self, invoice: DueInvoice, key: str) -> Intent:
        reference = charge_reference(invoice.subscription_id, invoice.period)
        # Another card for the same period is the same charge: the key's payload is what is owed.
        owed: JsonObject = {
            "amount_minor": invoice.amount_minor,
            "currency": invoice.currency,
            "merchant_reference": reference,
        }
        return Intent(
            merchant_id=invoice.merchant_id,
            idempotency_key=key,
            fingerprint=fingerprint(self._secret, "POST", "billing", owed),
            kind=Kind.SALE,
            amount_minor=invoice.amount_minor,
            reference=reference,
            correlation_id=new_id("cor_"),
            description=f"period {invoice.period}",
            currency=invoice.currency,
            exponent=invoice.exponent,
            capture_mode=CaptureMode.AUTOMATIC,
            payment_method=invoice.payment_method,
        )

    async def _later(self, invoice: DueInvoice) -> None:
        async with self._platform.database.connection() as connection:
            await leave(connection, invoice.invoice_id, self._platform.instance, shared_us() + in_us(DOUBT_S))

    async def _settle(self, invoice: DueInvoice, key: str, end: End) -> None:
        platform, now_us = self._platform, app_us()
        schedule = platform.settings.dunning_schedule_s
        state, due_us = state_after(invoice, end, now_us, schedule, platform.seams.billing.next_try_us)
        settled = Settled(
            invoice=invoice,
            outcome=end.outcome,
            state=state,
            key=key,
            payment_id=end.payment_id,
            code=end.code,
            biller=platform.instance,
            at_us=now_us,
            due_at_us=due_us,
            look_at_us=shared_us() + in_us(DOUBT_S),
        )
        async with platform.database.connection() as connection:
            async with connection.transaction():
                first = await settle_try(connection, settled)
                if first and state is InvoiceState.UNCOLLECTIBLE:
                    await end_subscription(connection, invoice.subscription_id, now_us, "unpaid")
            connection.require_certain()
        platform.log.info(
            "invoice_tried",
            invoice=invoice.invoice_id,
            subscription=invoice.subscription_id,
            period=invoice.period,
            outcome=end.outcome,
            first=first,
        )
