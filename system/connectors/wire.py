"""One HTTP exchange, told by how far it got. The difference between "not sent" and "sent" is the whole point.

A connection that was made (or reused) counts as written to: only a failure before that proves that the gateway cannot
have seen the request. A kept-alive connection that dies under the request is therefore a reset, never a refusal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import aiohttp
import msgspec

from system import calls
from system.gateway import GatewayRequest, Phase
from system.json_body import JsonObject
from system.settings import Settings

BODY_BYTES_MAX = 1_000_000
CONNECTIONS_MAX = 512
KEEP_ALIVE_S = 15.0


@dataclass(frozen=True, slots=True)
class HttpResult:
    """What came back. ``status`` and ``body`` mean something in phase ANSWERED only."""

    phase: Phase
    status: int | None = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def parsed(self) -> JsonObject | None:
        """Return the body as an object, None where it is not one."""
        try:
            body = msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None
        return body if isinstance(body, dict) else None


class Wire:
    """A pool of connections to one gateway. Opens itself at the first call, in the loop of that call."""

    def __init__(self, base_url: str, *, timeout_s: float, connect_timeout_s: float) -> None:
        self._base_url = base_url.rstrip("/")
        self._port = calls.port_of(base_url)
        self._timeout = aiohttp.ClientTimeout(
            total=timeout_s, connect=connect_timeout_s, sock_connect=connect_timeout_s
        )
        self._session: aiohttp.ClientSession | None = None

    async def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> HttpResult:
        """Make one exchange. Raises nothing that the network may do; cancellation passes through."""
        began_us = calls.now_us()
        heard = await self._exchange(method, path, headers, body)
        calls.note(self._port, began_us, heard.phase, heard.status, headers.get("X-Correlation-Id", ""))
        return heard

    async def _exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> HttpResult:
        contact = SimpleNamespace(connected=False)
        try:
            async with self._open().request(
                method, self._base_url + path, headers=headers, data=body, trace_request_ctx=contact
            ) as answer:
                payload = await _whole(answer)
                if payload is None:
                    return HttpResult(Phase.TRUNCATED)
                return HttpResult(Phase.ANSWERED, answer.status, payload, answer.headers)
        except TimeoutError:
            return HttpResult(Phase.SENT if contact.connected else Phase.CONNECT_TIMEOUT)
        except aiohttp.ClientPayloadError:
            return HttpResult(Phase.TRUNCATED)
        except (aiohttp.ClientError, OSError):
            return HttpResult(Phase.RESET if contact.connected else Phase.REFUSED)

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # aiohttp sets TCP_NODELAY by itself, and never repeats a POST by itself.
            pool = aiohttp.TCPConnector(limit=CONNECTIONS_MAX, keepalive_timeout=KEEP_ALIVE_S)
            self._session = aiohttp.ClientSession(
                connector=pool, timeout=self._timeout, trace_configs=[_watch()], auto_decompress=True
            )
        return self._session


def wire_to(base_url: str, settings: Settings) -> Wire:
    """Return a pool to a gateway with the patience that is set for all of them."""
    return Wire(base_url, timeout_s=settings.gateway_timeout_s, connect_timeout_s=settings.gateway_connect_timeout_s)


def tracing(request: GatewayRequest) -> dict[str, str]:
    """Return the headers that let a payment be followed; a void has no other place for our ids."""
    return {
        "X-Correlation-Id": request.correlation_id,
        "X-Operation-Id": request.operation_id,
        "X-Attempt-Id": request.attempt_id,
    }


async def _whole(answer: aiohttp.ClientResponse) -> bytes | None:
    """Return the body, None where it is larger than any answer of a gateway."""
    payload = bytearray()
    async for chunk in answer.content.iter_any():
        payload += chunk
        if len(payload) > BODY_BYTES_MAX:
            return None
    return bytes(payload)


def _watch() -> aiohttp.TraceConfig:
    """Return a trace that notes the moment from which bytes may have been written."""
    trace = aiohttp.TraceConfig()

    async def connected(_session: aiohttp.ClientSession, context: SimpleNamespace, _parameters: Any) -> None:
        context.trace_request_ctx.connected = True

    trace.on_connection_create_end.append(connected)
    trace.on_connection_reuseconn.append(connected)
    return trace
