"""Carrying out one repair: what is recorded, the break's end and its audit row are one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from system.attempts.alerts import alert
from system.attempts.applying import apply
from system.attempts.canceling import BREAKER_OPEN, cancel_key
from system.attempts.disputing import record_dispute
from system.attempts.holds import how_it_went
from system.clock import shared_us
from system.decisions.comparing import CLOSED, Break
from system.decisions.repairs import Repair, RepairAction
from system.gateway import Advice, DisputeTold, GatewayReply, Knowledge, Phase, What
from system.platform import Platform
from system.reconciliation.findings import break_id, settle
from system.states import AttemptState, Evidence, Outcome
from system.store.attempts import Attempt, find
from system.store.audit import audit
from system.store.connection import Connection
from system.store.disputes import Disputed
from system.store.taken_back import TakeBack, TakingBack

DONE_WORDS: Mapping[RepairAction, str] = {
    RepairAction.RECORD: "reconcile_recorded",
    RepairAction.GIVE_BACK: "reconcile_given_back",
    RepairAction.TAKE_BACK: "reconcile_taken_back",
    RepairAction.CANCEL: "reconcile_asked_its_key",
    RepairAction.PEOPLE: "reconcile_left_to_people",
}
"""The audit's word for each action that was carried out."""


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose word reconciliation runs: for the audit."""

    actor: str
    origin: str
    request_id: str | None = None


async def carry_out(platform: Platform, gateway: str, found: Break, repair: Repair, asker: Asker) -> str:
    """Do what was decided; return the break's state after it. Doing it again does nothing."""
    match repair.action:
        case RepairAction.RECORD:
            return await _record(platform, gateway, found, repair, asker)
        case RepairAction.GIVE_BACK:
            return await _give_back(platform, gateway, found, repair, asker)
        case RepairAction.TAKE_BACK:
            return await _take_back(platform, gateway, found, repair, asker)
        case RepairAction.CANCEL:
            return await _cancel(platform, gateway, found, repair, asker)
        case RepairAction.PEOPLE:
            return await _to_people(platform, gateway, found, repair, asker)
        case RepairAction.WAIT:
            return "waiting"


async def _record(platform: Platform, gateway: str, found: Break, repair: Repair, asker: Asker) -> str:
    assert found.ours is not None
    done = repair.state is AttemptState.SUCCEEDED
    reply = GatewayReply(
        Knowledge.DEFINITE_YES if done else Knowledge.DEFINITE_NO,
        Advice.NONE,
        Phase.ANSWERED,
        code="" if done else f"feed_{found.kind}",
        not_executed=repair.state is AttemptState.NOT_EXECUTED,
        gateway_ref=found.line.gateway_ref if found.line is not None else None,
    )
    attempt = await _attempt_of(platform, found)
    if attempt is None:
        return "waiting"
    return await _apply(platform, gateway, found, repair, asker, attempt, reply, Evidence.FEED)


async def _attempt_of(platform: Platform, found: Break) -> Attempt | None:
    assert found.ours is not None
    async with platform.database.connection() as connection:
        return await find(connection, found.ours.attempt_id)


async def _apply(
    platform: Platform,
    gateway: str,
    found: Break,
    repair: Repair,
    asker: Asker,
    attempt: Attempt,
    reply: GatewayReply,
    evidence: Evidence,
) -> str:
    """Apply what the gateway's books prove, and close the break in the same transaction."""

    async def close(connection: Connection) -> None:
        await _close(connection, gateway, found, "repaired", repair, asker)

    applied = await apply(platform, attempt, reply, evidence, go_on=False, also=close)
    # Otherwise somebody else learnt about it meanwhile: the next run compares again.
    return "repaired" if applied.outcome is Outcome.RECORDED else "waiting"


async def _give_back(platform: Platform, gateway: str, found: Break, repair: Repair, asker: Asker) -> str:
    attempt = await _attempt_of(platform, found)
    async with platform.database.connection() as connection, connection.transaction():
        if not await platform.seams.give_back(connection, found, platform.seams.gateway_key):
            return "waiting"
        if attempt is not None and attempt.state in CLOSED:
            await alert(platform, attempt, "late_success", f"{Evidence.FEED}: {repair.reason}", connection)
        return await _close(connection, gateway, found, "repaired", repair, asker)


async def _take_back(platform: Platform, gateway: str, found: Break, repair: Repair, asker: Asker) -> str:
    ours, line, what = found.ours, found.line, found.taken_back
    assert ours is not None
    assert line is not None
    if line.dispute is not None:
        return await _dispute(platform, gateway, found, line.dispute, repair, asker)
    assert what is not None
    if what in (What.EXPIRED, What.CANCELED):
        what = await how_it_went(platform, ours.attempt_id) or what
    command = TakeBack(ours.attempt_id, what, line.amount_minor, Evidence.FEED, shared_us())
    async with platform.database.connection() as connection, connection.transaction():
        if await platform.seams.take_back(connection, command) is not TakingBack.RECORDED:
            return "waiting"  # somebody else learnt about it meanwhile: the next run compares again
        return await _close(connection, gateway, found, "repaired", repair, asker)


async def _dispute(
    platform: Platform, gateway: str, found: Break, told: DisputeTold, repair: Repair, asker: Asker
) -> str:
    attempt = await _attempt_of(platform, found)
    if attempt is None:
        return "waiting"
    async with platform.database.connection() as connection, connection.transaction():
        outcome = await record_dispute(platform, attempt, told, Evidence.FEED, connection)
        if outcome in (Disputed.CLOSED, Disputed.EXCESS):
            reason = f"{repair.reason}; it does not fit what is booked ({outcome})"
            return await _close(connection, gateway, found, "manual", Repair(RepairAction.PEOPLE, reason), asker)
        if outcome is not Disputed.RECORDED:
            return "waiting"  # somebody else learnt about it meanwhile: the next run compares again
        return await _close(connection, gateway, found, "repaired", repair, asker)


async def _cancel(platform: Platform, gateway: str, found: Break, repair: Repair, asker: Asker) -> str:
    attempt = await _attempt_of(platform, found)
    if attempt is None:
        return "waiting"
    reply, evidence = await cancel_key(platform, attempt)
    if reply is BREAKER_OPEN:
        return "waiting"
    if platform.seams.attempt_state(reply) is AttemptState.UNKNOWN:
        reason = f"{repair.reason}; its key could not be canceled ({reply.code or 'no answer'})"
        return await _to_people(platform, gateway, found, Repair(RepairAction.PEOPLE, reason), asker)
    canceled = evidence is Evidence.CANCEL
    word = "the gateway canceled its key" if canceled else "its key had been used, and tells what came of it"
    proven = replace(repair, reason=f"{repair.reason}; {word}")
    return await _apply(platform, gateway, found, proven, asker, attempt, reply, evidence)


async def _to_people(platform: Platform, gateway: str, found: Break, repair: Repair, asker: Asker) -> str:
    async with platform.database.connection() as connection, connection.transaction():
        return await _close(connection, gateway, found, "manual", repair, asker)


async def _close(connection: Connection, gateway: str, found: Break, state: str, repair: Repair, asker: Asker) -> str:
    identity = break_id(gateway, found)
    if await settle(connection, identity, state, repair, shared_us()):
        await audit(
            connection,
            actor=asker.actor,
            action=DONE_WORDS[repair.action],
            object=identity,
            outcome=state,
            origin=asker.origin,
            detail=repair.reason,
        )
    return state
