"""I53: the receiving side. Only a 2xx in time is a receipt; until then the event is tried again as it was promised.

The rules are those that gateways publish for their own webhooks: any other status and any time-out count as failures
and are tried again, and so does any redirect (https://support.stripe.com/questions/
webhooks-what-to-do-when-the-http-status-code-starts-with-a-three-(3xx), read on 2026-12-01).
"""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._receipts import BACKOFF_MAX_S, GIVE_UP_S, RECEIPT, SLACK_S, TIMEOUT_S, failing
from harness.invariants._telling import clock, first_of_each, violation
from harness.invariants._waiting import unsettled, waited_us


def _given_up(evidence: Evidence) -> list[Violation]:
    """Events that no endpoint acknowledged, and that nobody tried again although there was the time."""
    longest_s = evidence.setting("PAY_WEBHOOK_BACKOFF_MAX_S", BACKOFF_MAX_S)
    give_up_s = evidence.setting("PAY_WEBHOOK_GIVE_UP_S", GIVE_UP_S)
    end_us = max([evidence.load_end_us, *(event.at_us for event in evidence.events)])
    patience_us = (longest_s + TIMEOUT_S + SLACK_S) * 1e6
    rows = evidence.rows(
        f"""
        SELECT DISTINCT event_id, merchant_id FROM webhook_deliveries
        SEMI JOIN (SELECT event_id, merchant_id FROM sink_events WHERE NOT {RECEIPT}) USING (event_id, merchant_id)
        WHERE state <> 'pending'
        """
    )
    ended = {(row["event_id"], row["merchant_id"]) for row in rows}
    late = unsettled(evidence)
    found = []
    for (event_id, merchant_id), tries in failing(evidence):
        last = tries[-1]
        old = (last["received_at_us"] - tries[0]["received_at_us"]) / 1e6 > give_up_s - longest_s
        received = any(row["receipt"] for row in tries)
        if received or old or waited_us(evidence, last["received_at_us"], end_us) < patience_us:
            continue
        text = f"event {event_id} ({last['type']}) was answered {last['http_status'] or 'nothing'} by {merchant_id} at "
        text += f"its last try, number {len(tries)}, {clock(evidence, last['received_at_us'])}, and never tried again"
        about = {"subject": event_id, "reference": last["told_reference"]}
        # Of what counts as delivered, or was given up, no try is on its way.
        timed = late and (event_id, merchant_id) not in ended
        found.append(violation(about, text, size=len(tries), timed=timed))
    return found


def _unreceived(evidence: Evidence) -> list[Violation]:
    """Events that we call delivered although their endpoint never gave a receipt in time, and redirects followed."""
    rows = evidence.rows(
        f"""
        WITH receipts AS (
            SELECT hash(event_id, merchant_id) AS receipt FROM sink_events WHERE {RECEIPT} AND NOT redirected
        ), without AS (
            SELECT d.event_id, d.merchant_id, d.delivered_at_us FROM webhook_deliveries d
            ANTI JOIN receipts ON receipt = hash(d.event_id, d.merchant_id) WHERE d.state = 'delivered'
        ), tried AS (
            SELECT event_id, merchant_id, arg_max(fault, received_at_us) AS fault,
                arg_max(http_status, received_at_us) AS http_status
            FROM sink_events SEMI JOIN without USING (event_id, merchant_id) GROUP BY ALL
        )
        SELECT d.event_id AS subject, d.merchant_id, t.http_status, t.fault, d.delivered_at_us AS at_us, false AS moved
        FROM without d JOIN tried t ON t.event_id = d.event_id AND t.merchant_id = d.merchant_id
        UNION ALL
        SELECT event_id, merchant_id, http_status, fault, received_at_us, true FROM sink_events WHERE redirected
        """
    )
    return [
        violation(
            row,
            f"event {row['subject']} went where a redirect of {row['merchant_id']} pointed, at "
            f"{clock(evidence, row['at_us'])}"
            if row["moved"]
            else f"event {row['subject']} counts as delivered to {row['merchant_id']} at "
            f"{clock(evidence, row['at_us'])}, whose endpoint gave no receipt (last: "
            f"{row['http_status'] or 'no answer'}, {row['fault'] or 'no trouble'})",
            # An endpoint that is given no processor may note late what it had said in time.
            timed=not row["moved"] and 200 <= (row["http_status"] or 0) < 300,
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_unreceived(evidence), *_given_up(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM sink_events WHERE signature_ok AND NOT {RECEIPT}")


INVARIANT = Invariant(
    id="I53",
    sentence="Only a 2xx in time is a receipt: until then an event is tried again, for as long as was promised, and no "
    "redirect is followed.",
    kind="convergence",
    needs=("sink_events", "webhook_deliveries"),
    witness=Witness("deliveries that an endpoint did not acknowledge", 20, _count),
    violations=_violations,
)
