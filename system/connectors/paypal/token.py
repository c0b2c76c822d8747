"""The oauth token: fetched when first needed, shared by all calls, renewed before it expires."""

import asyncio
import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec

from system.connectors.wire import HttpResult, Wire
from system.gateway import Phase

EARLY_S = 60.0
"""Renew this long before the expiry that the gateway named."""


class Token:
    """One access token, fetched by one caller at a time."""

    def __init__(
        self, wire: Wire, client_id: str, secret: str, *, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._wire = wire
        self._basic = "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        self._clock_s = clock_s
        self._value = ""
        self._until_s = 0.0
        self._fetching: asyncio.Task[str | HttpResult] | None = None

    def forget(self) -> None:
        """Drop the token (the gateway did not accept it)."""
        self._value = ""

    async def get(self, headers: Mapping[str, str]) -> str | HttpResult:
        """Return a valid token, or why there is none: then the call that wanted it was not sent."""
        if self._valid():
            return self._value
        # Everybody waits for the same fetch, and shares its failure: queueing behind a silent gateway would add up.
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch(headers))
        return await asyncio.shield(self._fetching)

    def _valid(self) -> bool:
        return bool(self._value) and self._clock_s() < self._until_s

    async def _fetch(self, headers: Mapping[str, str]) -> str | HttpResult:
        own = {"Authorization": self._basic, "Content-Type": "application/x-www-form-urlencoded"}
        traced = {name: value for name, value in headers.items() if name.startswith("X-")}
        heard = await self._wire.call("POST", "/v1/oauth2/token", traced | own, b"grant_type=client_credentials")
        if heard.phase is not Phase.ANSWERED:
            # The money call itself was never sent, whatever became of this one.
            unsent = Phase.CONNECT_TIMEOUT if heard.phase is Phase.SENT else Phase.REFUSED
            return replace(heard, phase=heard.phase if heard.phase is Phase.CONNECT_TIMEOUT else unsent)
        return self._keep(heard)

    def _keep(self, heard: HttpResult) -> str | HttpResult:
        try:
            told = msgspec.json.decode(heard.body, type=dict)
            token, lifetime_s = told["access_token"], told["expires_in"]
        except (msgspec.DecodeError, KeyError):
            return _refused(heard)
        if heard.status != 200 or not isinstance(token, str) or not isinstance(lifetime_s, (int, float)):
            return _refused(heard)
        self._value, self._until_s = token, self._clock_s() + lifetime_s - EARLY_S
        return token


def _refused(heard: HttpResult) -> HttpResult:
    """Return the answer that stands for the money call: rejected credentials as they are, anything else as not sent."""
    if heard.status in (400, 401, 403):
        return replace(heard, status=401)
    return HttpResult(Phase.REFUSED)
