"""The connector to the paypal-like gateway.

A payment takes two steps: create an order (moves no money), then capture or authorize it. Both repeat under keys made
from the attempt's one key, so re-sending the attempt finds the same order and the same money.
"""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, urlencode

import msgspec

from system.connectors.classifier import Facts, given_up, reply_of
from system.connectors.connector import CANCEL_NOT_OFFERED, send
from system.connectors.paypal import answers, disputes
from system.connectors.paypal.currencies import PRESENTMENT
from system.connectors.paypal.feed import path_of, read_page, windows
from system.connectors.paypal.lookups import reported, voided
from system.connectors.paypal.table import TABLE
from system.connectors.paypal.token import Token
from system.connectors.resending import resent
from system.connectors.wire import HttpResult, Wire, tracing
from system.feed import Feed, FeedLine, line_of
from system.gateway import (
    Disputes,
    DisputeTold,
    GatewayReply,
    GatewayRequest,
    Kind,
    Lookup,
    LookupStatus,
    Phase,
)
from system.json_body import JsonObject
from system.money import format_amount
from system.presentment import Presentment


class PayPalConnector:
    """Speaks paypal's api over one pool of connections."""

    name = "paypal"

    def __init__(self, wire: Wire, client_id: str, secret: str, presentment: Presentment = PRESENTMENT) -> None:
        self._wire = wire
        self._presentment = presentment
        self._token = Token(wire, client_id, secret)

    async def authorize(self, request: GatewayRequest) -> GatewayReply:
        """Create an order, then capture it (a sale) or authorize it."""
        heard = await self._post("/v2/checkout/orders", self._order(request), request, f"{request.gateway_key}-order")
        order = answers.order_id(heard)
        if isinstance(order, GatewayReply):
            return order
        step = "capture" if request.capture else "authorize"
        return await self._move(f"/v2/checkout/orders/{order}/{step}", {}, request)

    async def capture(self, request: GatewayRequest) -> GatewayReply:
        """Capture the authorization that ``gateway_ref`` names; what is left of it is released."""
        body: JsonObject = {
            "amount": self._amount(request),
            "invoice_id": request.operation_id,
            "final_capture": True,
        }
        return await self._if_gone(await self._move_at("authorization", "capture", body, request), request)

    async def void(self, request: GatewayRequest) -> GatewayReply:
        """Void the authorization that ``gateway_ref`` names."""
        return await self._if_gone(await self._move_at("authorization", "void", {}, request), request)

    async def refund(self, request: GatewayRequest) -> GatewayReply:
        """Refund the capture that ``gateway_ref`` names."""
        body: JsonObject = {
            "amount": self._amount(request),
            "invoice_id": request.operation_id,
            "custom_id": custom_id(request),
            "note_to_payer": request.reference,
        }
        return await self._move_at("capture", "refund", body, request)

    async def resend(self, request: GatewayRequest) -> GatewayReply:
        """Make the same calls under the same keys again."""
        return resent(await send(self, request))

    async def lookup(self, request: GatewayRequest) -> Lookup:
        """Find out from the authorization itself (a void), else from the feed, which lies behind."""
        if request.kind is Kind.VOID:
            heard = await self._get(f"/v2/payments/authorizations/{_id_in(request, 'authorization')}", request)
            found = voided(heard, request)
        else:
            query = urlencode({"custom_id": custom_id(request), "page_size": "100"})
            heard = await self._get(f"/v1/reporting/transactions?{query}", request)
            found = reported(heard, request, custom_id(request))
        if found is None:
            return Lookup(LookupStatus.ERROR, answers.unread(heard))
        if found and found[0].lapsed:  # the feed says that it went, the authorization itself says how
            ref = found[0].gateway_ref
            found = [replace(found[0], lapsed=await self.hold(replace(request, gateway_ref=ref)) or found[0].lapsed)]
        return Lookup(LookupStatus.FOUND, found[0]) if found else Lookup(LookupStatus.MISS)

    async def cancel_key(self, request: GatewayRequest) -> GatewayReply:
        """Paypal has no such call: its keys belong to one url each, and those urls do nothing harmless."""
        return CANCEL_NOT_OFFERED

    async def abandon(self, request: GatewayRequest) -> GatewayReply:
        """An order that waits for its payer charges nothing unless we capture it: not doing so is enough."""
        return given_up(TABLE)

    async def hold(self, request: GatewayRequest) -> str:
        """Read the authorization itself."""
        target = _id_in(request, "authorization")
        return answers.held(await self._get(f"/v2/payments/authorizations/{target}", request)) if target else ""

    async def feed(self, from_us: int, to_us: int) -> Feed:
        """Read the reporting feed window by window, and the disputes; a row that moved to a later page counts once."""
        lines: dict[str, FeedLine] = {}
        for window in windows(from_us, to_us):
            number, pages = 1, 1
            while number <= pages:
                heard = await self._authorized("GET", path_of(*window, number), {}, None)
                page = read_page(heard)
                if page is None:
                    return Feed(trouble=answers.unread(heard))
                lines.update((line.line_id, line) for line in page[0])
                number, pages = number + 1, page[1]
        disputed = await self._disputes(lambda token: disputes.path_since(from_us, token), {})
        if disputed.trouble is not None:
            return Feed(trouble=disputed.trouble)
        told = [one for one in disputed.told if one.opened_at_us <= to_us]
        return Feed((*lines.values(), *(line_of(one) for one in told)))

    async def disputes(self, request: GatewayRequest) -> Disputes:
        """List the disputes of the capture that ``gateway_ref`` names, with their details."""
        capture_id = _id_in(request, "capture")
        return await self._disputes(lambda token: disputes.path_of(capture_id, token), tracing(request))

    async def _disputes(self, path: Callable[[str], str], headers: dict[str, str]) -> Disputes:
        """The list is a summary, so each one's details are read as well."""
        told: dict[str, DisputeTold] = {}
        token = ""
        while True:
            heard = await self._authorized("GET", path(token), headers, None)
            page = disputes.read_list(heard)
            if page is None:
                return Disputes(trouble=answers.unread(heard))
            for case_id in page[0]:
                heard = await self._authorized("GET", f"{disputes.PATH}/{quote(case_id, safe='')}", headers, None)
                one = disputes.read_one(heard)
                if one is None:
                    return Disputes(trouble=answers.unread(heard))
                told[one.reference] = one
            if not page[1]:
                return Disputes(tuple(told.values()))
            token = page[1]

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    def _order(self, request: GatewayRequest) -> JsonObject:
        unit: JsonObject = {
            "reference_id": request.reference,
            "custom_id": custom_id(request),
            "invoice_id": request.operation_id,
            "amount": self._amount(request),
        }
        return {
            "intent": "CAPTURE" if request.capture else "AUTHORIZE",
            "purchase_units": [unit],
            "payment_source": {"token": {"id": request.payment_method, "type": "PAYMENT_METHOD_TOKEN"}},
        }

    def _amount(self, request: GatewayRequest) -> JsonObject:
        currency = request.currency.upper()
        units = self._presentment.sent(currency, request.amount_minor)
        decimals = self._presentment.terms[currency].decimals
        return {"currency_code": currency, "value": format_amount(units, decimals)}

    async def _if_gone(self, reply: GatewayReply, request: GatewayRequest) -> GatewayReply:
        """Say why a capture or void found no hold. A void that finds it voided may have done so by an earlier send."""
        if reply.code not in ("AUTHORIZATION_VOIDED", "PREVIOUSLY_VOIDED"):
            return reply
        how = await self.hold(request)
        if how not in ("expired", "canceled") or (how == "canceled" and request.kind is Kind.VOID):
            return reply
        return reply_of(TABLE, Facts(Phase.ANSWERED, 422, f"hold_{how}"))

    async def _move_at(self, table: str, step: str, body: JsonObject, request: GatewayRequest) -> GatewayReply:
        target = _id_in(request, table)
        if not target:
            # A reference of another kind: a mistake of ours, found before anything was sent.
            return reply_of(TABLE, Facts(Phase.ANSWERED, 404, "INVALID_RESOURCE_ID"))
        return await self._move(f"/v2/payments/{table}s/{target}/{step}", body, request)

    async def _move(self, path: str, body: JsonObject, request: GatewayRequest) -> GatewayReply:
        heard = await self._post(path, body, request, request.gateway_key)
        return answers.money_reply(heard, request)

    async def _post(self, path: str, body: JsonObject, request: GatewayRequest, key: str) -> HttpResult:
        headers = {"PayPal-Request-Id": key, "Content-Type": "application/json", **tracing(request)}
        return await self._authorized("POST", path, headers, msgspec.json.encode(body))

    async def _get(self, path: str, request: GatewayRequest) -> HttpResult:
        return await self._authorized("GET", path, tracing(request), None)

    async def _authorized(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> HttpResult:
        """Call with a token; once more with a fresh one where the gateway says that it expired (nothing was done)."""
        heard = await self._with_token(method, path, headers, body)
        if heard.phase is Phase.ANSWERED and heard.status == 401:
            self._token.forget()
            heard = await self._with_token(method, path, headers, body)
        return heard

    async def _with_token(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> HttpResult:
        token = await self._token.get(headers)
        if isinstance(token, HttpResult):
            return token
        return await self._wire.call(method, path, headers | {"Authorization": f"Bearer {token}"}, body)


def custom_id(request: GatewayRequest) -> str:
    """Return our ids as paypal carries them (at most 127 characters)."""
    return "|".join((request.operation_id, request.attempt_id, request.payment_id, request.merchant_id))


def _id_in(request: GatewayRequest, table: str) -> str:
    """Return the id in a reference such as ``capture:ID``, '' where it names something else."""
    kind, _, target = (request.gateway_ref or "").partition(":")
    return target if kind == table else ""
