"""``POST /webhooks/{gateway}``: the gateways' events, verified and applied once."""

from starlette.requests import Request
from starlette.responses import Response

from system.api.handling import Operation, Service, read_body, respond
from system.platform import Platform
from system.webhooks.inbound import Inbound


def routes_of(platform: Platform) -> list[tuple[str, str, Operation]]:
    """Method, path and operation for each gateway that sends events."""
    inbound = Inbound(platform)
    telling = [gateway.name for gateway in platform.gateways.values() if gateway.webhooks is not None]
    return [("POST", f"/webhooks/{name}", _receiver(inbound, name)) for name in telling]


def _receiver(inbound: Inbound, gateway: str) -> Operation:
    async def receive(service: Service, request: Request, correlation: str) -> Response:
        status_code, body = await inbound.receive(gateway, request.headers, await read_body(request))
        return respond(correlation, status_code, body)

    return receive
