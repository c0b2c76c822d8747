"""The connector to the stripe-like gateway."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote, urlencode

from system.connectors.connector import send
from system.connectors.resending import resent
from system.connectors.stripe import answers, disputes
from system.connectors.stripe.feed import BALANCE, HOLDS, read_page
from system.connectors.wire import HttpResult, Wire, tracing
from system.feed import Feed, FeedLine, line_of
from system.gateway import Disputes, DisputeTold, GatewayReply, GatewayRequest, Kind, Lookup, LookupStatus

Pairs = list[tuple[str, str]]


class StripeConnector:
    """Speaks stripe's api over one pool of connections."""

    name = "stripe"

    def __init__(self, wire: Wire, api_key: str) -> None:
        self._wire = wire
        self._authorization = f"Bearer {api_key}"

    async def authorize(self, request: GatewayRequest) -> GatewayReply:
        """Create and confirm a payment intent; ``request.capture`` decides whether it takes the money."""
        form: Pairs = [
            ("amount", str(request.amount_minor)),
            ("currency", request.currency.lower()),
            ("payment_method", request.payment_method),
            ("confirm", "true"),
            ("capture_method", "automatic" if request.capture else "manual"),
            *_metadata(request),
        ]
        heard = await self._post("/v1/payment_intents", form, request)
        return answers.intent_reply(heard, request, "succeeded" if request.capture else "requires_capture")

    async def capture(self, request: GatewayRequest) -> GatewayReply:
        """Capture the intent that ``gateway_ref`` names."""
        form: Pairs = [("amount_to_capture", str(request.amount_minor)), *_metadata(request)]
        heard = await self._post(f"/v1/payment_intents/{request.gateway_ref}/capture", form, request)
        return answers.intent_reply(heard, request, "succeeded")

    async def void(self, request: GatewayRequest) -> GatewayReply:
        """Cancel the intent that ``gateway_ref`` names."""
        heard = await self._post(f"/v1/payment_intents/{request.gateway_ref}/cancel", [], request)
        return answers.intent_reply(heard, request, "canceled")

    async def refund(self, request: GatewayRequest) -> GatewayReply:
        """Refund the intent that ``gateway_ref`` names."""
        form: Pairs = [
            ("payment_intent", request.gateway_ref or ""),
            ("amount", str(request.amount_minor)),
            *_metadata(request),
        ]
        return answers.refund_reply(await self._post("/v1/refunds", form, request), request)

    async def resend(self, request: GatewayRequest) -> GatewayReply:
        """Make the same call under the same key again."""
        return resent(await send(self, request))

    async def lookup(self, request: GatewayRequest) -> Lookup:
        """Find out by our own ids (creations: the lagged search) or by the charge's (everything else: immediate).

        A creation whose payer was asked has told its intent's id, so that is read too.
        """
        match request.kind:
            case Kind.AUTHORIZE | Kind.SALE if request.gateway_ref:
                heard = await self._get(f"/v1/payment_intents/{request.gateway_ref}", request)
                return self._first(heard, answers.intent_of(heard, request), request)
            case Kind.AUTHORIZE | Kind.SALE:
                query = quote(f"metadata['attempt_id']:'{request.attempt_id}'", safe="")
                heard = await self._get(f"/v1/payment_intents/search?limit=20&query={query}", request)
                return self._first(heard, answers.intents_of(heard, request), request)
            case Kind.CAPTURE | Kind.VOID:
                heard = await self._get(f"/v1/payment_intents/{request.gateway_ref}", request)
                return self._first(heard, answers.state_of(heard, request), request)
            case Kind.REFUND:
                url = f"/v1/refunds?limit=100&payment_intent={quote(request.gateway_ref or '', safe='')}"
                heard = await self._get(url, request)
                return self._first(heard, answers.refunds_of(heard, request), request)

    async def cancel_key(self, request: GatewayRequest) -> GatewayReply:
        """Use the key up for something harmless: an intent that nobody confirms, which moves no money.

        A key belongs to the first request that was executed under it, so the call it was made for can only be refused
        from then on. A key that has been used already answers with an error, which proves nothing.
        """
        form: Pairs = [
            ("amount", str(request.amount_minor)),
            ("currency", request.currency.lower()),
            ("metadata[cancels_key_of]", request.attempt_id),
        ]
        return answers.canceled_key(await self._post("/v1/payment_intents", form, request))

    async def abandon(self, request: GatewayRequest) -> GatewayReply:
        """Cancel the intent that waits for its payer; under a key of its own, since the charge's is used."""
        form: Pairs = [("cancellation_reason", answers.ABANDONED)]
        once = replace(request, gateway_key=f"{request.gateway_key}-abandon")
        heard = await self._post(f"/v1/payment_intents/{request.gateway_ref}/cancel", form, once)
        return answers.abandoned(heard, request)

    async def hold(self, request: GatewayRequest) -> str:
        """Read the intent itself."""
        return answers.held(await self._get(f"/v1/payment_intents/{request.gateway_ref}", request))

    async def feed(self, from_us: int, to_us: int) -> Feed:
        """Read the balance's transactions, the held intents and the disputes, page by page."""
        span = f"created[gte]={from_us // 1_000_000}&created[lte]={to_us // 1_000_000}"
        lines: list[FeedLine] = []
        for path in (BALANCE, HOLDS):
            after = ""
            while True:
                query = f"{path}&{span}&limit=100{after}"
                heard = await self._wire.call("GET", query, {"Authorization": self._authorization})
                page = read_page(heard)
                if page is None:
                    return Feed(trouble=answers.unread(heard))
                lines.extend(page[0])
                if not page[1]:
                    break
                after = f"&starting_after={page[1]}"
        disputed = await self._disputes(span, {})
        if disputed.trouble is not None:
            return Feed(trouble=disputed.trouble)
        return Feed((*lines, *(line_of(told) for told in disputed.told)))

    async def disputes(self, request: GatewayRequest) -> Disputes:
        """List the disputes of the intent that ``gateway_ref`` names."""
        return await self._disputes(f"payment_intent={quote(request.gateway_ref or '', safe='')}", tracing(request))

    async def _disputes(self, which: str, headers: dict[str, str]) -> Disputes:
        told: list[DisputeTold] = []
        after = ""
        while True:
            query = f"{disputes.LIST}&{which}{after}"
            heard = await self._wire.call("GET", query, {"Authorization": self._authorization, **headers})
            page = disputes.read_page(heard)
            if page is None:
                return Disputes(trouble=answers.unread(heard))
            told.extend(page[0])
            if not page[1]:
                return Disputes(tuple(told))
            after = f"&starting_after={page[1]}"

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    @staticmethod
    def _first(heard: HttpResult, found: Sequence[GatewayReply] | None, request: GatewayRequest) -> Lookup:
        if found is None:
            return Lookup(LookupStatus.ERROR, answers.unread(heard))
        return Lookup(LookupStatus.FOUND, found[0]) if found else Lookup(LookupStatus.MISS)

    async def _post(self, path: str, form: Pairs, request: GatewayRequest) -> HttpResult:
        headers = self._headers(request) | {
            "Idempotency-Key": request.gateway_key,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return await self._wire.call("POST", path, headers, urlencode(form).encode())

    async def _get(self, path: str, request: GatewayRequest) -> HttpResult:
        return await self._wire.call("GET", path, self._headers(request))

    def _headers(self, request: GatewayRequest) -> dict[str, str]:
        return {"Authorization": self._authorization, **tracing(request)}


def _metadata(request: GatewayRequest) -> Pairs:
    return [
        ("metadata[operation_id]", request.operation_id),
        ("metadata[attempt_id]", request.attempt_id),
        ("metadata[payment_id]", request.payment_id),
        ("metadata[merchant_id]", request.merchant_id),
        ("metadata[merchant_reference]", request.reference),
    ]
