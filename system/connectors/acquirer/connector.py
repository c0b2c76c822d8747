"""The connector to the plain acquirer: each attempt is a transaction under a reference of ours, its gateway key."""

from urllib.parse import quote

import msgspec

from system.connectors.acquirer import answers
from system.connectors.acquirer.feed import path_of, read_charge, read_page
from system.connectors.acquirer.table import TABLE
from system.connectors.classifier import given_up
from system.connectors.connector import CANCEL_NOT_OFFERED, send
from system.connectors.resending import resent
from system.connectors.wire import HttpResult, Wire, tracing
from system.feed import Feed, FeedLine
from system.gateway import (
    Disputes,
    GatewayReply,
    GatewayRequest,
    Kind,
    Lookup,
    LookupStatus,
)
from system.json_body import JsonObject


class AcquirerConnector:
    """Speaks the acquirer's api over one pool of connections."""

    name = "acquirer"

    def __init__(self, wire: Wire, api_key: str) -> None:
        self._wire = wire
        self._authorization = f"Bearer {api_key}"

    async def authorize(self, request: GatewayRequest) -> GatewayReply:
        """Authorise or sell, as ``request.capture`` says."""
        body: JsonObject = {
            "amount": request.amount_minor,
            "currency": request.currency.upper(),
            "card": {"token": request.payment_method},
        }
        return await self._post("/sales" if request.capture else "/authorizations", body, request)

    async def capture(self, request: GatewayRequest) -> GatewayReply:
        """Capture the charge that ``gateway_ref`` names."""
        return await self._post(f"{_charge(request)}/captures", {"amount": request.amount_minor}, request)

    async def void(self, request: GatewayRequest) -> GatewayReply:
        """Void the charge that ``gateway_ref`` names."""
        return await self._post(f"{_charge(request)}/voids", {}, request)

    async def refund(self, request: GatewayRequest) -> GatewayReply:
        """Refund the charge that ``gateway_ref`` names."""
        return await self._post(f"{_charge(request)}/refunds", {"amount": request.amount_minor}, request)

    async def resend(self, request: GatewayRequest) -> GatewayReply:
        """Send the same transaction again: a repeat."""
        return resent(await send(self, request))

    async def lookup(self, request: GatewayRequest) -> Lookup:
        """Inquire by our own reference of the transaction, whatever its kind. Inquiries do not lag.

        A capture or void that did not come in may have become impossible: the charge's state tells.
        """
        heard = await self._get(f"/transactions/{quote(request.gateway_key, safe='')}", request)
        found = answers.looked_up(heard, request)
        if found.status is not LookupStatus.MISS or request.kind not in (Kind.CAPTURE, Kind.VOID):
            return found
        return answers.settled_otherwise(await self._get(_charge(request), request), request)

    async def cancel_key(self, request: GatewayRequest) -> GatewayReply:
        """The acquirer has no such call: a reference belongs to whatever is posted under it first."""
        return CANCEL_NOT_OFFERED

    async def abandon(self, request: GatewayRequest) -> GatewayReply:
        """Nothing waits for a payer here: a card that wants one asked is declined."""
        return given_up(TABLE)

    async def hold(self, request: GatewayRequest) -> str:
        """Inquire about the charge itself."""
        return answers.held(await self._get(_charge(request), request))

    async def feed(self, from_us: int, to_us: int) -> Feed:
        """Read the feed page by page; a line that moved to a later page meanwhile counts once."""
        lines: dict[str, FeedLine] = {}
        number, pages = 0, 1
        while number < pages:
            heard = await self._wire.call(
                "GET", path_of(from_us, to_us, number), {"Authorization": self._authorization}
            )
            page = read_page(heard)
            if page is None:
                return Feed(trouble=answers.unread(heard))
            lines.update((line.line_id, line) for line in page[0])
            number, pages = number + 1, page[1]
        return Feed(tuple(lines.values()))

    async def disputes(self, request: GatewayRequest) -> Disputes:
        """Inquire about the charge: it lists its chargebacks."""
        heard = await self._get(_charge(request), request)
        told = read_charge(heard)
        return Disputes(trouble=answers.unread(heard)) if told is None else Disputes(tuple(told))

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def _post(self, path: str, body: JsonObject, request: GatewayRequest) -> GatewayReply:
        headers = {"Authorization": self._authorization, "Content-Type": "application/json", **tracing(request)}
        told = msgspec.json.encode({**body, "data": _data(request)})
        heard = await self._wire.call("POST", f"{path}/{quote(request.gateway_key, safe='')}", headers, told)
        return answers.money_reply(heard, request)

    async def _get(self, path: str, request: GatewayRequest) -> HttpResult:
        return await self._wire.call("GET", path, {"Authorization": self._authorization, **tracing(request)})


def _charge(request: GatewayRequest) -> str:
    return f"/charges/{quote(request.gateway_ref or '', safe='')}"


def _data(request: GatewayRequest) -> JsonObject:
    return {
        "operation_id": request.operation_id,
        "attempt_id": request.attempt_id,
        "payment_id": request.payment_id,
        "merchant_id": request.merchant_id,
        "merchant_reference": request.reference,
    }
