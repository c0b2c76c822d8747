"""What a gateway's reply, from wherever it comes, changes about an attempt: the one place where that is decided.

The API with a client waiting, the resolver, the gateways' webhooks, reconciliation and operators all come here. A "no"
that permits another gateway prepares the attempt there; anything else is recorded, and what that brings about is done.
Recording is one transaction of the core; calls to gateways happen outside it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import psycopg

from system import crashpoints
from system.attempts.alerts import alert
from system.attempts.recording import Also, command_of, record
from system.attempts.routes import elsewhere
from system.attempts.taking_back import take_back
from system.attempts.undoing import undo
from system.breakers import Permit
from system.clock import in_us, shared_us
from system.gateway import GatewayReply, Phase, What
from system.ids import new_id
from system.platform import Platform
from system.states import AttemptState, Evidence, OperationKind, Outcome
from system.store.attempts import Attempt
from system.store.record import NextAttempt, Record, Recorded, fall_back

Answering = Callable[[Record], Record]
"""Adds to what is recorded the answer that a waiting client gets, under the claim of its key."""


@dataclass(frozen=True, slots=True)
class Following:
    """The attempt at another gateway that was prepared, and leave to send it."""

    attempt: Attempt
    permit: Permit


@dataclass(frozen=True, slots=True)
class Applied:
    """What a reply changed. With `following` the attempt is closed, and the caller sends the next one."""

    outcome: Outcome
    recorded: Recorded | None = None
    following: Following | None = None


def evidence_of(reply: GatewayReply) -> Evidence:
    """Return what a reply to our own send is evidence of: an answer that came is one, whatever it says."""
    return Evidence.REPLY if reply.phase is Phase.ANSWERED else Evidence.TRANSPORT


def state_after(platform: Platform, attempt: Attempt, reply: GatewayReply) -> AttemptState:
    """Return the state that a reply proves. A reversal which could not be sent must still be: that is unknown."""
    state = platform.seams.attempt_state(reply)
    unsent = attempt.operation_kind is OperationKind.REVERSAL and state is AttemptState.NOT_EXECUTED
    return AttemptState.UNKNOWN if unsent else state


async def apply(
    platform: Platform,
    attempt: Attempt,
    reply: GatewayReply,
    evidence: Evidence,
    *,
    go_on: bool = True,
    answering: Answering | None = None,
    also: Also | None = None,
) -> Applied:
    """Apply what `reply` proves about the attempt. Raises what the database raises; applying it again is safe.

    `go_on`: whether a "no" may be followed at another gateway. `answering`: a client waits for the answer. `also`: what
    belongs into the transaction.
    """
    state = state_after(platform, attempt, reply)
    if go_on and platform.seams.may_fall_back(reply):
        permit = await elsewhere(platform, attempt)
        if permit is not None:
            return await _fall_back(platform, attempt, reply, state, evidence, permit, waiting=answering is not None)
    command = command_of(platform, attempt, reply, state, evidence)
    if answering is not None:
        command = answering(command)
        crashpoints.reach(crashpoints.BEFORE_RECORD)
    recorded = await record(platform, command, also)
    if recorded.outcome is Outcome.VERSION_CONFLICT:
        recorded = await record(platform, command_of(platform, attempt, reply, state, evidence), also)
    crashpoints.reach(crashpoints.EVIDENCE_RECORDED if answering is None else crashpoints.RECORDED)
    if answering is None:
        _log(platform, attempt, evidence, state, recorded.outcome)
    await _follow_up(platform, attempt, reply, state, evidence, recorded.outcome)
    return Applied(recorded.outcome, recorded)


async def _follow_up(
    platform: Platform,
    attempt: Attempt,
    reply: GatewayReply,
    state: AttemptState,
    evidence: Evidence,
    outcome: Outcome,
) -> None:
    if reply.lapsed and outcome in (Outcome.RECORDED, Outcome.ALREADY):
        await take_back(platform, attempt, What(reply.lapsed), attempt.request.amount_minor, evidence)
    if outcome is Outcome.LATE_SUCCESS:
        await undo(platform, attempt, reply, evidence)
    final = state in (AttemptState.DECLINED, AttemptState.NOT_EXECUTED)
    if attempt.operation_kind is OperationKind.REVERSAL and outcome is Outcome.RECORDED and final:
        await alert(platform, attempt, "reversal_failed", f"{evidence}: {state} {reply.code}")


async def _fall_back(
    platform: Platform,
    attempt: Attempt,
    reply: GatewayReply,
    state: AttemptState,
    evidence: Evidence,
    permit: Permit,
    *,
    waiting: bool,
) -> Applied:
    """Close the attempt and prepare the next one in one transaction. Without a certain one nothing is sent."""
    attempt_id = new_id("att_")
    following = NextAttempt(attempt_id, permit.gateway, platform.seams.gateway_key(attempt_id, 1))
    lease_us = shared_us() + in_us(platform.settings.key_lease_s)
    command = replace(command_of(platform, attempt, reply, state, evidence), check_after_us=lease_us)
    outcome = Outcome.STALE
    try:
        async with platform.database.connection() as connection:
            outcome = await fall_back(connection, command, following)
    except psycopg.errors.UniqueViolation:
        platform.log.error("fallback_refused", operation_id=attempt.request.operation_id, illegal=True)
    finally:
        if outcome is not Outcome.RECORDED:
            await platform.breakers.release(permit)
    if outcome is not Outcome.RECORDED:
        return Applied(outcome)
    crashpoints.reach(crashpoints.FELL_BACK if waiting else crashpoints.FOLLOWED)
    _log(platform, attempt, evidence, state, outcome)
    request = replace(attempt.request, attempt_id=attempt_id, gateway_key=following.gateway_key, gateway_ref=None)
    prepared = Attempt(
        request,
        permit.gateway,
        AttemptState.PREPARED,
        attempt.operation_kind,
        attempt.tried | {attempt.gateway, permit.gateway},
        since_us=command.now_us,
    )
    return Applied(outcome, following=Following(prepared, permit))


def _log(platform: Platform, attempt: Attempt, evidence: Evidence, state: AttemptState, outcome: Outcome) -> None:
    platform.log.info(
        "evidence",
        correlation_id=attempt.request.correlation_id,
        attempt_id=attempt.request.attempt_id,
        gateway=attempt.gateway,
        evidence=evidence,
        state=state,
        outcome=outcome,
    )
