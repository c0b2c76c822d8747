"""Writes tiny run folders by hand: a story says only what matters, everything else is a sound default.

`Story` has verbs for what happens to payments (`sale`, `authorization`, `capture`, `void`, `refund`, `decline` ...).
Each verb writes every trace that a sound platform would leave: client, database, ledger, gateway, webhooks. A bad story
is a sound one with some row changed, added or taken away (`story.rows["payments"]`, `story.last("attempts")`).
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from harness.core.column_types import schema
from harness.core.evidence import Evidence
from harness.core.tables import (
    COMMITS,
    DATABASE_TABLES,
    GATEWAY_CURRENCIES,
    GATEWAY_TABLES,
    LEDGER_SEEN,
    LOG_POSITIONS,
    SINK_EVENTS,
)
from harness.history import HISTORY_COLUMNS
from harness.run.sampler import METRICS

T0_US = 1_800_000_000_000_000
SECOND_US = 1_000_000
STATES = {
    "initial": "created",
    "edges": [
        ["created", "processing"], ["processing", "authorized"], ["processing", "captured"], ["processing", "failed"],
        ["authorized", "captured"], ["authorized", "partially_captured"], ["authorized", "canceled"],
        ["captured", "partially_refunded"], ["captured", "refunded"], ["partially_captured", "partially_refunded"],
        ["partially_captured", "refunded"], ["partially_refunded", "partially_refunded"],
        ["partially_refunded", "refunded"], ["authorized", "expired"], ["captured", "captured"],
        ["refunded", "captured"], ["partially_refunded", "captured"], ["processing", "requires_action"],
        ["requires_action", "expired"],
    ],
    "terminal": ["failed", "canceled", "expired"],
}  # fmt: skip
CURRENCIES = {"m_alpha": ("EUR", 2), "m_beta": ("JPY", 0), "m_gamma": ("KWD", 3), "m_delta": ("USD", 2)}

_ARROW = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "INTEGER": pa.int32(), "BOOLEAN": pa.bool_()}
BOOKS = {
    **DATABASE_TABLES,
    **{f"gateway_{name}": columns for name, columns in GATEWAY_TABLES.items()},
    "sink_events": SINK_EVENTS,
    "ledger_seen": LEDGER_SEEN,
    "log_positions": LOG_POSITIONS,
    "commits": COMMITS,
    "gateway_currencies": GATEWAY_CURRENCIES,
}

Row = dict[str, Any]


def at(seconds: float) -> int:
    """Return a moment of the run, in microseconds since the epoch."""
    return T0_US + round(seconds * SECOND_US)


@dataclass
class Paid:
    """The ids of one payment, and how it stands."""

    reference: str
    payment_id: str
    merchant_id: str
    amount_minor: int
    currency: str
    key: str
    operation_id: str = ""
    attempt_id: str = ""
    charge_id: str = ""
    gateway: str = "stripe"
    body: str = ""


@dataclass
class Story:
    """One run, told by verbs. `write` makes its folder; `evidence` opens it."""

    folder: Path
    duration_s: float = 20.0
    plan: Row = field(default_factory=dict)
    events: list[Row] = field(default_factory=list)
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    without: set[str] = field(default_factory=set)
    certificate: Row = field(default_factory=dict)
    _serial: int = 0

    def new(self, prefix: str) -> str:
        """Return an id that was never used."""
        self._serial += 1
        return f"{prefix}{self._serial:06d}"

    def add(self, table: str, **values: Any) -> Row:
        """Add one row; columns not given are null."""
        known = {"history": set(HISTORY_COLUMNS), "metrics": set(METRICS.names)}.get(table) or {*BOOKS[table].split()}
        assert not set(values) - known, f"{table} has no {set(values) - known}"
        self.rows[table].append(values)
        return values

    def last(self, table: str) -> Row:
        """Return the row that was added to a table last."""
        return self.rows[table][-1]

    def find(self, table: str, **wanted: Any) -> Row:
        """Return the first row of a table with these values."""
        return next(row for row in self.rows[table] if all(row.get(name) == value for name, value in wanted.items()))

    # The client

    def client(self, kind: str, at_s: float, *, outcome: str = "OK", lasting_s: float = 0.05, **values: Any) -> Row:
        """Add one attempt of a client operation."""
        status = {"OK": 201 if kind == "create" else 200, "FAILED": 402, "UNKNOWN": None}[outcome]
        defaults: Row = {
            "op": self.new("op-client-"), "attempt": 1, "kind": kind, "flow": "story", "arrival": self._serial,
            "expect": "succeed", "replica": "api1", "correlation_id": self.new("c-"), "due_us": at(at_s),
            "sent_us": at(at_s) + 100, "worker": "0", "done_us": at(at_s + lasting_s), "outcome": outcome,
            "http_status": status, "definite": outcome != "UNKNOWN", "replayed": False, "merchant_id": "m_alpha",
        }  # fmt: skip
        merged = {**defaults, **values}
        if merged.get("idempotency_key") and "payload_hash" not in merged:
            merged["payload_hash"] = f"hash-{merged.get('reference')}"
        if merged["http_status"] and "body_sha256" not in merged:
            merged["body_sha256"] = self.new("sha-")
        return self.add("history", **merged)

    def create(self, paid: Paid, at_s: float, status: str = "captured", **values: Any) -> Row:
        """Add the client's creation of a payment; OK with that status unless said otherwise."""
        done = values.get("outcome", "OK") == "OK"
        answer: Row = {
            "got_payment_id": paid.payment_id, "got_status": status, "got_amount_minor": paid.amount_minor,
            "got_currency": paid.currency, "got_captured_minor": paid.amount_minor if status == "captured" else 0,
            "got_refunded_minor": 0, "got_version": 3, "got_gateway": paid.gateway,
            "got_merchant_id": paid.merchant_id,
        }  # fmt: skip
        mode = "automatic" if status == "captured" else "manual"
        row = self.client(
            "create", at_s,
            **{
                "merchant_id": paid.merchant_id, "idempotency_key": paid.key, "reference": paid.reference,
                "amount_minor": paid.amount_minor, "currency": paid.currency,
                "exponent": CURRENCIES[paid.merchant_id][1], "capture_mode": mode, "payment_method": "pm_card_visa",
                **(answer if done else {}), **values,
            },
        )  # fmt: skip
        if done and not paid.body:
            paid.body = row["body_sha256"]
        return row

    def replay(self, paid: Paid, at_s: float, status: str = "captured", **values: Any) -> Row:
        """Add the creation sent again, answered with the stored bytes."""
        return self.create(paid, at_s, status, **{"replayed": True, "body_sha256": paid.body, **values})

    def look(self, paid: Paid, at_s: float, session: int, **values: Any) -> Row:
        """Add a read of a payment by one session, at the other replica: shown as the database has it now."""
        payment = self.find("payments", payment_id=paid.payment_id)
        names = ("payment_id", "status", "amount_minor", "captured_minor", "refunded_minor", "version")
        shown: Row = {f"got_{name}": payment[name] for name in names}
        about = {"arrival": session, "merchant_id": paid.merchant_id, "payment_id": paid.payment_id, "replica": "api2"}
        return self.client("get", at_s, **{**about, **shown, "got_currency": paid.currency, **values})

    def in_session(self, session: int) -> None:
        """Make the client's last operation one of that session's."""
        self.last("history")["arrival"] = session

    # Payments

    def intent(
        self, *, amount_minor: int = 1999, merchant_id: str = "m_alpha", key: str = "", reference: str = ""
    ) -> Paid:
        """Return a payment to be, with ids of its own."""
        reference = reference or self.new("order-")
        return Paid(
            reference,
            self.new("pay_"),
            merchant_id,
            amount_minor,
            CURRENCIES[merchant_id][0],
            key or f"key-{reference}",
        )

    def sale(self, at_s: float = 1.0, *, gateway: str = "stripe", told: bool = True, **wanted: Any) -> Paid:
        """A payment that is charged at once."""
        paid = self.intent(**wanted)
        if told:
            self.create(paid, at_s)
        self.stored(paid, at_s, "sale", gateway)
        self.charged(paid, at_s, "sale")
        self.booked(paid, at_s, paid.attempt_id, paid.amount_minor)
        self.moved(paid, at_s, "processing", "captured", "payment.captured")
        return paid

    def authorization(self, at_s: float = 1.0, *, gateway: str = "stripe", **wanted: Any) -> Paid:
        """A payment that is held, to be captured or voided."""
        paid = self.intent(**wanted)
        self.create(paid, at_s, "authorized")
        self.stored(paid, at_s, "authorize", gateway)
        self.charged(paid, at_s, "authorize")
        self.moved(paid, at_s, "processing", "authorized", "payment.authorized")
        return paid

    def decline(self, at_s: float = 1.0, *, gateway: str = "stripe", **wanted: Any) -> Paid:
        """A payment that the gateway declines."""
        paid = self.intent(**wanted)
        self.create(paid, at_s, outcome="FAILED", error_code="card_declined", expect="decline",
                    got_payment_id=paid.payment_id, got_status="failed")  # fmt: skip
        self.stored(paid, at_s, "sale", gateway, state="declined")
        charge = self.charge(paid, at_s, status="declined", executed=False)
        charge["authorized_minor"] = charge["captured_minor"] = 0
        self.call(paid, at_s, "create", result="declined", http_status=402, decline_code="generic_decline")
        self.moved(paid, at_s, "processing", "failed", "payment.failed")
        return paid

    def capture(self, paid: Paid, at_s: float, amount_minor: int | None = None) -> Row:
        """Capture an authorisation, whole or in part; return the client's row."""
        amount = paid.amount_minor if amount_minor is None else amount_minor
        row = self.change("capture", paid, at_s, amount)
        attempt = self.operation(paid, at_s, "capture", amount, row)
        self.movement(paid, at_s, "capture", amount, attempt, row["reference"])
        self.booked(paid, at_s, attempt["attempt_id"], amount)
        self.find("gateway_charges", charge_id=paid.charge_id).update(status="captured", captured_minor=amount)
        status = "captured" if amount == paid.amount_minor else "partially_captured"
        payment = self.find("payments", payment_id=paid.payment_id)
        payment["captured_minor"] = amount
        self.moved(paid, at_s, "authorized", status, "payment.captured")
        row.update(got_status=status, got_captured_minor=amount, got_version=payment["version"])
        return row

    def void(self, paid: Paid, at_s: float) -> Row:
        """Give up an authorisation; return the client's row."""
        row = self.change("void", paid, at_s, None)
        attempt = self.operation(paid, at_s, "void", paid.amount_minor, row)
        self.movement(paid, at_s, "void", paid.amount_minor, attempt, paid.reference)
        self.find("gateway_charges", charge_id=paid.charge_id).update(status="voided")
        self.moved(paid, at_s, "authorized", "canceled", "payment.canceled")
        row.update(got_status="canceled", got_version=self.find("payments", payment_id=paid.payment_id)["version"])
        return row

    def refund(self, paid: Paid, at_s: float, amount_minor: int) -> Row:
        """Give captured money back; return the client's row."""
        row = self.change("refund", paid, at_s, amount_minor)
        refund_id = self.new("re_")
        attempt = self.operation(paid, at_s, "refund", amount_minor, row, refund_id)
        self.add(
            "refunds", refund_id=refund_id, payment_id=paid.payment_id, operation_id=attempt["operation_id"],
            merchant_id=paid.merchant_id, reference=row["reference"], amount_minor=amount_minor,
            currency=paid.currency, status="succeeded", created_at_us=at(at_s),
        )  # fmt: skip
        self.movement(paid, at_s, "refund", amount_minor, attempt, row["reference"])
        self.booked(paid, at_s, attempt["attempt_id"], -amount_minor)
        charge = self.find("gateway_charges", charge_id=paid.charge_id)
        charge["refunded_minor"] += amount_minor
        payment = self.find("payments", payment_id=paid.payment_id)
        payment["refunded_minor"] += amount_minor
        whole = payment["refunded_minor"] >= payment["captured_minor"]
        self.moved(paid, at_s, payment["status"], "refunded" if whole else "partially_refunded", "refund.succeeded")
        row.update(
            got_refund_id=refund_id, got_status="succeeded", got_amount_minor=amount_minor, got_currency=paid.currency,
            http_status=201,
        )  # fmt: skip
        return row

    def takes(self, gateway: str, currency: str, *, step_minor: int = 1, least_minor: int = 1, most_minor: int) -> Row:
        """Add the published rule of a currency at a gateway."""
        rule = {"step_minor": step_minor, "least_minor": least_minor, "most_minor": most_minor}
        return self.add("gateway_currencies", gateway=gateway, currency=currency, **rule)

    def refused(self, kind: str, at_s: float, status: int = 422, code: str = "refused", **values: Any) -> Row:
        """A request that is refused and leaves nothing."""
        return self.client(
            kind, at_s, outcome="FAILED", http_status=status, error_code=code, **{"expect": "refuse", **values}
        )

    # Single traces, for the verbs above and for bad stories

    def change(self, kind: str, paid: Paid, at_s: float, amount_minor: int | None) -> Row:
        """Add the client's capture, void or refund of a payment."""
        reference = self.new(f"{paid.reference}-{kind}-")
        return self.client(
            kind, at_s, merchant_id=paid.merchant_id, idempotency_key=f"key-{reference}", reference=reference,
            payment_id=paid.payment_id, got_payment_id=paid.payment_id, got_merchant_id=paid.merchant_id,
            amount_minor=amount_minor, currency=paid.currency if amount_minor else None,
        )  # fmt: skip

    def stored(self, paid: Paid, at_s: float, kind: str, gateway: str, state: str = "succeeded") -> None:
        """Add payment, operation and attempt of a creation."""
        paid.gateway = gateway
        currency, exponent = CURRENCIES[paid.merchant_id]
        held = paid.amount_minor if state == "succeeded" else 0
        self.add(
            "payments", payment_id=paid.payment_id, merchant_id=paid.merchant_id, reference=paid.reference,
            amount_minor=paid.amount_minor, currency=currency, exponent=exponent,
            capture_mode="manual" if kind == "authorize" else "automatic", payment_method="pm_card_visa",
            status="processing", authorized_minor=held, captured_minor=held if kind == "sale" else 0,
            refunded_minor=0, gateway=gateway, version=2, created_at_us=at(at_s), updated_at_us=at(at_s),
        )  # fmt: skip
        for version, (before, after) in enumerate((("", "created"), ("created", "processing")), start=1):
            self.add("status_history", payment_id=paid.payment_id, version=version, from_status=before,
                     to_status=after, cause="request", at_us=at(at_s))  # fmt: skip
        asked = {"reference": paid.reference, "idempotency_key": paid.key, "correlation_id": self.new("c-")}
        attempt = self.operation(paid, at_s, kind, paid.amount_minor, asked, state=state)
        paid.operation_id, paid.attempt_id = attempt["operation_id"], attempt["attempt_id"]

    def operation(
        self, paid: Paid, at_s: float, kind: str, amount_minor: int, asked: Row, refund_id: str | None = None,
        state: str = "succeeded",
    ) -> Row:  # fmt: skip
        """Add an operation with its only attempt; return the attempt."""
        operation_id = self.new("op_")
        self.add(
            "operations", operation_id=operation_id, kind=kind, payment_id=paid.payment_id, refund_id=refund_id,
            merchant_id=paid.merchant_id, reference=asked["reference"], idempotency_key=asked.get("idempotency_key"),
            amount_minor=amount_minor, currency=paid.currency, state=state, resolve_count=0,
            correlation_id=asked.get("correlation_id"), created_at_us=at(at_s), decided_at_us=at(at_s + 0.04),
        )  # fmt: skip
        return self.attempt(paid, at_s, operation_id, amount_minor=amount_minor, state=state)

    def attempt(
        self, paid: Paid, at_s: float, operation_id: str, *, amount_minor: int, state: str = "succeeded",
        gateway: str = "", seq: int = 1, via: tuple[str, ...] = (), decided_s: float = 0.04, evidence: str = "reply",
    ) -> Row:  # fmt: skip
        """Add an attempt and its transitions; `via` are states between dispatched and the last."""
        attempt_id = self.new("att_")
        states = ["", "prepared", "dispatched", *via, state]
        for number, (before, after) in enumerate(pairwise(states)):
            last = number == len(states) - 2
            self.add(
                "attempt_transitions", attempt_id=attempt_id, operation_id=operation_id, from_state=before,
                to_state=after, evidence=evidence if last else "request",
                at_us=at(at_s + (decided_s if last else 0.001 * number)),
            )  # fmt: skip
        return self.add(
            "attempts", attempt_id=attempt_id, operation_id=operation_id, payment_id=paid.payment_id,
            gateway=gateway or paid.gateway, seq=seq, gateway_key=attempt_id, state=state, amount_minor=amount_minor,
            currency=paid.currency, phase="answered", http_status=200, evidence=evidence, prepared_at_us=at(at_s),
            dispatched_at_us=at(at_s + 0.001), decided_at_us=at(at_s + decided_s), sends=1,
        )  # fmt: skip

    def charged(self, paid: Paid, at_s: float, kind: str) -> Row:
        """Add the executed charge of a creation with its movement and call; return the charge."""
        charge = self.charge(paid, at_s, status="captured" if kind == "sale" else "authorized")
        if kind == "authorize":
            charge["captured_minor"] = 0
        name = "capture" if kind == "sale" else "authorize"
        attempt = {"operation_id": paid.operation_id, "attempt_id": paid.attempt_id}
        self.movement(paid, at_s, name, paid.amount_minor, attempt, paid.reference, endpoint="create")
        return charge

    def charge(self, paid: Paid, at_s: float, *, status: str = "captured", executed: bool = True, **ids: Any) -> Row:
        """Add one row to a gateway's ledger."""
        paid.charge_id = self.new("ch_")
        row: Row = {
            "gateway": paid.gateway, "charge_id": paid.charge_id, "operation_id": paid.operation_id,
            "attempt_id": paid.attempt_id, "payment_id": paid.payment_id, "merchant_id": paid.merchant_id,
            "reference": paid.reference, "gateway_key": paid.attempt_id, "amount_minor": paid.amount_minor,
            "currency": paid.currency, "status": status, "authorized_minor": paid.amount_minor,
            "captured_minor": paid.amount_minor, "refunded_minor": 0, "executed": executed,
            "created_at_us": at(at_s + 0.01),
        }  # fmt: skip
        return self.add("gateway_charges", **{**row, **ids})

    def movement(
        self, paid: Paid, at_s: float, kind: str, amount_minor: int, attempt: Row, reference: str, *,
        endpoint: str = "", **ids: Any,
    ) -> Row:  # fmt: skip
        """Add one movement and the call that caused it; return the movement."""
        gateway = ids.get("gateway", paid.gateway)
        self.call(paid, at_s, endpoint or kind, gateway=gateway, operation_id=attempt["operation_id"],
                  attempt_id=attempt["attempt_id"], gateway_key=attempt["attempt_id"], reference=reference)  # fmt: skip
        row: Row = {
            "gateway": gateway, "movement_id": self.new("mv_"), "charge_id": paid.charge_id, "kind": kind,
            "operation_id": attempt["operation_id"], "attempt_id": attempt["attempt_id"],
            "payment_id": paid.payment_id, "merchant_id": paid.merchant_id, "reference": reference,
            "gateway_key": attempt["attempt_id"], "amount_minor": amount_minor, "currency": paid.currency,
            "at_us": at(at_s + 0.01),
        }  # fmt: skip
        return self.add("gateway_movements", **{**row, **ids})

    def call(self, paid: Paid, at_s: float, endpoint: str, **values: Any) -> Row:
        """Add one request that reached a gateway."""
        row: Row = {
            "gateway": paid.gateway, "call_id": self.new("call_"), "method": "POST", "endpoint": endpoint,
            "operation_id": paid.operation_id, "attempt_id": paid.attempt_id, "payment_id": paid.payment_id,
            "merchant_id": paid.merchant_id, "reference": paid.reference, "gateway_key": paid.attempt_id,
            "arrived_at_us": at(at_s + 0.005), "answered_at_us": at(at_s + 0.02), "http_status": 200,
            "result": "executed", "fault": "",
        }  # fmt: skip
        return self.add("gateway_calls", **{**row, **values})

    def booked(self, paid: Paid, at_s: float, attempt_id: str, amount_minor: int) -> None:
        """Add a journal of two postings: positive for a capture, negative for a refund."""
        journal_id = len(self.rows["postings"]) + 1
        kind = "capture" if amount_minor > 0 else "refund"
        accounts = {
            f"gateway:{paid.gateway}:clearing": amount_minor,
            f"merchant:{paid.merchant_id}:payable": -amount_minor,
        }
        for account, amount in accounts.items():
            self.add(
                "postings", posting_id=len(self.rows["postings"]) + 1, journal_id=journal_id,
                cause=f"{kind}:{attempt_id}", account=account, currency=paid.currency, amount_minor=amount,
                payment_id=paid.payment_id, operation_id=paid.operation_id, attempt_id=attempt_id,
                created_at_us=at(at_s + 0.04),
            )  # fmt: skip

    def seen(self, at_s: float) -> None:
        """Look into the ledger while the run goes on: what is in it now is seen."""
        names = LEDGER_SEEN.split()[1:]
        known = {row["posting_id"] for row in self.rows["ledger_seen"]}
        for row in self.rows["postings"]:
            if row["posting_id"] not in known:
                self.add("ledger_seen", seen_at_us=at(at_s), **{name: row[name] for name in names})

    def moved(self, paid: Paid, at_s: float, before: str, after: str, event: str) -> None:
        """Step a payment's status, and announce it to the merchant."""
        payment = self.find("payments", payment_id=paid.payment_id)
        payment.update(status=after, version=payment["version"] + 1)
        self.add("status_history", payment_id=paid.payment_id, version=payment["version"], from_status=before,
                 to_status=after, cause="record", at_us=at(at_s + 0.04))  # fmt: skip
        self.announced(paid, at_s, event)

    def announced(self, paid: Paid, at_s: float, event: str) -> None:
        """Tell the merchant of something, with the payment as it is now."""
        payment = self.find("payments", payment_id=paid.payment_id)
        event_id, body = self.new("evt_"), self.new("sha-")
        common = {"event_id": event_id, "merchant_id": paid.merchant_id}
        earlier = sum(row["payment_id"] == paid.payment_id for row in self.rows["outbox"])
        about = {"payment_id": paid.payment_id, "type": event, "sequence": earlier + 1}
        self.add("outbox", **common, **about, state="published", created_at_us=at(at_s + 0.04),
                 published_at_us=at(at_s + 0.1))  # fmt: skip
        self.add("webhook_deliveries", **common, endpoint="http://127.0.0.1/sink", state="delivered", attempts=1,
                 last_status=200, created_at_us=at(at_s + 0.1), delivered_at_us=at(at_s + 0.12))  # fmt: skip
        self.add("delivery_attempts", **common, sent_at_us=at(at_s + 0.11), http_status=200)
        told = {f"told_{name}": payment[name] for name in
                ("merchant_id", "status", "version", "amount_minor", "currency", "captured_minor", "refunded_minor",
                 "reference")}  # fmt: skip
        self.add("sink_events", **common, **about, received_at_us=at(at_s + 0.11), signature_ok=True, body_sha256=body,
                 http_status=200, answered_at_us=at(at_s + 0.12), fault="", redirected=False, **told)  # fmt: skip

    def webhook(self, paid: Paid, at_s: float, type_: str = "payment_intent.succeeded", **values: Any) -> Row:
        """Add one try of the gateway to tell us, genuine and accepted, and what we stored of it."""
        event_id = str(values.pop("event_id", "") or self.new("evt_gw_"))
        row: Row = {
            "gateway": paid.gateway, "delivery_id": self.new("whd_"), "event_id": event_id, "type": type_,
            "attempt_id": paid.attempt_id, "status": "succeeded", "truth": "genuine", "fault": "",
            "owed_at_us": at(at_s), "sent_at_us": at(at_s), "answered_at_us": at(at_s + 0.01), "http_status": 200,
        }  # fmt: skip
        known = any(stored["event_id"] == event_id for stored in self.rows["inbound_events"])
        if {**row, **values}["http_status"] == 200 and not known:
            self.add("inbound_events", gateway=paid.gateway, event_id=event_id, type=type_,
                     received_at_us=at(at_s + 0.005), processed_at_us=at(at_s + 0.01), deliveries=1)  # fmt: skip
        return self.add("gateway_deliveries", **{**row, **values})

    def fault(self, name: str, place: str, from_s: float, to_s: float) -> None:
        """A fault that was on for a while."""
        fault_id = f"{name}-{len(self.events)}"
        about = {"fault_id": fault_id, "fault": name, "place": place}
        self.events.append({"at_us": at(from_s), "kind": "fault_injected", **about, "settings": {}})
        self.events.append({"at_us": at(to_s), "kind": "fault_healed", **about})

    def breaker(self, at_s: float, before: str, after: str, reason: str = "failures", gateway: str = "stripe") -> None:
        """A breaker that changes its state."""
        self.add("breaker_transitions", gateway=gateway, operation_class="charge", from_state=before, to_state=after,
                 version=len(self.rows["breaker_transitions"]) + 2, reason=reason, process="api1",
                 at_us=at(at_s))  # fmt: skip

    def sessions(self, at_s: float, process: str, idle_s: float) -> None:
        """A look at the database's sessions: for how long the longest idle transaction of a process has been idle."""
        self.add("metrics", at_us=at(at_s), process=process, metric="transaction_idle_s", value=idle_s)

    # The folder

    def write(self) -> Path:
        """Write the run's folder and return it."""
        for name in ("books", "raw"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        plan: Row = {
            "schema_version": 1, "run_id": self.folder.name, "scenario": "story", "title": "A story",
            "claim": "It is sound.", "story": "", "seed": 1, "bug": None, "target": "embedded", "t0_us": T0_US,
            "load": {"rate_per_s": 5, "duration_s": self.duration_s, "workers": 1, "minimum_ok": 1}, "faults": [],
            "must_hold": [], "should_meet": [], "settings": {"timeouts": {"PAY_BREAKER_OPEN_S": "2"}},
            "repeat": "faultline run story --seed 1", "started_at": "2027-01-15T08:00:00Z",
        }  # fmt: skip
        (self.folder / "plan.json").write_text(json.dumps({**plan, **self.plan}))
        ending: list[Row] = [
            {"at_us": at(self.duration_s + 1), "kind": "settled", "seconds": 1.0, "backlog": {}, "drained": True},
            {"at_us": at(self.duration_s + 2), "kind": "final_reads", "references": 0, "unread": 0, "finished": True},
        ]
        told = [*self.events, *(event for event in ending if event["kind"] not in {e["kind"] for e in self.events})]
        (self.folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in told))
        (self.folder / "books" / "states.json").write_text(json.dumps(STATES))
        load: Row = {"worker": "0", "planned": 10, "fired": 10, "completed": 10, "dropped": 0, "in_flight_at_end": 0,
                     "lag_p99_ms": 0.3, "cpu_share": 0.1}  # fmt: skip
        (self.folder / "raw" / "load-0.json").write_text(json.dumps({**load, **self.certificate}))
        history = pa.schema([(name, _ARROW[kind]) for name, kind in HISTORY_COLUMNS.items()])
        self._table("history", history, self.folder)
        if not (self.folder / "metrics.parquet").exists():  # a story may bring its own
            self._table("metrics", METRICS, self.folder)
        for name, columns in BOOKS.items():
            self._table(name, schema(columns), self.folder / "books")
        return self.folder

    def _table(self, name: str, columns: pa.Schema, folder: Path) -> None:
        if name not in self.without:
            filled = [{column: row.get(column) for column in columns.names} for row in self.rows[name]]
            pq.write_table(pa.Table.from_pylist(filled, schema=columns), folder / f"{name}.parquet")

    def evidence(self) -> Evidence:
        """Write the folder and open it."""
        return Evidence(self.write())
