"""What the payment core needs from a gateway.

A connector does transport and classification; it never touches the database.
"""

from typing import Protocol

from system.feed import Feed
from system.gateway import Advice, Disputes, GatewayReply, GatewayRequest, Kind, Knowledge, Lookup, Phase

CANCEL_NOT_OFFERED = GatewayReply(Knowledge.UNKNOWN, Advice.QUERY, Phase.ANSWERED, code="cancel_not_offered")
"""The reply of a connector whose gateway has no way to cancel a key."""


class Connector(Protocol):
    """One gateway. Methods never raise for anything that the network or the gateway does: that is what replies say."""

    @property
    def name(self) -> str:
        """The gateway's name."""
        ...

    async def authorize(self, request: GatewayRequest) -> GatewayReply:
        """Authorise, and take the money at once when ``request.capture`` (a sale)."""
        ...

    async def capture(self, request: GatewayRequest) -> GatewayReply:
        """Take authorised money."""
        ...

    async def void(self, request: GatewayRequest) -> GatewayReply:
        """Release an authorisation."""
        ...

    async def refund(self, request: GatewayRequest) -> GatewayReply:
        """Give captured money back."""
        ...

    async def resend(self, request: GatewayRequest) -> GatewayReply:
        """Make the call of ``request.kind`` again under the same key; the gateway replays or executes it once."""
        ...

    async def lookup(self, request: GatewayRequest) -> Lookup:
        """Search by our own ids (operation_id, attempt_id in the gateway's metadata)."""
        ...

    async def cancel_key(self, request: GatewayRequest) -> GatewayReply:
        """Make sure that the call under ``request.gateway_key`` never happens, while the gateway remembers keys.

        DEFINITE_NO with ``not_executed``: the gateway acknowledged that it has not happened, and can not any more.
        Code ``KEY_USED``: the key has been used, so that a re-send under it is answered from the gateway's memory and
        executes nothing. Anything else proves nothing.
        """
        ...

    async def abandon(self, request: GatewayRequest) -> GatewayReply:
        """Make sure that a charge which waits for its payer (``gateway_ref``) never happens.

        DEFINITE_NO, code ``AUTHENTICATION_TIMEOUT``: it can not any more. DEFINITE_YES: the payer was faster.
        """
        ...

    async def hold(self, request: GatewayRequest) -> str:
        """Ask what became of the authorization that ``gateway_ref`` names: expired | canceled | held, '' if unknown."""
        ...

    async def feed(self, from_us: int, to_us: int) -> Feed:
        """Read the transaction feed between two times (microseconds). A partial reading has ``trouble``."""
        ...

    async def disputes(self, request: GatewayRequest) -> Disputes:
        """Read the disputes of the charge that ``gateway_ref`` names, amounts in minor units."""
        ...

    async def close(self) -> None:
        """Close the sockets."""
        ...


async def abandon(connector: Connector, request: GatewayRequest) -> GatewayReply:
    """Give a charge up that waits for its payer."""
    return await connector.abandon(request)


async def send(connector: Connector, request: GatewayRequest) -> GatewayReply:
    """Make the call that ``request.kind`` names."""
    match request.kind:
        case Kind.AUTHORIZE | Kind.SALE:
            return await connector.authorize(request)
        case Kind.CAPTURE:
            return await connector.capture(request)
        case Kind.VOID:
            return await connector.void(request)
        case Kind.REFUND:
            return await connector.refund(request)
