"""What every endpoint of the acquirer needs at hand: the books, reading requests, storing and telling transactions."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from system.gateways.acquirer.currencies import CURRENCIES
from system.gateways.acquirer.responses import TEXTS, malformed, missing, untaken
from system.gateways.common.desk import BookDesk
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.records import Charge
from system.gateways.common.rows import Row

_encoder = msgspec.json.Encoder()

CHARGE, TRANSACTION = "charge", "transaction"
"""Tables: what was asked for, by the acquirer's reference; each transaction on it, by the merchant's."""
IDS = ("operation_id", "attempt_id", "payment_id", "merchant_id")


class Desk(BookDesk):
    """The books seen through the acquirer's eyes."""

    def find(self, table: str, row_id: str) -> Row:
        """Return a row. Raises `Refusal` (25)."""
        found = self.look(table, row_id)
        if found is None:
            raise missing(table)
        return found

    def row(self, charge: Row) -> Charge:
        """Return the ledger's row of a charge."""
        return self._books.state.charges[charge["id"]]

    def enter(self, batch: Batch, kind: str, charge: Row, amount: int, **facts: Any) -> Row:
        """Store one transaction on a charge, under the merchant's reference for it, and return it."""
        number = len(self._books.state.tables[TRANSACTION]) + 1
        made = {
            "id": batch.exchange.key,
            "type": kind,
            "reference": charge["id"],
            "amount": amount,
            "currency": charge["currency"],
            "response_code": "00",
            "response_text": TEXTS["00"],
            "stan": f"{number % 1_000_000:06d}",
            "rrn": f"{number:012d}",
            "time": iso(batch.at_us),
            "data": data_of(batch.exchange) or charge["data"],
            "_made_us": batch.at_us,
            **facts,
        }
        return self.put(batch, TRANSACTION, made)

    def ok(self, transaction: Row) -> Answer:
        """Answer with a transaction that was approved; its reference gets the same answer from then on."""
        return Answer(200, _encoder.encode(public(transaction)), "executed", keep=True)

    def shown(self, value: Row) -> Answer:
        """Answer an inquiry."""
        return Answer(200, _encoder.encode(value), "lookup")


def public(row: Row) -> Row:
    """Return a row without what is only ours (fields that begin with an underscore)."""
    return {name: value for name, value in row.items() if not name.startswith("_")}


def iso(at_us: int) -> str:
    """Write a time in UTC, to the second."""
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def data_of(exchange: Exchange) -> dict[str, str]:
    """Return the merchant's own data, which comes back with the transaction. Raises `Refusal`."""
    given = exchange.fields.get("data", {})
    if not isinstance(given, dict) or len(given) > 20:
        raise malformed("data: at most 20 texts by their names")
    if not all(isinstance(value, str) and len(value) <= 255 for value in given.values()):
        raise malformed("data: at most 20 texts of 255 characters")
    return given


def amount_of(fields: Row) -> int:
    """Return the amount in minor units of ISO 4217. Raises `Refusal`."""
    amount = fields.get("amount")
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise malformed("amount: an integer of minor units")
    if amount <= 0:
        raise untaken("13", "amount: must be positive")
    return amount


def charge_amount(fields: Row) -> tuple[int, str]:
    """Return amount and currency of a charge, which must be what the published rules allow. Raises `Refusal`."""
    currency = fields.get("currency")
    if not isinstance(currency, str):
        raise malformed("currency: three letters of ISO 4217")
    rule = CURRENCIES.rule(currency)
    if rule is None:
        raise untaken("58", f"currency: {currency[:10]} is not taken")
    amount = amount_of(fields)
    if amount > rule.most:
        raise untaken("61", "amount: at most twelve digits")
    return amount, currency.upper()


def annotate(exchange: Exchange, remembered: Row | None) -> None:
    """Write our ids into the call's row: from the request's data, else whose charge it is about."""
    call, given = exchange.call, exchange.fields.get("data")
    if isinstance(given, dict):
        for name in IDS:
            value = given.get(name)
            if isinstance(value, str):
                setattr(call, name, value)
        reference = given.get("merchant_reference")
        call.reference = reference if isinstance(reference, str) else ""
    known = (remembered or {}).get("data") or {}
    call.payment_id = call.payment_id or known.get("payment_id", "")
    call.merchant_id = call.merchant_id or known.get("merchant_id", "")
    call.reference = call.reference or known.get("merchant_reference", "")
