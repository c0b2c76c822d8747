"""Claims a change of a payment past the guard that refused it, for the planted bugs about limits and races."""

from dataclasses import replace

from system.store.begin import Begin, Begun, Claiming
from system.store.connection import Connection

_CLAIM = """
SELECT outcome, key_id FROM pay.claim_key(%s::text, %s::text, %s::boolean, %s::text, %s::bytea, %s::text,
    %s::bigint, %s::bigint, %s::bigint, %s::text)
"""
_OPEN = """
INSERT INTO pay.operations (operation_id, kind, payment_id, merchant_id, reference, idempotency_key, amount_minor,
    currency, state, correlation_id, created_at_us)
SELECT %s, %s, payment_id, merchant_id, %s, %s, %s, currency, 'open', %s, %s FROM pay.payments WHERE payment_id = %s
RETURNING 1
"""
_SEND = """
SELECT pay.insert_attempt(%s::text, %s::text, payment_id, merchant_id, gateway, %s::text, 1, %s::text, gateway_ref,
    %s::bigint, currency, %s::bigint, %s::bigint) FROM pay.payments WHERE payment_id = %s
"""


async def claim_past_the_guard(connection: Connection, command: Begin, begun: Begun, booked_minor: int) -> Begun:
    """Return the claim of a capture or void that was refused; its rows tell of `booked_minor`, whatever was asked."""
    claim = command.claim
    async with connection.transaction():
        outcome, key_id = await connection.fetch(
            _CLAIM,
            (
                claim.scope, claim.merchant_id, claim.livemode, claim.key, claim.fingerprint, claim.owner, claim.now_us,
                claim.lease_until_us, claim.expires_at_us, command.operation_id,
            ),
        )  # fmt: skip
        if outcome != "claimed":
            return begun
        asked = (claim.key, booked_minor, command.correlation_id, claim.now_us, command.payment_id)
        await connection.fetch(_OPEN, (command.operation_id, command.kind, command.reference, *asked))
        sent = (command.gateway_key, booked_minor, claim.now_us, claim.lease_until_us, command.payment_id)
        await connection.fetch(_SEND, (command.attempt_id, command.operation_id, command.kind, *sent))
    connection.require_certain()
    amount_minor = booked_minor if command.amount_minor is None else command.amount_minor
    return replace(
        begun,
        outcome=Claiming.CLAIMED,
        refusal=None,
        key_id=key_id,
        operation_id=command.operation_id,
        amount_minor=amount_minor,
    )
