"""A connector seen in the platform's minor units, whatever units its gateway counts in.

Nothing that the gateway's units cannot hold exactly is ever sent.
"""

from dataclasses import replace

from system.connectors.connector import Connector, send
from system.feed import Feed, FeedLine
from system.gateway import Advice, Disputes, GatewayReply, GatewayRequest, Knowledge, Lookup, Phase
from system.presentment import Presentment

NOT_TAKEN = "amount_not_supported"


class Presenting:
    """Wraps a connector that speaks in its gateway's units (`in_units`) or writes them itself."""

    def __init__(self, inner: Connector, presentment: Presentment, *, in_units: bool) -> None:
        self._inner = inner
        self._presentment = presentment
        self._in_units = in_units

    @property
    def name(self) -> str:
        """The gateway's name."""
        return self._inner.name

    async def authorize(self, request: GatewayRequest) -> GatewayReply:
        """Authorise, or sell."""
        return await self._send(request)

    async def capture(self, request: GatewayRequest) -> GatewayReply:
        """Take authorised money."""
        return await self._send(request)

    async def void(self, request: GatewayRequest) -> GatewayReply:
        """Release an authorisation."""
        return await self._send(request)

    async def refund(self, request: GatewayRequest) -> GatewayReply:
        """Give captured money back."""
        return await self._send(request)

    async def resend(self, request: GatewayRequest) -> GatewayReply:
        """Make the same call again."""
        told = self._told(request)
        return self._heard(request, await self._inner.resend(told)) if told is not None else refused()

    async def lookup(self, request: GatewayRequest) -> Lookup:
        """Search by our own ids."""
        found = await self._inner.lookup(self._told(request) or request)
        return replace(found, reply=self._heard(request, found.reply)) if found.reply is not None else found

    async def cancel_key(self, request: GatewayRequest) -> GatewayReply:
        """Use the key up."""
        return await self._inner.cancel_key(self._told(request) or request)

    async def abandon(self, request: GatewayRequest) -> GatewayReply:
        """Make sure that a charge which waits for its payer never happens."""
        return self._heard(request, await self._inner.abandon(self._told(request) or request))

    async def hold(self, request: GatewayRequest) -> str:
        """Ask what became of an authorization."""
        return await self._inner.hold(request)

    async def feed(self, from_us: int, to_us: int) -> Feed:
        """Read the transaction feed."""
        feed = await self._inner.feed(from_us, to_us)
        return replace(feed, lines=tuple(self._line(line) for line in feed.lines)) if self._in_units else feed

    async def disputes(self, request: GatewayRequest) -> Disputes:
        """Read a charge's disputes, which are told in minor units."""
        return await self._inner.disputes(request)

    async def close(self) -> None:
        """Close the sockets."""
        await self._inner.close()

    async def _send(self, request: GatewayRequest) -> GatewayReply:
        told = self._told(request)
        return self._heard(request, await send(self._inner, told)) if told is not None else refused()

    def _told(self, request: GatewayRequest) -> GatewayRequest | None:
        """Return the request as the inner connector must have it, None where the gateway has no units for it."""
        try:
            units = self._presentment.sent(request.currency, request.amount_minor)
        except (KeyError, ValueError):
            return None
        return replace(request, amount_minor=units) if self._in_units else request

    def _heard(self, request: GatewayRequest, reply: GatewayReply) -> GatewayReply:
        if not self._in_units or reply.amount_minor is None:
            return reply
        return replace(reply, amount_minor=self._minor(reply.currency or request.currency, reply.amount_minor))

    def _line(self, line: FeedLine) -> FeedLine:
        minor = None if line.dispute is not None else self._minor(line.currency, line.amount_minor)
        return line if minor is None else replace(line, amount_minor=minor)

    def _minor(self, currency: str, amount: int) -> int | None:
        try:
            return self._presentment.heard(currency, amount)
        except ValueError:
            return None


def refused() -> GatewayReply:
    """A mistake of ours, found before anything was sent."""
    return GatewayReply(
        Knowledge.DEFINITE_NO, Advice.ALARM, Phase.ANSWERED, code=NOT_TAKEN, not_executed=True, failure=False
    )
