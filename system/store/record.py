"""T2 and T3: the dispatch stamp, and what an attempt's outcome means for everything else; one round trip each."""

from dataclasses import dataclass

from system.gateway import Kind, Phase
from system.states import AttemptState, Evidence, OperationState, Outcome
from system.store.connection import Connection
from system.store.payments import Payment, columns_of, payment_of

_MADE_SOMETHING = frozenset({AttemptState.SUCCEEDED, AttemptState.REQUIRES_ACTION})


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to store with the outcome, under a claim that must still be ours."""

    key_id: int
    owner: str
    status_code: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """An attempt's outcome, as evidence tells it."""

    attempt_id: str
    state: AttemptState
    """One of ``states.TOLD``."""
    evidence: Evidence
    now_us: int
    phase: Phase | None = None
    http_status: int | None = None
    code: str | None = None
    message: str | None = None
    """For people: the payment's error message, or why a manual decision is needed."""
    gateway_ref: str | None = None
    """What a success made; kept with nothing else, or a doubt would be asked about under another object's name."""
    final: bool = True
    """False: another attempt follows, so the operation stays open."""
    check_after_us: int = 0
    """When the resolver may look at it again (for unknown)."""
    reply: Reply | None = None
    expected_version: int | None = None
    """The payment version for which ``reply`` was written; a different one changes nothing (version_conflict)."""
    expires_at_us: int | None = None
    """Until when a payer who is asked (``requires_action``) has time."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What T3 did."""

    outcome: Outcome
    from_state: AttemptState | None
    reply_stored: bool
    operation_state: OperationState | None
    payment: Payment | None


_RECORD = f"""
SELECT r.outcome, r.from_state, r.reply_stored, r.operation_state, {columns_of("r.payment")}
FROM pay.record(
    p_attempt_id => %(attempt_id)s::text, p_state => %(state)s::text, p_evidence => %(evidence)s::text,
    p_phase => %(phase)s::text, p_http_status => %(http_status)s::integer, p_code => %(code)s::text,
    p_message => %(message)s::text, p_gateway_ref => %(gateway_ref)s::text, p_final => %(final)s::boolean,
    p_check_after => %(check_after_us)s::bigint, p_now => %(now_us)s::bigint, p_key_id => %(key_id)s::bigint,
    p_owner => %(owner)s::text, p_status_code => %(status_code)s::integer, p_body => %(body)s::bytea,
    p_expected_version => %(expected_version)s::integer, p_expires_at => %(expires_at_us)s::bigint) r
"""


async def record(connection: Connection, command: Record) -> Recorded:
    """Run T3. Raises psycopg.Error and CommitIndeterminate; running it again is safe (``already``)."""
    reply = command.reply
    row = await connection.fetch(
        _RECORD,
        {
            "attempt_id": command.attempt_id,
            "state": command.state,
            "evidence": command.evidence,
            "phase": command.phase,
            "http_status": command.http_status,
            "code": command.code,
            "message": command.message,
            "gateway_ref": command.gateway_ref if command.state in _MADE_SOMETHING else None,
            "final": command.final,
            "check_after_us": command.check_after_us,
            "now_us": command.now_us,
            "key_id": reply.key_id if reply else None,
            "owner": reply.owner if reply else None,
            "status_code": reply.status_code if reply else None,
            "body": reply.body if reply else None,
            "expected_version": command.expected_version,
            "expires_at_us": command.expires_at_us,
        },
    )
    outcome, from_state, reply_stored, operation_state = row[:4]
    return Recorded(
        Outcome(outcome),
        None if from_state is None else AttemptState(from_state),
        reply_stored,
        None if operation_state is None else OperationState(operation_state),
        payment_of(row[4:]),
    )


async def dispatch(connection: Connection, attempt_id: str, now_us: int, check_after_us: int) -> bool:
    """T2: stamp the attempt before its first byte. False: somebody else decided about it, so do not send.

    Running it again with the same ``now_us`` is safe: it tells whether the stamp is ours.
    """
    row = await connection.fetch(
        "SELECT pay.dispatch(%s::text, %s::bigint, %s::bigint)", (attempt_id, now_us, check_after_us)
    )
    return bool(row[0])


async def count_resend(connection: Connection, attempt_id: str, check_after_us: int) -> int | None:
    """Count one more send under the same key; None when the attempt is decided already, so do not send."""
    row = await connection.fetch("SELECT pay.count_resend(%s::text, %s::bigint)", (attempt_id, check_after_us))
    return None if row[0] is None else int(row[0])


@dataclass(frozen=True, slots=True)
class NextAttempt:
    """The attempt at another gateway that follows a proven non-execution or a retryable decline."""

    attempt_id: str
    gateway: str
    gateway_key: str


async def fall_back(connection: Connection, command: Record, following: NextAttempt) -> Outcome:
    """Close one attempt and prepare the next in one transaction; the outcome of ``record``.

    Raises psycopg.errors.UniqueViolation where the operation still has a live attempt: the database refuses it.
    """
    row = await connection.fetch(
        """
        SELECT pay.fall_back(
            p_attempt_id => %(attempt_id)s::text, p_state => %(state)s::text, p_evidence => %(evidence)s::text,
            p_phase => %(phase)s::text, p_http_status => %(http_status)s::integer, p_code => %(code)s::text,
            p_next_attempt_id => %(next_id)s::text, p_next_gateway => %(gateway)s::text,
            p_next_gateway_key => %(gateway_key)s::text, p_now => %(now_us)s::bigint,
            p_check_after => %(check_after_us)s::bigint)
        """,
        {
            "attempt_id": command.attempt_id,
            "state": command.state,
            "evidence": command.evidence,
            "phase": command.phase,
            "http_status": command.http_status,
            "code": command.code,
            "next_id": following.attempt_id,
            "gateway": following.gateway,
            "gateway_key": following.gateway_key,
            "now_us": command.now_us,
            "check_after_us": command.check_after_us,
        },
    )
    return Outcome(row[0])


async def store_reply(connection: Connection, reply: Reply, now_us: int) -> bool:
    """Complete a claimed key with a reply alone; False when the claim is not ours any more."""
    row = await connection.fetch(
        "SELECT pay.store_reply(%s::bigint, %s::text, %s::integer, %s::bytea, %s::bigint)",
        (reply.key_id, reply.owner, reply.status_code, reply.body, now_us),
    )
    return bool(row[0])


async def begin_reversal(
    connection: Connection,
    *,
    reverses_attempt_id: str,
    operation_id: str,
    attempt_id: str,
    gateway_key: str,
    call_kind: Kind,
    gateway_ref: str,
    evidence: Evidence,
    now_us: int,
) -> bool:
    """Open the operation that undoes a late success (call_kind void or refund); False when it exists already."""
    row = await connection.fetch(
        "SELECT pay.begin_reversal(%s::text, %s::text, %s::text, %s::text, %s::text, %s::text, %s::text, %s::bigint)",
        (reverses_attempt_id, operation_id, attempt_id, gateway_key, call_kind, gateway_ref, evidence, now_us),
    )
    return bool(row[0])
