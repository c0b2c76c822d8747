"""What new evidence about an attempt changes: it is recorded, followed at another gateway, or undone. Never dropped.

The resolver and the gateways' webhooks both come here. Recording is one transaction of the core; calls to gateways
happen outside it.
"""

from system import crashpoints
from system.clock import shared_us
from system.core.policies import UNDO
from system.gateway import GatewayReply, Knowledge, What
from system.ids import new_id
from system.platform import Platform
from system.store.record import begin_reversal
from system.worker.attempts import Claimed
from system.worker.following import elsewhere, follow
from system.worker.recording import alert, record_reply
from system.worker.taking_back import take_back


async def learn(platform: Platform, claimed: Claimed, reply: GatewayReply, evidence: str) -> str:
    """Record what `reply` proves about the attempt and return the core's outcome (`recorded`, `late_success`, ...).

    A "no" that permits another gateway is followed there. A success of an attempt that was closed as a "no" is
    reversed. Raises what the database raises; learning the same again is safe.
    """
    state = platform.seams.attempt_state(reply)
    if reply.knowledge is Knowledge.DEFINITE_NO and platform.seams.may_fall_back(reply):
        permit = await elsewhere(platform, claimed)
        if permit is not None:
            return await follow(platform, claimed, reply, state, evidence, permit)
    outcome = await record_reply(platform, claimed, reply, state, evidence)
    crashpoints.reach(crashpoints.EVIDENCE_RECORDED)
    if reply.lapsed and outcome in ("recorded", "already"):
        await take_back(platform, claimed, What(reply.lapsed), claimed.request.amount_minor, evidence)
    if outcome == "late_success":
        await _undo(platform, claimed, reply, evidence)
    elif outcome == "recorded" and claimed.operation_kind == "reversal" and state != "succeeded":
        await alert(platform, claimed, "reversal_failed", f"{evidence}: {state} {reply.code}")
    return outcome


async def _undo(platform: Platform, claimed: Claimed, reply: GatewayReply, evidence: str) -> None:
    """Open the operation that undoes a late success; the resolver sends it."""
    call_kind = UNDO.get(claimed.request.kind)
    gateway_ref = reply.gateway_ref or claimed.request.gateway_ref
    if call_kind is None or gateway_ref is None:
        await alert(platform, claimed, "late_success_without_inverse", evidence)
        return
    attempt_id = new_id("att_")
    async with platform.database.connection() as connection:
        begun = await begin_reversal(
            connection,
            reverses_attempt_id=claimed.request.attempt_id,
            operation_id=new_id("op_"),
            attempt_id=attempt_id,
            gateway_key=platform.seams.gateway_key(attempt_id, 1),
            call_kind=call_kind,
            gateway_ref=gateway_ref,
            evidence=evidence,
            now_us=shared_us(),
        )
    if begun:
        await alert(platform, claimed, "late_success", f"{evidence}: {call_kind} begun")
