"""A made-up minute of payments: what every part would have written down, row by row, with a gateway outage in it.

Plain arithmetic on a seeded generator, no process involved. Times are microseconds since the epoch.
"""

import random
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]

T0_US = 1_767_225_600_000_000
SECOND_US = 1_000_000
OUTAGE_S = (15.0, 35.0)
BREAKER_OPENS_S = 17.2
BREAKER_CLOSES_S = 36.1
MERCHANTS = (("m_alpha", "EUR", 2), ("m_beta", "JPY", 0), ("m_gamma", "KWD", 3), ("m_delta", "USD", 2))


@dataclass
class Books:
    """Every table of a run by name, as lists of rows."""

    tables: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> None:
        """Append one row."""
        self.tables.setdefault(table, []).append(row)


@dataclass(frozen=True)
class Intent:
    """One logical payment: who pays whom, how much, and its ids."""

    number: int
    due_us: int
    merchant_id: str
    currency: str
    exponent: int
    amount_minor: int

    @property
    def ids(self) -> Row:
        """The ids that join the tables."""
        return {
            "operation_id": f"op_{self.number:022d}",
            "payment_id": f"pay_{self.number:022d}",
            "merchant_id": self.merchant_id,
            "reference": f"order-{self.number:05d}",
        }


def make(*, seed: int, rate_per_s: int, duration_s: int, double_charges: int) -> Books:
    """Return the books of one run; `double_charges` payments are charged at both gateways."""
    dice = random.Random(seed)
    books = Books()
    doubled = {int(rate_per_s * (16.0 + 0.11 * index)) for index in range(double_charges)}
    for number in range(rate_per_s * duration_s):
        merchant_id, currency, exponent = MERCHANTS[number % len(MERCHANTS)]
        due_us = T0_US + int((number + dice.random() * 0.5) / rate_per_s * SECOND_US)
        intent = Intent(number, due_us, merchant_id, currency, exponent, int(dice.paretovariate(1.3) * 1_000))
        _payment(books, dice, intent, doubled=number in doubled)
    _breakers(books)
    _alerts(books)
    _metrics(books, duration_s)
    return books


def _payment(books: Books, dice: random.Random, intent: Intent, *, doubled: bool) -> None:
    at_s = (intent.due_us - T0_US) / SECOND_US
    broken = OUTAGE_S[0] <= at_s < OUTAGE_S[1]
    sent_us = intent.due_us + int(dice.expovariate(1 / 60))
    start_us = sent_us + 900
    if doubled:
        end_us = _attempt(books, dice, intent, 1, "stripe", start_us, "timed_out_but_executed")
        end_us = _attempt(books, dice, intent, 2, "paypal", end_us, "succeeded")
    elif broken and at_s < BREAKER_OPENS_S and dice.random() < 0.35:
        end_us = _attempt(books, dice, intent, 1, "stripe", start_us, "unknown_then_known")
    elif broken and at_s < BREAKER_OPENS_S:
        end_us = _attempt(books, dice, intent, 1, "stripe", start_us, "refused")
        end_us = _attempt(books, dice, intent, 2, "paypal", end_us, "succeeded")
    elif broken or BREAKER_OPENS_S < at_s < BREAKER_CLOSES_S:
        end_us = _attempt(books, dice, intent, 1, "paypal", start_us, "succeeded")
    elif dice.random() < 0.06:
        end_us = _attempt(books, dice, intent, 1, "stripe", start_us, "declined")
    else:
        end_us = _attempt(books, dice, intent, 1, "stripe", start_us, "succeeded")
    _client(books, intent, sent_us, end_us)


def _attempt(
    books: Books, dice: random.Random, intent: Intent, seq: int, gateway: str, start_us: int, fate: str
) -> int:
    ids = {**intent.ids, "attempt_id": f"att_{intent.number:020d}_{seq}"}
    key = f"key-{intent.number}-{seq}"
    money = {"amount_minor": intent.amount_minor, "currency": intent.currency}
    think_us = int(dice.lognormvariate(9.2, 0.5))
    answered_us = start_us + think_us
    ends = {"refused": start_us + 700, "timed_out_but_executed": start_us + 1_500_000}
    known_us = {"unknown_then_known": T0_US + int((OUTAGE_S[1] + 1.5 + dice.random()) * SECOND_US)}.get(fate)
    decided_us = known_us or ends.get(fate, answered_us + 400)
    final = {"refused": "not_executed", "timed_out_but_executed": "not_executed", "declined": "declined"}
    state = final.get(fate, "succeeded")
    steps = [("", "prepared", start_us - 300), ("prepared", "dispatched", start_us)]
    if known_us:
        steps.append(("dispatched", "unknown", start_us + 1_500_000))
    steps.append((steps[-1][1], state, decided_us))
    for before, after, at_us in steps:
        evidence = {"unknown": "transport", "succeeded": "resend" if known_us else "reply"}.get(after, "")
        books.add(
            "attempt_transitions",
            attempt_id=ids["attempt_id"], operation_id=ids["operation_id"],
            from_state=before, to_state=after, evidence=evidence, at_us=at_us,
        )  # fmt: skip
    books.add(
        "attempts",
        attempt_id=ids["attempt_id"], operation_id=ids["operation_id"], payment_id=ids["payment_id"],
        gateway=gateway, seq=seq, gateway_key=key, state=state, gateway_ref="", **money,
        phase="refused" if fate == "refused" else "answered", http_status=None, code="", evidence="reply",
        prepared_at_us=start_us - 300, dispatched_at_us=start_us, decided_at_us=decided_us, sends=1,
    )  # fmt: skip
    executed = fate in ("succeeded", "timed_out_but_executed", "unknown_then_known")
    if fate != "refused":
        lost = fate == "timed_out_but_executed"
        arrived_us = (known_us - 9_000) if known_us else start_us + 400
        _gateway(books, intent, ids, key, gateway, arrived_us, answered_us, executed=executed, lost=lost)
    if state == "succeeded":
        _ledger(books, intent, ids, gateway, decided_us)
    return start_us + 1_500_400 if known_us else decided_us


