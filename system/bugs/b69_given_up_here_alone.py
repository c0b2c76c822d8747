"""A payment whose payer did not answer in time is expired here, and its intent stays open at the gateway.

How it happens: a job looks for old payments and sets their status. The payer, who was looking for their phone, confirms
after that, and is charged for an order that nobody will ship. I46 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.connectors.connector import Connector
from system.gateway import Advice, GatewayReply, GatewayRequest, Knowledge, Phase
from system.seams import Seams

BUG = Bug(
    id="B69",
    title="a payment is given up without telling its gateway",
    caught_by=("I46",),
    shown_by=("payers_who_take_their_time",),
)

EXPIRED = GatewayReply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.ANSWERED, code="authentication_timeout")


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that give a payment up by themselves."""

    async def abandon(connector: Connector, request: GatewayRequest) -> GatewayReply:
        reached()
        return EXPIRED

    return replace(seams, abandon=abandon)
