"""The same wishes spoken to any gateway, so that one test holds for all."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from tests.system.gateways.live import API_KEY, CLIENT_ID, SECRET, Answer, LiveGateway, call

PLACES = {"EUR": 2, "JPY": 0, "KWD": 3, "USD": 2}


@dataclass(frozen=True)
class Done:
    """What a gateway answered, in words that all share. ``ref`` is what later wishes name."""

    answer: Answer
    ref: str = ""

    @property
    def ok(self) -> bool:
        return self.answer.status < 300

    @property
    def status(self) -> int:
        return self.answer.status


def ids(tag: str) -> dict[str, str]:
    return {
        "operation_id": f"op_{tag}",
        "attempt_id": f"att_{tag}",
        "payment_id": f"pay_{tag}",
        "merchant_id": "m_alpha",
        "merchant_reference": f"ref_{tag}",
    }


class Teller(Protocol):
    gateway: LiveGateway

    def sell(self, key: str, amount: int = 1999, currency: str = "EUR", method: str = "pm_card_visa") -> Done: ...

    def authorize(self, key: str, amount: int = 1999, currency: str = "EUR") -> Done: ...

    def capture(self, key: str, ref: str, amount: int, currency: str = "EUR") -> Done: ...

    def void(self, key: str, ref: str) -> Done: ...

    def refund(self, key: str, ref: str, amount: int, currency: str = "EUR") -> Done: ...

    def look_up(self, tag: str) -> list[Any]: ...


class StripeTeller:
    def __init__(self, gateway: LiveGateway) -> None:
        self.gateway = gateway

    def post(self, path: str, fields: Mapping[str, str], key: str) -> Answer:
        headers = {
            "Authorization": f"Bearer {API_KEY}",
            "Idempotency-Key": key,
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Correlation-Id": f"corr_{key}",
            "X-Operation-Id": f"op_{key}",
            "X-Attempt-Id": f"att_{key}",
        }
        return call("POST", self.gateway.url + path, headers, urlencode(fields).encode())

    def get(self, path: str) -> Answer:
        return call("GET", self.gateway.url + path, {"Authorization": f"Bearer {API_KEY}"})

    def _pay(self, key: str, amount: int, currency: str, method: str, capture: str) -> Done:
        fields = {
            "amount": str(amount),
            "currency": currency.lower(),
            "payment_method": method,
            "confirm": "true",
            "capture_method": capture,
            **{f"metadata[{name}]": value for name, value in ids(key).items()},
        }
        answer = self.post("/v1/payment_intents", fields, key)
        return Done(answer, answer.json["id"] if answer.status == 200 else "")

    def sell(self, key: str, amount: int = 1999, currency: str = "EUR", method: str = "pm_card_visa") -> Done:
        return self._pay(key, amount, currency, method, "automatic")

    def authorize(self, key: str, amount: int = 1999, currency: str = "EUR") -> Done:
        return self._pay(key, amount, currency, "pm_card_visa", "manual")

    def capture(self, key: str, ref: str, amount: int, currency: str = "EUR") -> Done:
        return Done(self.post(f"/v1/payment_intents/{ref}/capture", {"amount_to_capture": str(amount)}, key), ref)

    def void(self, key: str, ref: str) -> Done:
        return Done(self.post(f"/v1/payment_intents/{ref}/cancel", {}, key), ref)

    def refund(self, key: str, ref: str, amount: int, currency: str = "EUR") -> Done:
        return Done(self.post("/v1/refunds", {"payment_intent": ref, "amount": str(amount)}, key), ref)

    def look_up(self, tag: str) -> list[Any]:
        query = urlencode({"query": f"metadata['attempt_id']:'att_{tag}'"})
        found: list[Any] = self.get(f"/v1/payment_intents/search?{query}").json["data"]
        return found


class PayPalTeller:
    def __init__(self, gateway: LiveGateway) -> None:
        self.gateway = gateway
        self._token = ""

    def token(self) -> str:
        if not self._token:
            basic = base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
            url = f"{self.gateway.url}/v1/oauth2/token"
            answer = call("POST", url, {"Authorization": f"Basic {basic}"}, b"grant_type=client_credentials")
            self._token = answer.json["access_token"]
        return self._token

    def post(self, path: str, body: Mapping[str, Any], key: str) -> Answer:
        headers = {
            "Authorization": f"Bearer {self.token()}",
            "PayPal-Request-Id": key,
            "Content-Type": "application/json",
            "X-Operation-Id": f"op_{key}",
            "X-Attempt-Id": f"att_{key}",
        }
        return call("POST", self.gateway.url + path, headers, json.dumps(body).encode())

    def get(self, path: str) -> Answer:
        return call("GET", self.gateway.url + path, {"Authorization": f"Bearer {self.token()}"})

    def order(
        self, key: str, amount: int, currency: str, method: str, intent: str, invoice_id: str | None = None
    ) -> Answer:
        tag = ids(key)
        unit = {
            "reference_id": tag["merchant_reference"],
            "custom_id": custom_id(key),
            "amount": money(amount, currency),
            **({"invoice_id": invoice_id} if invoice_id else {}),
        }
        source = {"token": {"id": method, "type": "PAYMENT_METHOD_TOKEN"}}
        body = {"intent": intent, "purchase_units": [unit], "payment_source": source}
        return self.post("/v2/checkout/orders", body, f"{key}-order")

    def _pay(self, key: str, amount: int, currency: str, method: str, intent: str) -> Done:
        order = self.order(key, amount, currency, method, intent)
        if order.status >= 300:
            return Done(order)
        step = intent.lower()
        answer = self.post(f"/v2/checkout/orders/{order.json['id']}/{step}", {}, key)
        if answer.status >= 300:
            return Done(answer)
        payments = answer.json["purchase_units"][0]["payments"]
        return Done(answer, payments["captures" if intent == "CAPTURE" else "authorizations"][0]["id"])

    def sell(self, key: str, amount: int = 1999, currency: str = "EUR", method: str = "pm_card_visa") -> Done:
        return self._pay(key, amount, currency, method, "CAPTURE")

    def authorize(self, key: str, amount: int = 1999, currency: str = "EUR") -> Done:
        return self._pay(key, amount, currency, "pm_card_visa", "AUTHORIZE")

    def capture(self, key: str, ref: str, amount: int, currency: str = "EUR") -> Done:
        body = {"amount": money(amount, currency), "final_capture": True}
        answer = self.post(f"/v2/payments/authorizations/{ref}/capture", body, key)
        return Done(answer, answer.json["id"] if answer.status < 300 else "")

    def void(self, key: str, ref: str) -> Done:
        return Done(self.post(f"/v2/payments/authorizations/{ref}/void", {}, key), ref)

    def refund(self, key: str, ref: str, amount: int, currency: str = "EUR") -> Done:
        return Done(self.post(f"/v2/payments/captures/{ref}/refund", {"amount": money(amount, currency)}, key), ref)

    def look_up(self, tag: str) -> list[Any]:
        query = urlencode({"custom_id": custom_id(tag)})
        found: list[Any] = self.get(f"/v1/reporting/transactions?{query}").json["transaction_details"]
        return found


class AcquirerTeller:
    def __init__(self, gateway: LiveGateway) -> None:
        self.gateway = gateway

    def send(self, path: str, body: Mapping[str, Any], key: str) -> Answer:
        headers = {
            "Authorization": f"Bearer {API_KEY}",
            "Content-Type": "application/json",
            "X-Correlation-Id": f"corr_{key}",
            "X-Operation-Id": f"op_{key}",
            "X-Attempt-Id": f"att_{key}",
        }
        return call("POST", f"{self.gateway.url}{path}/{key}", headers, json.dumps(body).encode())

    def done(self, path: str, body: Mapping[str, Any], key: str) -> Done:
        answer = self.send(path, body, key)
        return Done(answer, answer.json["reference"] if answer.status == 200 else "")

    def get(self, path: str) -> Answer:
        return call("GET", self.gateway.url + path, {"Authorization": f"Bearer {API_KEY}"})

    def _pay(self, what: str, key: str, amount: int, currency: str, method: str) -> Done:
        body = {"amount": amount, "currency": currency, "card": {"token": method}, "data": ids(key)}
        return self.done(f"/{what}", body, key)

    def sell(self, key: str, amount: int = 1999, currency: str = "EUR", method: str = "pm_card_visa") -> Done:
        return self._pay("sales", key, amount, currency, method)

    def authorize(self, key: str, amount: int = 1999, currency: str = "EUR") -> Done:
        return self._pay("authorizations", key, amount, currency, "pm_card_visa")

    def capture(self, key: str, ref: str, amount: int, currency: str = "EUR") -> Done:
        return self.done(f"/charges/{ref}/captures", {"amount": amount}, key)

    def void(self, key: str, ref: str) -> Done:
        return self.done(f"/charges/{ref}/voids", {}, key)

    def refund(self, key: str, ref: str, amount: int, currency: str = "EUR") -> Done:
        return self.done(f"/charges/{ref}/refunds", {"amount": amount}, key)

    def look_up(self, tag: str) -> list[Any]:
        answer = self.get(f"/transactions/{tag}")
        return [answer.json] if answer.status == 200 else []


def custom_id(tag: str) -> str:
    own = ids(tag)
    return "|".join((own["operation_id"], own["attempt_id"], own["payment_id"], own["merchant_id"]))


def money(amount: int, currency: str) -> dict[str, str]:
    places = PLACES[currency]
    digits = str(amount).rjust(places + 1, "0")
    return {"currency_code": currency, "value": f"{digits[:-places]}.{digits[-places:]}" if places else digits}


def teller_of(gateway: LiveGateway) -> Teller:
    tellers: Mapping[str, Callable[[LiveGateway], Teller]] = {
        "stripe": StripeTeller,
        "paypal": PayPalTeller,
        "acquirer": AcquirerTeller,
    }
    return tellers[gateway.brand](gateway)