def _gateway(
    books: Books, intent: Intent, ids: Row, key: str, gateway: str, arrived_us: int, answered_us: int,
    *, executed: bool, lost: bool,
) -> None:  # fmt: skip
    answered_us = max(answered_us, arrived_us + 4_000)
    money = {"amount_minor": intent.amount_minor, "currency": intent.currency}
    books.add(
        "gateway_calls",
        gateway=gateway, call_id=f"call_{gateway}_{ids['attempt_id']}", method="POST", endpoint="create", **ids,
        gateway_key=key, correlation_id=f"c-{intent.number}", arrived_at_us=arrived_us,
        answered_at_us=None if lost else answered_us, http_status=None if lost else (200 if executed else 402),
        result="executed" if executed else "declined", fault="execute_then_drop" if lost else "",
    )  # fmt: skip
    charge_id = f"ch_{gateway}_{ids['attempt_id']}"
    books.add(
        "gateway_charges",
        gateway=gateway, charge_id=charge_id, **ids, gateway_key=key, **money,
        status="captured" if executed else "declined", authorized_minor=0,
        captured_minor=intent.amount_minor if executed else 0, refunded_minor=0, executed=executed,
        created_at_us=arrived_us,
    )  # fmt: skip
    if executed:
        books.add(
            "gateway_movements",
            gateway=gateway, movement_id=f"mv_{charge_id}", charge_id=charge_id, kind="capture", **ids,
            gateway_key=key, **money, at_us=arrived_us + 2_000,
        )  # fmt: skip


def _ledger(books: Books, intent: Intent, ids: Row, gateway: str, at_us: int) -> None:
    cause = f"capture:{ids['attempt_id']}"
    accounts = (f"gateway:{gateway}:clearing", 1), (f"merchant:{intent.merchant_id}:payable", -1)
    for account, sign in accounts:
        books.add(
            "postings",
            posting_id=f"{cause}:{sign}", journal_id=cause, cause=cause, account=account, currency=intent.currency,
            amount_minor=sign * intent.amount_minor, payment_id=ids["payment_id"], operation_id=ids["operation_id"],
            attempt_id=ids["attempt_id"], created_at_us=at_us,
        )  # fmt: skip


def _client(books: Books, intent: Intent, sent_us: int, end_us: int) -> None:
    ids = intent.ids
    attempts = [row for row in books.tables["attempts"][-2:] if row["payment_id"] == ids["payment_id"]]
    last = attempts[-1]
    done_us = end_us + 900
    known_late = last["decided_at_us"] > done_us
    declined = last["state"] == "declined"
    outcome, status = ("FAILED", 402) if declined else (("UNKNOWN", 202) if known_late else ("OK", 201))
    final = "failed" if declined else "captured"
    asked = {
        "kind": "create", "flow": "sale", "arrival": intent.number, "merchant_id": intent.merchant_id,
        "idempotency_key": f"idem-{intent.number}", "payload_hash": "", "reference": ids["reference"],
        "payment_id": "", "refund_id": "", "amount_minor": intent.amount_minor, "currency": intent.currency,
        "exponent": intent.exponent, "amount_form": "minor", "capture_mode": "automatic",
        "payment_method": "pm_card_visa", "expect": "decline" if declined else "succeed", "replica": "api1",
        "correlation_id": f"c-{intent.number}", "worker": "0",
    }  # fmt: skip
    got = {
        "definite": outcome != "UNKNOWN", "replayed": False, "body_sha256": "", "got_payment_id": ids["payment_id"],
        "got_refund_id": "", "got_amount_minor": intent.amount_minor, "got_currency": intent.currency,
        "got_captured_minor": 0, "got_refunded_minor": 0, "got_version": 3, "got_gateway": last["gateway"],
        "got_merchant_id": intent.merchant_id, "error": "",
    }  # fmt: skip
    books.add(
        "history",
        **asked, **got, op=f"o{intent.number}", attempt=1, due_us=intent.due_us, sent_us=sent_us, done_us=done_us,
        outcome=outcome, http_status=status, error_code="card_declined" if declined else "",
        got_status="processing" if known_late else final,
    )  # fmt: skip
    read_us = T0_US + 63 * SECOND_US + intent.number * 300
    asked["kind"], asked["flow"] = "final_read", "final_read"
    books.add(
        "history",
        **asked, **got, op=f"f{intent.number}", attempt=1, due_us=read_us, sent_us=read_us, done_us=read_us + 2_000,
        outcome="OK", http_status=200, error_code="", got_status=final,
    )  # fmt: skip
    _core(books, intent, last, sent_us, final)


