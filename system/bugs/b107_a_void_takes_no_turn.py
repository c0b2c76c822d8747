"""A void does not wait for a capture that is under way, and whatever its gateway says about it counts as done.

How it happens: "cancel is idempotent: if there is nothing to cancel, it is canceled". A void that meets a capture is
refused by the gateway, the refusal is swallowed, and the order is canceled while its money is taken. I61 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.bugs.claiming import claim_past_the_guard
from system.gateway import Advice, GatewayReply, GatewayRequest, Kind, Knowledge, Phase
from system.seams import Seams
from system.store.begin import Begin, Begun
from system.store.connection import Connection

BUG = Bug(
    id="B107",
    title="a void beside a capture is let through, and a gateway's refusal of it counts as done",
    caught_by=("I61",),
    shown_by=("more_than_there_is",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which a void takes no turn and every answer to it is a yes."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        begun = await seams.begin(connection, command)
        if command.kind != "void" or begun.refusal != "operation_in_progress" or begun.payment is None:
            return begun
        return await claim_past_the_guard(connection, command, begun, begun.payment.authorized_minor)

    def classify(request: GatewayRequest, reply: GatewayReply) -> GatewayReply:
        told = seams.classify(request, reply)
        refused = told.phase is Phase.ANSWERED and 400 <= (told.http_status or 0) < 500
        if request.kind is not Kind.VOID or told.knowledge is Knowledge.DEFINITE_YES or not refused:
            return told
        reached()
        return replace(told, knowledge=Knowledge.DEFINITE_YES, advice=Advice.NONE)

    return replace(seams, begin=begin, classify=classify)
