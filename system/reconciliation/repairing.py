"""Carrying out one repair: what is recorded, the break's end and its audit row are one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass

from system.clock import shared_us
from system.gateway import GatewayReply, What
from system.platform import Platform
from system.reconciliation.comparing import Break
from system.reconciliation.deciding import Repair
from system.reconciliation.findings import break_id, settle
from system.store.audit import audit
from system.store.connection import Connection
from system.store.record import Record
from system.store.taken_back import TakeBack
from system.worker.attempts import find
from system.worker.canceling import BREAKER_OPEN, cancel_key
from system.worker.holds import how_it_went
from system.worker.recording import message_of

DONE_WORDS: Mapping[str, str] = {
    "record": "reconcile_recorded",
    "give_back": "reconcile_given_back",
    "take_back": "reconcile_taken_back",
    "cancel": "reconcile_asked_its_key",
    "people": "reconcile_left_to_people",
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
        case "record":
            return await _record(platform, gateway, found, repair, asker, "feed")
        case "give_back":
            return await _give_back(platform, gateway, found, repair, asker)
        case "take_back":
            return await _take_back(platform, gateway, found, repair, asker)
        case "cancel":
            return await _cancel(platform, gateway, found, repair, asker)
        case "people":
            return await _to_people(platform, gateway, found, repair, asker)
        case "wait":
            return "waiting"


async def _record(
    platform: Platform,
    gateway: str,
    found: Break,
    repair: Repair,
    asker: Asker,
    evidence: str,
    reply: GatewayReply | None = None,
) -> str:
    assert found.ours is not None
    line_ref = found.line.gateway_ref if found.line is not None else None
    word = reply.code if reply is not None else "" if repair.state == "succeeded" else f"feed_{found.kind}"
    command = Record(
        found.ours.attempt_id,
        repair.state,
        evidence,
        shared_us(),
        code=word or None,
        message=message_of(repair.state, word),
        gateway_ref=(reply.gateway_ref if reply is not None else line_ref) if repair.state == "succeeded" else None,
    )
    async with platform.database.connection() as connection, connection.transaction():
        recorded = await platform.seams.record(connection, command)
        if recorded.outcome != "recorded":
            return "waiting"  # somebody else learnt about it meanwhile: the next run compares again
        return await _close(connection, gateway, found, "repaired", repair, asker)


async def _give_back(platform: Platform, gateway: str, found: Break, repair: Repair, asker: Asker) -> str:
    async with platform.database.connection() as connection, connection.transaction():
        if not await platform.seams.give_back(connection, found, platform.seams.gateway_key):
            return "waiting"
        return await _close(connection, gateway, found, "repaired", repair, asker)


async def _take_back(platform: Platform, gateway: str, found: Break, repair: Repair, asker: Asker) -> str:
    ours, line, what = found.ours, found.line, found.taken_back
    assert ours is not None
    assert line is not None
    assert what is not None
    if what in (What.EXPIRED, What.CANCELED):
        what = await how_it_went(platform, ours.attempt_id) or what
    command = TakeBack(ours.attempt_id, what, line.amount_minor, "feed", shared_us())
    async with platform.database.connection() as connection, connection.transaction():
        if await platform.seams.take_back(connection, command) != "recorded":
            return "waiting"  # somebody else learnt about it meanwhile: the next run compares again
        return await _close(connection, gateway, found, "repaired", repair, asker)


async def _cancel(platform: Platform, gateway: str, found: Break, repair: Repair, asker: Asker) -> str:
    assert found.ours is not None
    async with platform.database.connection() as connection:
        claimed = await find(connection, found.ours.attempt_id)
    if claimed is None:
        return "waiting"
    reply, evidence = await cancel_key(platform, claimed)
    if reply is BREAKER_OPEN:
        return "waiting"
    state = platform.seams.attempt_state(reply)
    if state == "unknown":
        told = Repair("people", f"{repair.reason}; its key could not be canceled ({reply.code or 'no answer'})")
        return await _to_people(platform, gateway, found, told, asker)
    word = (
        "the gateway canceled its key" if evidence == "cancel" else "its key had been used, and tells what came of it"
    )
    proven = Repair("cancel", f"{repair.reason}; {word}", state)
    return await _record(platform, gateway, found, proven, asker, evidence, reply)


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