def _core(books: Books, intent: Intent, last: Row, sent_us: int, final: str) -> None:
    ids, decided_us = intent.ids, last["decided_at_us"]
    money = {"amount_minor": intent.amount_minor, "currency": intent.currency}
    books.add(
        "operations",
        **ids, kind="sale", refund_id="", idempotency_key=f"idem-{intent.number}", **money,
        state="declined" if final == "failed" else "succeeded", resolve_count=0, manual_reason="",
        correlation_id=f"c-{intent.number}", created_at_us=sent_us + 500, decided_at_us=decided_us,
    )  # fmt: skip
    books.add(
        "payments",
        payment_id=ids["payment_id"], merchant_id=intent.merchant_id, reference=ids["reference"], **money,
        exponent=intent.exponent, capture_mode="automatic", payment_method="pm_card_visa", status=final,
        authorized_minor=0, captured_minor=intent.amount_minor if final == "captured" else 0, refunded_minor=0,
        gateway=last["gateway"], version=3, error_code="", created_at_us=sent_us + 500, updated_at_us=decided_us,
    )  # fmt: skip
    steps = [
        ("", "created", sent_us + 500),
        ("created", "processing", sent_us + 520),
        ("processing", final, decided_us),
    ]
    for version, (before, after, at_us) in enumerate(steps, start=1):
        books.add(
            "status_history",
            payment_id=ids["payment_id"], version=version, from_status=before, to_status=after, cause="", at_us=at_us,
        )  # fmt: skip
    event_id = f"evt_{intent.number}"
    books.add(
        "outbox",
        event_id=event_id, merchant_id=intent.merchant_id, payment_id=ids["payment_id"], type=f"payment.{final}",
        sequence=1, state="published", created_at_us=decided_us, published_at_us=decided_us + 30_000,
    )  # fmt: skip
    books.add(
        "sink_events",
        event_id=event_id, merchant_id=intent.merchant_id, payment_id=ids["payment_id"], type=f"payment.{final}",
        sequence=1, received_at_us=decided_us + 80_000, signature_ok=True, body_sha256="", http_status=200,
    )  # fmt: skip


def _breakers(books: Books) -> None:
    times = [("closed", "open", BREAKER_OPENS_S), ("open", "half_open", 19.3), ("half_open", "open", 19.9)]
    times += [("open", "half_open", 26.0), ("half_open", "open", 26.5), ("open", "half_open", 35.6)]
    times += [("half_open", "closed", BREAKER_CLOSES_S)]
    for version, (before, after, at_s) in enumerate(times, start=1):
        books.add(
            "breaker_transitions",
            gateway="stripe", operation_class="charge", from_state=before, to_state=after, version=version,
            reason="5 failures of 8 in 5 s" if after == "open" else "", process="api1",
            at_us=T0_US + int(at_s * SECOND_US),
        )  # fmt: skip


def _alerts(books: Books) -> None:
    steps = [("inactive", 0.0), ("pending", BREAKER_OPENS_S), ("firing", 22.0), ("inactive", BREAKER_CLOSES_S)]
    for name, metric in (("PaymentServiceGatewayFailure", "gateway_error_rate"), ("PaymentServiceHighErrorRate", "x")):
        for state, at_s in steps if metric != "x" else steps[:1]:
            books.add(
                "alerts",
                at_us=T0_US + int(at_s * SECOND_US), alert=name, metric=metric, severity="warning", state=state,
                value=100.0,
            )  # fmt: skip


def _metrics(books: Books, duration_s: int) -> None:
    for second in range(duration_s):
        for process, share in (("api1", 0.31), ("api2", 0.29), ("load-0", 0.12), ("pg-a", 0.2)):
            row = {"at_us": T0_US + second * SECOND_US, "process": process}
            books.add("metrics", **row, metric="cpu_share", value=share + 0.01 * (second % 5))
            books.add("metrics", **row, metric="rss_bytes", value=90e6 + second * 1e5)
