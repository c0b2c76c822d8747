"""Verbs for stories about reconciliation and operators, and the bad stories among them."""

from collections.abc import Callable
from dataclasses import replace

from tests.harness.invariants.story import Paid, Row, Story, at

Teller = Callable[[Story], None]


def reconciled(story: Story, at_s: float, *, trusted_s: float = 3.0, gateway: str = "stripe", **counts: int) -> Row:
    """A reconciliation that could trust the feed up to `trusted_s` seconds before it."""
    row: Row = {"feed_lines": 9, "attempts_compared": 9, "breaks_found": 0, "breaks_new": 0, "repairs": 0,
                "left_to_people": 0, **counts}  # fmt: skip
    return story.add(
        "reconciliation_runs", run_id=story.new("rec_"), gateway=gateway, from_us=at(0), to_us=at(at_s), dry_run=False,
        asked_by="worker", state="complete", trusted_until_us=at(at_s - trusted_s), started_at_us=at(at_s),
        finished_at_us=at(at_s + 0.05), **row,
    )  # fmt: skip


def broken(
    story: Story, paid: Paid, at_s: float, kind: str, state: str, *, action: str = "record", **values: object
) -> Row:
    """A break of a payment's attempt, with its audit row where it was repaired or left to people."""
    break_id = f"brk_stripe_{kind}_{paid.attempt_id}"
    row: Row = {
        "break_id": break_id, "gateway": "stripe", "kind": kind, "state": state, "action": action, "reason": "why",
        "attempt_id": paid.attempt_id, "operation_id": paid.operation_id, "payment_id": paid.payment_id,
        "line_id": story.new("txn_"), "ours": "manual", "theirs": "capture", "amount_minor": paid.amount_minor,
        "their_amount_minor": paid.amount_minor, "currency": paid.currency, "first_run_id": "rec_1",
        "last_run_id": "rec_1", "found_at_us": at(at_s), "settled_at_us": at(at_s + 0.02),
    }  # fmt: skip
    if state in {"repaired", "manual"}:
        audited(story, at_s + 0.02, "reconcile", break_id, state)
    return story.add("reconciliation_breaks", **{**row, **values})


def audited(story: Story, at_s: float, action: str, about: str, outcome: str, **values: object) -> Row:
    """A row of the audit."""
    row: Row = {"at_us": at(at_s), "actor": "worker", "action": action, "object": about, "outcome": outcome,
                "origin": "worker", "detail": None, "request_id": None}  # fmt: skip
    return story.add("audit", **{**row, **values})


def operated(story: Story, at_s: float, action: str = "switch_gateway", status: int | None = 200) -> Row:
    """An operator's action that the harness asked for, and its row."""
    request_id = story.new("op-")
    story.events.append({"at_us": at(at_s + 0.1), "kind": "operator_action", "request_id": request_id, "action": action,
                         "asked_at_us": at(at_s), "status": status})  # fmt: skip
    outcome = "refused" if status is not None and status >= 400 else "done"
    return audited(story, at_s + 0.05, action, "routing", outcome, actor="operator", request_id=request_id)


def adopted(story: Story, at_s: float) -> Paid:
    """A sale whose answer was lost and that went to people, until a reconciliation found it in the feed."""
    paid = story.sale(at_s, told=False)
    told = story.create(paid, at_s, outcome="UNKNOWN", lasting_s=1.6)
    told.update(http_status=202, got_payment_id=paid.payment_id, got_status="processing", got_version=2)
    told.update(got_merchant_id=paid.merchant_id)
    story.find("attempts", attempt_id=paid.attempt_id).update(evidence="feed", decided_at_us=at(15.05))
    last = story.find("attempt_transitions", attempt_id=paid.attempt_id, to_state="succeeded")
    last.update(from_state="manual", evidence="feed", at_us=at(15.05))
    for before, after, moment in (("dispatched", "unknown", 1.5), ("unknown", "manual", 3.0)):
        story.add("attempt_transitions", attempt_id=paid.attempt_id, operation_id=paid.operation_id,
                  from_state=before, to_state=after, evidence="timeout", at_us=at(at_s + moment))  # fmt: skip
    audited(story, at_s + 3.0, "unknown_to_manual_queue", paid.attempt_id, "alert")
    story.find("gateway_calls", attempt_id=paid.attempt_id).update(http_status=None, answered_at_us=None)
    broken(story, paid, 15.0, "missing_here", "repaired")
    return paid


