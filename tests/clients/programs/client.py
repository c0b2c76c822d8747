"""HTTP clients of Python: urllib3, aiohttp, httpx, and the stripe SDK in both styles. Which one, the argument says.

Reads lines, answers each with one line.
"""

import asyncio
import importlib.metadata
import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol

TIMEOUT_S = 8.0


class Sender(Protocol):
    """One client with connections that are kept."""

    def warm(self, url: str) -> object: ...

    def pay(self, url: str, headers: Mapping[str, str], body: str) -> object: ...


class Urllib3:
    """Its defaults: three retries, but none of a POST that was sent."""

    def __init__(self) -> None:
        import urllib3

        self.pool = urllib3.PoolManager(timeout=TIMEOUT_S)

    def warm(self, url: str) -> object:
        return self.pool.request("GET", url).status

    def pay(self, url: str, headers: Mapping[str, str], body: str) -> object:
        return self.pool.request("POST", url, headers=dict(headers), body=body).status


class Aiohttp:
    """Its session lives in a loop of its own."""

    def __init__(self) -> None:
        import aiohttp

        self.loop = asyncio.new_event_loop()
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)

        async def make() -> aiohttp.ClientSession:
            return aiohttp.ClientSession(timeout=timeout)

        self.session = self.loop.run_until_complete(make())

    def warm(self, url: str) -> object:
        return self.loop.run_until_complete(self._send("GET", url))

    def pay(self, url: str, headers: Mapping[str, str], body: str) -> object:
        return self.loop.run_until_complete(self._send("POST", url, headers=dict(headers), data=body))

    async def _send(self, method: str, url: str, **given: Any) -> int:
        async with self.session.request(method, url, **given) as answer:
            await answer.read()
            return answer.status


class Httpx:
    def __init__(self) -> None:
        import httpx

        self.client = httpx.Client(timeout=TIMEOUT_S)

    def warm(self, url: str) -> object:
        return self.client.get(url).status_code

    def pay(self, url: str, headers: Mapping[str, str], body: str) -> object:
        return self.client.post(url, headers=dict(headers), content=body).status_code


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3])


_SALE: Any = {"amount": 1250, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}


class StripeModule:
    """`stripe.PaymentIntent.create(...)`: the module's own settings, as they are."""

    def __init__(self) -> None:
        import stripe

        self.stripe = stripe
        stripe.default_http_client = None

    def warm(self, url: str) -> object:
        self.stripe.api_base = _origin(url)
        self.stripe.api_key = "sk_test_live"
        try:
            self.stripe.PaymentIntent.retrieve("pi_none")
        except self.stripe.InvalidRequestError as error:
            return error.http_status
        return 200

    def pay(self, url: str, headers: Mapping[str, str], body: str) -> object:
        self.stripe.api_base = _origin(url)
        self.stripe.api_key = "sk_test_live"
        key = headers["Idempotency-Key"]
        made = self.stripe.PaymentIntent.create(**_SALE, metadata={"merchant_reference": key}, idempotency_key=key)
        return made.last_response.code


class StripeService:
    """`StripeClient(...).v1.payment_intents.create(...)`: the client's own settings, as they are."""

    def __init__(self) -> None:
        self.client: Any = None

    def _of(self, url: str) -> Any:
        import stripe

        self.client = self.client or stripe.StripeClient("sk_test_live", base_addresses={"api": _origin(url)})
        return self.client.v1.payment_intents

    def warm(self, url: str) -> object:
        import stripe

        try:
            self._of(url).retrieve("pi_none")
        except stripe.InvalidRequestError as error:
            return error.http_status
        return 200

    def pay(self, url: str, headers: Mapping[str, str], body: str) -> object:
        key = headers["Idempotency-Key"]
        fields = {**_SALE, "metadata": {"merchant_reference": key}}
        return self._of(url).create(fields, {"idempotency_key": key}).last_response.code


KINDS: Mapping[str, tuple[str, Callable[[], Sender]]] = {
    "urllib3": ("urllib3", Urllib3),
    "aiohttp": ("aiohttp", Aiohttp),
    "httpx": ("httpx", Httpx),
    "stripe-module": ("stripe", StripeModule),
    "stripe-client": ("stripe", StripeService),
}


def main(kind: str) -> None:
    """Answer every line until there is none."""
    package, make = KINDS[kind]
    sender = make()
    for line in sys.stdin:
        command, *words = line.rstrip("\n").split("\t")
        try:
            if command == "version":
                told: object = importlib.metadata.version(package)
            elif command == "warm":
                told = sender.warm(words[0])
            elif command == "pay":
                headers = {"Idempotency-Key": words[1], "Authorization": f"Bearer {words[2]}"}
                told = sender.pay(words[0], {**headers, "Content-Type": "application/json"}, words[3])
            else:
                sender, told = make(), "ok"
        except Exception as error:  # noqa: BLE001 - whatever a client raises is what it told its caller
            told = f"error {type(error).__name__}: {error}".replace("\n", " ")
        print(told, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
