"""What a client of before asks, one after another, and what it must be answered, to the byte.

Ids, times and correlation ids differ from run to run and are masked; everything else is compared as it came.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.system.core.fakes import DECLINED, REFUSED, TIMEOUT, FakeGateway, Shop

Answer = Mapping[str, Any]

HEADERS = ("content-type", "idempotent-replayed", "retry-after", "www-authenticate")
OPERATOR = {"Authorization": "Bearer test-operator-token"}
MASKS = (
    (r"\b(pay|re|cor|op|att|evt|run|i)_[0-9A-Za-z]{10,}", r"<\1>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r"\b1[78]\d{14}\b", "<us>"),
    (r'"age_s":-?\d+', '"age_s":<s>'),
    (r'"version":\d+,"(acknowledged|epoch)"', r'"version":<n>,"\1"'),
    (r'"(epoch|routing_version)":\d+', r'"\1":<n>'),
)

_SALE = {"amount_minor": 1999, "currency": "EUR", "payment_method": "pm_card_visa"}


def sale(reference: str, **fields: Any) -> dict[str, Any]:
    """Return the body of a creation."""
    return {**_SALE, "merchant_reference": reference, **fields}


def masked(raw: bytes) -> str:
    """Return an answer's body without what differs from run to run."""
    text = raw.decode()
    for pattern, mask in MASKS:
        text = re.sub(pattern, mask, text)
    return text


@dataclass(frozen=True)
class Exchange:
    """A request's method and path, and what came back."""

    method: str
    path: str
    status: int
    raw: bytes