def read_feed(story: Story, at_s: float) -> None:
    """A reading of the gateway's feed."""
    nobody = {"operation_id": "", "attempt_id": "", "payment_id": "", "merchant_id": "", "reference": ""}
    story.call(story.intent(), at_s, "feed", method="GET", result="lookup", gateway_key="", **nobody)


def given_back(story: Story, at_s: float) -> Paid:
    """A charge that stripe declined in words and made in deed, beside the fallback; a reconciliation gave it back."""
    paid = story.sale(at_s + 0.1, gateway="paypal")
    story.find("attempts", attempt_id=paid.attempt_id)["seq"] = 2
    amount = paid.amount_minor
    first = story.attempt(
        paid, at_s, paid.operation_id, amount_minor=amount, gateway="stripe", state="declined", decided_s=0.03
    )
    twin = replace(paid, gateway="stripe", attempt_id=first["attempt_id"])
    story.charge(twin, at_s)
    story.movement(twin, at_s, "capture", amount, first, paid.reference, endpoint="create")
    story.last("gateway_calls").update(http_status=402)
    story.booked(twin, 15.0, twin.attempt_id, amount)
    undo = story.operation(twin, 15.1, "reversal", amount, {"reference": paid.reference})
    undo["gateway"] = "stripe"
    story.movement(twin, 15.1, "refund", amount, undo, paid.reference)
    story.booked(twin, 15.1, undo["attempt_id"], -amount)
    story.find("gateway_charges", charge_id=twin.charge_id)["refunded_minor"] = amount
    first["state"] = "reversed"
    story.add("attempt_transitions", attempt_id=twin.attempt_id, operation_id=twin.operation_id, from_state="declined",
              to_state="reversed", evidence="reversal:op", at_us=at(15.2))  # fmt: skip
    audited(story, 15.0, "late_success", twin.attempt_id, "reversal_begun")
    audited(story, 15.2, "reverse_late_success", twin.attempt_id, "reversed")
    story.announced(paid, 15.0, "payment.late_charge")
    story.announced(paid, 15.2, "payment.late_charge_reversed")
    broken(story, twin, 15.0, "charged_twice", "repaired", action="give_back", ours="declined")
    return twin


def reconciliation(story: Story) -> None:
    """Losses that only the feed told of, repaired by one reconciliation and left alone by the next two."""
    read_feed(story, 14.95)
    for number in range(3):
        adopted(story, 9.0 + number * 0.2)
    given_back(story, 9.1)
    reconciled(story, 15.0, breaks_found=4, breaks_new=4, repairs=4)
    operated(story, 15.5, "reconcile_payments")
    operated(story, 16.0)
    operated(story, 16.5, "enable_fallback_gateway", 401)
    story.last("audit")["actor"] = "unknown"
    reconciled(story, 25.0)
    reconciled(story, 26.0)


def reconciling_again_found_more(story: Story) -> None:
    story.sale()
    reconciled(story, 25.0)
    reconciled(story, 26.0, breaks_new=1)


def reconciling_again_repaired_more(story: Story) -> None:
    story.sale()
    reconciled(story, 25.0)
    reconciled(story, 26.0, repairs=1)


def a_break_that_nobody_ended(story: Story) -> None:
    broken(story, story.sale(), 15.0, "in_flight", "waiting")
    reconciled(story, 25.0)


def a_break_without_a_type(story: Story) -> None:
    broken(story, story.sale(), 15.0, "something", "repaired")


def a_break_left_to_people_without_a_reason(story: Story) -> None:
    broken(story, story.sale(), 15.0, "missing_there", "manual", reason="")


