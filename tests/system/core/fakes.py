"""A gateway in memory with a ledger of its own, and the API of one replica in front of it."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import uvicorn

from system.api.app import make_app
from system.connectors.gateway import Gateway
from system.connectors.registry import GATEWAYS
from system.feed import Feed, FeedLine, Happened
from system.gateway import (
    AUTHENTICATION_REQUIRED,
    AUTHENTICATION_TIMEOUT,
    KEY_USED,
    Advice,
    Disputes,
    DisputeTold,
    GatewayReply,
    GatewayRequest,
    Kind,
    Knowledge,
    Lookup,
    LookupStatus,
    Phase,
)
from system.platform import Platform
from system.presentment import Presentment, Terms
from system.settings import Settings

Script = Callable[[GatewayRequest], GatewayReply | None]

TIMEOUT = GatewayReply(Knowledge.UNKNOWN, Advice.QUERY, Phase.SENT, code="timeout", failure=True)
RESET = GatewayReply(Knowledge.UNKNOWN, Advice.RETRY_SAME_KEY, Phase.RESET, code="reset", failure=True)
REFUSED = GatewayReply(
    Knowledge.DEFINITE_NO, Advice.FALLBACK_OK, Phase.REFUSED, code="refused", not_executed=True, failure=True
)
DECLINED = GatewayReply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.ANSWERED, 402, "card_declined")


NOBODY_WAITS = GatewayReply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.ANSWERED, 200, AUTHENTICATION_TIMEOUT)


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class FakeGateway:
    """Executes each key once, and answers as the script says (None: the truth)."""

    name: str
    script: Script = lambda request: None
    delay_s: float = 0.0
    passing: asyncio.Event = field(default_factory=_set)
    """Calls wait until it is set, as it is from the beginning."""
    executed: dict[str, GatewayRequest] = field(default_factory=dict)
    calls: list[GatewayRequest] = field(default_factory=list)
    canceled: list[str] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    feed_trouble: GatewayReply | None = None
    since: list[FeedLine] = field(default_factory=list)
    """What its feed tells besides of what it executed."""
    disputed: list[DisputeTold] = field(default_factory=list)
    """What it says of disputes when it is asked about a charge."""
    abandoned: list[str] = field(default_factory=list)
    on_abandon: Script = lambda request: None
    waiting: dict[str, GatewayReply] = field(default_factory=dict)
    """What it says of charges whose payer was asked, by key."""
    holds: dict[str, str] = field(default_factory=dict)
    """What became of authorizations, by reference; the others are held."""

    def value(self) -> Gateway:
        """The gateway as the platform knows it: the real one of its name where there is one, with this in its place."""
        real = {gateway.name: gateway for gateway in GATEWAYS}.get(self.name)
        if real is not None:
            return replace(real, connect=lambda settings, presentment: self)
        return Gateway(
            name=self.name,
            title=self.name,
            connect=lambda settings, presentment: self,
            presentment=Presentment({"EUR": Terms(2, most_minor=10**8)}),
            key_memory_s=3600.0,
            hold_validity_s=86_400.0,
        )

    async def _do(self, request: GatewayRequest) -> GatewayReply:
        self.calls.append(request)
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        await self.passing.wait()
        reply = self.script(request)
        if reply is not None and reply.code == AUTHENTICATION_REQUIRED:
            self.waiting[request.gateway_key] = reply
        elif reply is None or reply.knowledge is not Knowledge.DEFINITE_NO:
            self.executed.setdefault(request.gateway_key, request)
        return reply or self._yes(request)

    def _yes(self, request: GatewayRequest) -> GatewayReply:
        own = f"{self.name}:{request.gateway_key}"
        ref = own if request.kind is Kind.REFUND else request.gateway_ref or own
        return GatewayReply(
            Knowledge.DEFINITE_YES,
            Advice.NONE,
            Phase.ANSWERED,
            200,
            gateway_ref=ref,
            amount_minor=request.amount_minor,
            currency=request.currency,
        )

    authorize = capture = void = refund = resend = _do

    async def lookup(self, request: GatewayRequest) -> Lookup:
        if request.gateway_key in self.waiting:
            return Lookup(LookupStatus.FOUND, self.waiting[request.gateway_key])
        if request.gateway_key in self.executed:
            return Lookup(LookupStatus.FOUND, self._yes(request))
        return Lookup(LookupStatus.MISS)

    async def cancel_key(self, request: GatewayRequest) -> GatewayReply:
        if request.gateway_key in self.executed:
            return GatewayReply(Knowledge.UNKNOWN, Advice.QUERY, Phase.ANSWERED, 400, KEY_USED)
        self.canceled.append(request.gateway_key)
        return GatewayReply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.ANSWERED, 200, "key_canceled", not_executed=True)

    async def abandon(self, request: GatewayRequest) -> GatewayReply:
        self.abandoned.append(request.gateway_key)
        reply = self.on_abandon(request) or NOBODY_WAITS
        if reply.knowledge is not Knowledge.UNKNOWN:
            self.waiting[request.gateway_key] = reply
        return reply

    async def hold(self, request: GatewayRequest) -> str:
        return self.holds.get(request.gateway_ref or "", "held")

    async def disputes(self, request: GatewayRequest) -> Disputes:
        if self.feed_trouble is not None:
            return Disputes(trouble=self.feed_trouble)
        return Disputes(tuple(told for told in self.disputed if told.charge_ref == request.gateway_ref))

    async def feed(self, from_us: int, to_us: int) -> Feed:
        if self.feed_trouble is not None:
            return Feed(trouble=self.feed_trouble)
        return Feed(tuple(line for line in self.lines() if line.line_id not in self.hidden))

    def lines(self) -> list[FeedLine]:
        happened = {"sale": "capture"}
        return [
            *self.since,
            *(FeedLine(
                f"line-{key}", Happened(happened.get(request.kind, request.kind)), request.attempt_id,
                request.operation_id, self._yes(request).gateway_ref or "", request.amount_minor, request.currency,
                time.time_ns() // 1000,
            )
            for key, request in self.executed.items()),
        ]  # fmt: skip

    async def close(self) -> None:
        return None


async def eventually(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    """Poll until something holds. Raises TimeoutError at the deadline."""
    async with asyncio.timeout(within_s):
        while not holds():
            await asyncio.sleep(0.01)


@dataclass
class Shop:
    """One replica behind a real socket, and a client for it."""

    platform: Platform
    session: aiohttp.ClientSession
    url: str
    gateways: dict[str, FakeGateway]
    server: uvicorn.Server

    async def request(
        self,
        method: str,
        path: str,
        *,
        merchant: str = "m_alpha",
        key: str | None = None,
        body: Any = None,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, Any], bytes, dict[str, str]]:
        sent = {"Authorization": f"Bearer test-key-{merchant}"}
        if key is not None:
            sent["Idempotency-Key"] = key
        if data is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        arguments: dict[str, Any] = {"data": data} if data is not None else {"json": body} if body is not None else {}
        async with self.session.request(method, self.url + path, headers=sent, **arguments) as response:
            raw = await response.read()
            assert response.content_type == "application/json", raw
            received = {name.lower(): value for name, value in response.headers.items()}
            return response.status, await response.json(), raw, received

    async def create(self, key: str, **fields: Any) -> tuple[int, dict[str, Any], bytes, dict[str, str]]:
        merchant = fields.pop("merchant", "m_alpha")
        body = {
            "amount_minor": 1999,
            "currency": "EUR",
            "payment_method": "pm_card_visa",
            "merchant_reference": f"order-{key}",
            **fields,
        }
        return await self.request("POST", "/v1/payments", merchant=merchant, key=key, body=body)

    async def refund(self, payment_id: str, key: str, **fields: Any) -> tuple[int, dict[str, Any], bytes, Any]:
        body = {"merchant_reference": f"refund-{key}", **fields}
        return await self.request("POST", f"/v1/payments/{payment_id}/refunds", key=key, body=body)

    async def operate(self, path: str, body: Any = None) -> tuple[int, dict[str, Any], bytes, Any]:
        headers = {"Authorization": "Bearer test-operator-token"}
        return await self.request("POST", f"/internal/api/{path}", body=body, headers=headers)


@asynccontextmanager
async def open_shop(
    environment: dict[str, str], names: Sequence[str] = ("stripe", "paypal"), **overrides: Any
) -> AsyncIterator[Shop]:
    """A replica on a free port with a fake gateway for each name."""
    values = {name.removeprefix("PAY_").lower(): value for name, value in environment.items()}
    settings = Settings(**{"log_level": "error", "state_poll_s": 0.05, **values, **overrides})
    gateways = {name: FakeGateway(name) for name in names}
    platform = await Platform.start(settings, role="api", gateways=[gateway.value() for gateway in gateways.values()])
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(make_app(platform), log_config=None, access_log=False, lifespan="on", ws="none")
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        assert not task.done(), task.exception()
        await asyncio.sleep(0.01)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with aiohttp.ClientSession() as session:
        yield Shop(platform, session, url, gateways, server)
    for gateway in gateways.values():
        gateway.passing.set()
    server.should_exit = True
    await task
    listener.close()
