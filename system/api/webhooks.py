"""``POST /webhooks/{gateway}``: the gateways' events, verified and applied once."""

from starlette.requests import Request
from starlette.responses import Response

from system.api.handling import Service, read_body, respond
from system.webhooks.inbound import Inbound


class Webhooks:
    """The inbound webhook routes of one replica."""

    def __init__(self, inbound: Inbound) -> None:
        self._inbound = inbound

    async def stripe(self, service: Service, request: Request, correlation: str) -> Response:
        """``POST /webhooks/stripe``."""
        return await self._receive("stripe", request, correlation)

    async def paypal(self, service: Service, request: Request, correlation: str) -> Response:
        """``POST /webhooks/paypal``."""
        return await self._receive("paypal", request, correlation)

    async def _receive(self, gateway: str, request: Request, correlation: str) -> Response:
        status_code, body = await self._inbound.receive(gateway, request.headers, await read_body(request))
        return respond(correlation, status_code, body)