def closed_because_the_feed_did_not_show_it(story: Story) -> None:
    paid = story.sale(told=False)
    story.create(paid, 1.0, outcome="UNKNOWN", lasting_s=1.6)["http_status"] = 202
    story.find("attempts", attempt_id=paid.attempt_id).update(state="not_executed", evidence="feed")
    story.find("operations", operation_id=paid.operation_id)["state"] = "failed"
    story.find("attempt_transitions", attempt_id=paid.attempt_id, to_state="succeeded").update(
        from_state="unknown", to_state="not_executed", evidence="feed"
    )
    story.rows["postings"].clear()
    story.find("payments", payment_id=paid.payment_id)["captured_minor"] = 0
    broken(story, paid, 15.0, "in_flight", "repaired")


def canceled_although_it_was_done(story: Story) -> None:
    closed_because_the_feed_did_not_show_it(story)
    for table in ("attempts", "attempt_transitions"):
        story.last(table)["evidence"] = "cancel"
    attempt_id = story.last("attempts")["attempt_id"]
    story.call(story.intent(), 1.2, "create", result="not_executed", attempt_id=attempt_id, gateway_key=attempt_id)


def a_second_charge_taken_for_revenue(story: Story) -> None:
    paid = story.sale()
    twin = replace(paid)
    story.charge(twin, 1.2)
    story.movement(twin, 1.2, "capture", paid.amount_minor, story.last("attempts"), paid.reference)
    story.booked(twin, 15.0, paid.attempt_id, paid.amount_minor)
    broken(story, paid, 15.0, "charged_twice", "repaired", action="give_back")


def money_that_the_reconciliation_read_past(story: Story) -> None:
    paid = story.sale(told=False)
    story.find("attempts", attempt_id=paid.attempt_id)["state"] = "declined"
    story.rows["postings"].clear()
    reconciled(story, 25.0)


def an_operator_who_left_no_row(story: Story) -> None:
    operated(story, 5.0)
    story.rows["audit"].clear()


def an_operator_who_left_two_rows(story: Story) -> None:
    story.add("audit", **operated(story, 5.0))


def a_refusal_that_the_audit_calls_done(story: Story) -> None:
    operated(story, 5.0, status=400)["outcome"] = "done"


def an_action_under_another_name(story: Story) -> None:
    operated(story, 5.0)["action"] = "something"


def an_action_at_another_time(story: Story) -> None:
    operated(story, 5.0)["at_us"] = at(0.5)


def a_row_that_does_not_say_who(story: Story) -> None:
    operated(story, 5.0)["actor"] = ""


def a_repair_without_a_row(story: Story) -> None:
    broken(story, story.sale(), 15.0, "missing_here", "repaired")
    story.rows["audit"].clear()


def a_repair_with_two_rows(story: Story) -> None:
    broken(story, story.sale(), 15.0, "missing_here", "repaired")
    story.add("audit", **story.last("audit"))


def handed_to_people_without_a_row(story: Story) -> None:
    adopted(story, 2.0)
    read_feed(story, 14.9)
    story.rows["audit"] = [row for row in story.rows["audit"] if row["action"] == "reconcile"]


BAD_RECONCILIATIONS: list[tuple[Teller, set[str]]] = [
    (reconciling_again_found_more, {"I32"}),
    (reconciling_again_repaired_more, {"I32"}),
    (a_break_that_nobody_ended, {"I32"}),
    (a_break_without_a_type, {"I32"}),
    (a_break_left_to_people_without_a_reason, {"I32"}),
    (closed_because_the_feed_did_not_show_it, {"I4", "I5", "I6", "I16", "I32"}),
    (canceled_although_it_was_done, {"I4", "I5", "I16", "I32"}),
    (a_second_charge_taken_for_revenue, {"I1", "I16", "I32"}),
    (money_that_the_reconciliation_read_past, {"I4", "I16", "I32"}),
    (an_operator_who_left_no_row, {"I38"}),
    (an_operator_who_left_two_rows, {"I38"}),
    (a_refusal_that_the_audit_calls_done, {"I38"}),
    (an_action_under_another_name, {"I38"}),
    (an_action_at_another_time, {"I38"}),
    (a_row_that_does_not_say_who, {"I38"}),
    (a_repair_without_a_row, {"I38"}),
    (a_repair_with_two_rows, {"I38"}),
    (handed_to_people_without_a_row, {"I38"}),
]