class Asked:
    """Asks, and keeps what was answered under a name."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.answers: dict[str, Answer] = {}
        self.exchanges: list[Exchange] = []

    async def __call__(self, name: str, method: str, path: str, **options: Any) -> dict[str, Any]:
        status, body, raw, headers = await self._shop.request(method, path, **options)
        assert name not in self.answers, name
        self.exchanges.append(Exchange(method, path.partition("?")[0], status, raw))
        kept = {header: headers[header] for header in HEADERS if header in headers}
        self.answers[name] = {"status": status, "headers": kept, "body": masked(raw)}
        return body


async def conversation(shop: Shop) -> Asked:
    """Hold the whole conversation with a fresh platform and return what was said."""
    asked = Asked(shop)
    await _payments(asked)
    await _parts(asked)
    await _gateways(asked, shop.gateways["stripe"], shop.gateways["paypal"])
    await _nonsense(asked)
    await _operators(asked)
    await _others(asked)
    return asked


async def _payments(asked: Asked) -> None:
    url = "/v1/payments"
    paid = await asked("a sale", "POST", url, key="k1", body=sale("order-1", description="two shirts"))
    await asked("the same again", "POST", url, key="k1", body=sale("order-1", description="two shirts"))
    await asked("another payload under its key", "POST", url, key="k1", body=sale("order-1", amount_minor=2000))
    await asked("its reference under another key", "POST", url, key="k1b", body=sale("order-1"))
    await asked("a decimal amount", "POST", url, merchant="m_delta", key="k2", body={
        "amount": "19.99", "currency": "USD", "payment_method": "pm_card_visa", "merchant_reference": "order-2"
    })  # fmt: skip
    await asked("the payment", "GET", f"{url}/{paid['id']}")
    await asked("somebody else's payment", "GET", f"{url}/{paid['id']}", merchant="m_beta")
    await asked("a list", "GET", f"{url}?limit=1")
    await asked("a list by reference", "GET", f"{url}?merchant_reference=order-1")
    await asked("a list after", "GET", f"{url}?starting_after={paid['id']}")


async def _parts(asked: Asked) -> None:
    url = "/v1/payments"
    held = await asked("a hold", "POST", url, key="k3", body=sale("order-3", capture="manual"))
    mine = f"{url}/{held['id']}"
    await asked("too much captured", "POST", f"{mine}/capture", key="k3-c0", body={
        "merchant_reference": "cap-0", "amount_minor": 2000
    })  # fmt: skip
    await asked("a refund before the capture", "POST", f"{mine}/refunds", key="k3-r0", body={
        "merchant_reference": "ref-0", "amount_minor": 1
    })  # fmt: skip
    await asked("a capture", "POST", f"{mine}/capture", key="k3-c", body={"merchant_reference": "cap-1"})
    await asked("the capture again", "POST", f"{mine}/capture", key="k3-c", body={"merchant_reference": "cap-1"})
    await asked("a second capture", "POST", f"{mine}/capture", key="k3-c2", body={"merchant_reference": "cap-2"})
    back = await asked("a refund", "POST", f"{mine}/refunds", key="k3-r", body={
        "merchant_reference": "ref-1", "amount_minor": 500, "reason": "too small"
    })  # fmt: skip
    await asked("the refund", "GET", f"/v1/refunds/{back['id']}")
    await asked("no such refund", "GET", "/v1/refunds/re_nothing")
    await asked("a refund of the rest in decimals", "POST", f"{mine}/refunds", key="k3-r2", body={
        "merchant_reference": "ref-2", "amount": "14.99"
    })  # fmt: skip
    await asked("a refund of more than is left", "POST", f"{mine}/refunds", key="k3-r3", body={
        "merchant_reference": "ref-3", "amount_minor": 1
    })  # fmt: skip
    other = await asked("another hold", "POST", url, key="k4", body=sale("order-4", capture="manual"))
    await asked("a void", "POST", f"{url}/{other['id']}/void", key="k4-v", body={"merchant_reference": "void-1"})
    await asked("a void of what is void", "POST", f"{url}/{other['id']}/void", key="k4-v2", body={
        "merchant_reference": "void-2"
    })  # fmt: skip
    await asked("a capture of what is void", "POST", f"{url}/{other['id']}/capture", key="k4-c", body={
        "merchant_reference": "cap-3"
    })  # fmt: skip


async def _gateways(asked: Asked, stripe: FakeGateway, paypal: FakeGateway) -> None:
    url = "/v1/payments"
    stripe.script = lambda request: DECLINED
    await asked("a decline", "POST", url, key="k5", body=sale("order-5"))
    await asked("the decline again", "POST", url, key="k5", body=sale("order-5"))
    stripe.script = lambda request: TIMEOUT
    await asked("no answer from the gateway", "POST", url, key="k6", body=sale("order-6"))
    await asked("the same while nobody knows", "POST", url, key="k6", body=sale("order-6"))
    stripe.script = paypal.script = lambda request: REFUSED
    await asked("no gateway can be reached", "POST", url, key="k7", body=sale("order-7"))
    stripe.script = paypal.script = lambda request: None


async def _nonsense(asked: Asked) -> None:
    url = "/v1/payments"

    async def refused(name: str, **fields: Any) -> None:
        body = {item: value for item, value in sale("order-x", **fields).items() if value is not ...}
        await asked(name, "POST", url, key="kx", body=body)

    await asked("no key", "POST", url, body=sale("order-x"))
    await asked("a bad key", "POST", url, key="k x", body=sale("order-x"))
    await asked("no JSON", "POST", url, key="kx", data=b"{")
    await asked("a member twice", "POST", url, key="kx", data=b'{"amount_minor":1,"amount_minor":2}')
    await asked("another content type", "POST", url, key="kx", data=b"{}", headers={"Content-Type": "text/plain"})
    await asked("a body that is too large", "POST", url, key="kx", data=b" " * 70_000)
    await refused("an unknown parameter", surprise=1)
    await refused("no amount", amount_minor=...)
    await refused("two amounts", amount="19.99")
    await refused("an amount in words", amount_minor="much")
    await refused("a negative amount", amount_minor=-1)
    await refused("an amount out of range", amount_minor=10**13)
    await refused("too many decimals", amount_minor=..., amount="1.999")
    await refused("no currency", currency=...)
    await refused("an unknown currency", currency="EURO")
    await refused("a currency that no gateway takes", currency="CLF", amount_minor=10_000)
    await refused("no payment method", payment_method=...)
    await refused("a bad payment method", payment_method="1")
    await refused("a card number", payment_method="4242424242424242")
    await refused("no reference", merchant_reference=...)
    await refused("a reference that is too long", merchant_reference="x" * 65)
    await refused("a bad capture mode", capture="later")
    await asked("no such payment", "POST", f"{url}/pay_nothing/capture", key="kx", body={"merchant_reference": "c"})
    await asked("not an id", "GET", f"{url}/%00")
    await asked("a bad limit", "GET", f"{url}?limit=0")
    await asked("an unknown query", "GET", f"{url}?surprise=1")
    await asked("no token", "GET", url, headers={"Authorization": "Basic abc"})
    await asked("an unknown token", "GET", url, headers={"Authorization": "Bearer nobody"})


async def _operators(asked: Asked) -> None:
    api = "/internal/api"

    async def operate(name: str, method: str, path: str, body: Any = None) -> None:
        await asked(name, method, f"{api}/{path}", headers=OPERATOR, body=body)

    await operate("the state", "GET", "system/state")
    await operate("stuck transactions", "GET", "payment/find-stuck-transactions?older_than_s=0")
    await operate("no failed refunds", "GET", "payment/list-failed-refunds")
    await operate("a gateway that is unknown", "POST", "payment/switch-gateway", {"primaryGateway": "x", "reason": "y"})
    await operate("a switch", "POST", "payment/switch-gateway", {"primaryGateway": "paypal", "reason": "a drill"})
    await operate("a switch without a reason", "POST", "payment/switch-gateway", {"primaryGateway": "paypal"})
    await operate("the fallback off", "POST", "system/disable-fallback-gateway")
    await operate("the fallback on", "POST", "system/enable-fallback-gateway")
    await operate("a transaction that is unknown", "GET", "payment/check-gateway-transaction?transaction_id=pay_no")
    await operate("an order without an approval", "POST", "payment/resolve-stuck-transaction", {
        "transactionId": "pay_no", "status": "failed", "reason": "a customer called", "requestedBy": "ann",
        "approvedBy": "ann",
    })  # fmt: skip
    await operate("a day that is none", "POST", "payment/reconcile-payments", {"gateway": "stripe", "date": "31.1."})
    await operate("no test controls", "POST", "system/crash-point", {"point": None})
    await asked("a merchant in the operator's place", "GET", f"{api}/system/state")
    await asked("an operator without a token", "GET", f"{api}/system/state", headers={"Authorization": "Basic abc"})


async def _others(asked: Asked) -> None:
    await asked("the states of a payment", "GET", "/v1/payment-states")
    await asked("the crash points", "GET", "/v1/crash-points")
    await asked("no such route", "GET", "/v1/nothing")
    await asked("a method that is not allowed", "DELETE", "/v1/payments")
    await asked("a webhook without a signature", "POST", "/webhooks/stripe", data=b"{}")
    await asked("a webhook of nobody", "POST", "/webhooks/paypal", data=b"{}")
