"""Finding a transaction by whichever of our ids an operator has at hand, and what its gateway says about it."""

from dataclasses import dataclass

from system.api import parse
from system.breakers import class_of
from system.core.failures import Refused
from system.gateway import Knowledge, Lookup, LookupStatus
from system.json_body import PlainObject
from system.platform import Platform
from system.store.attempts import Attempt, find
from system.store.connection import Connection

ATTEMPTS = """
SELECT attempt_id FROM pay.gateway_attempts
WHERE payment_id = %(id)s OR operation_id = %(id)s OR attempt_id = %(id)s
ORDER BY state IN ('prepared', 'dispatched', 'unknown', 'manual', 'requires_action') DESC, prepared_at_us DESC
"""


async def attempts_of(connection: Connection, transaction_id: str) -> list[Attempt]:
    """Return the attempts of a payment, an operation or one attempt, undecided ones first. Raises Refused (404)."""
    parse.identifier(transaction_id, "transaction")
    cursor = await connection.execute(ATTEMPTS, {"id": transaction_id})
    found = [await find(connection, row[0]) for row in await cursor.fetchall()]
    if not found:
        raise parse.not_found("transaction")
    return [attempt for attempt in found if attempt is not None]


@dataclass(frozen=True, slots=True)
class Said:
    """What a gateway says about one attempt. `verdict`: executed, declined, undecided, not_found or no_answer."""

    verdict: str
    lookup: Lookup

    def told(self) -> PlainObject:
        """Return it for an answer."""
        reply = self.lookup.reply
        return {
            "verdict": self.verdict,
            "code": (reply.code if reply else "") or None,
            "gateway_ref": reply.gateway_ref if reply else None,
            "amount_minor": reply.amount_minor if reply else None,
            "currency": reply.currency if reply else None,
        }


async def ask(platform: Platform, attempt: Attempt) -> Said:
    """Ask an attempt's gateway about it. Raises Refused (503) where its breaker lets nothing through."""
    permit = await platform.breakers.acquire(attempt.gateway, class_of(attempt.request.kind))
    if permit is None:
        message = f"The breaker of {attempt.gateway} is open. Nothing was changed."
        raise Refused(503, "api_error", "gateway_unavailable", message, retry_after_s=2)
    lookup = await platform.connectors[attempt.gateway].lookup(attempt.request)
    failed = lookup.status is LookupStatus.ERROR and (lookup.reply is None or lookup.reply.failure)
    await platform.breakers.settle(permit, failed=failed)
    return Said(_verdict(lookup), lookup)


def _verdict(lookup: Lookup) -> str:
    if lookup.status is LookupStatus.MISS:
        return "not_found"
    if lookup.status is LookupStatus.ERROR or lookup.reply is None:
        return "no_answer"
    words = {Knowledge.DEFINITE_YES: "executed", Knowledge.DEFINITE_NO: "declined"}
    return words.get(lookup.reply.knowledge, "undecided")
