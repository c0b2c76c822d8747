"""I53: the receiving side. Only a 2xx in time is a receipt; until then the event is tried again as it was promised.

The rules are those that gateways publish for their own webhooks: any other status and any time-out count as failures
and are tried again, and so does any redirect (https://support.stripe.com/questions/
webhooks-what-to-do-when-the-http-status-code-starts-with-a-three-(3xx), read on 2026-12-01).
"""

from collections.abc import Sequence
from typing import Any

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, first_of_each, grouped, violation
from harness.invariants._waiting import waited_us

TIMEOUT_S = 3.0
"""How long an endpoint may take to answer, as merchants are told."""
BACKOFF_S, BACKOFF_MAX_S, GIVE_UP_S = 0.5, 2.0, 259_200.0
"""The schedule where the plan does not tell: the pause doubles from the first to the second, until the third passed."""
SLACK_S = 6.0
"""How much later than planned a try may come on a busy machine."""
EARLY_S = 0.1
"""How much earlier: clocks of two processes."""

_RECEIPT = (
    f"coalesce(http_status BETWEEN 200 AND 299 AND answered_at_us <= received_at_us + {int(TIMEOUT_S * 1e6)}, false)"
)


def _tries(evidence: Evidence) -> list[tuple[tuple[Any, ...], list[Any]]]:
    """Return the deliveries of each event to each merchant that did not succeed at once, oldest first."""
    rows = evidence.rows(
        f"""
        WITH failing AS (SELECT DISTINCT event_id, merchant_id FROM sink_events WHERE NOT {_RECEIPT})
        SELECT s.*, {_RECEIPT} AS receipt FROM sink_events s SEMI JOIN failing f
            ON f.event_id = s.event_id AND f.merchant_id = s.merchant_id
        WHERE s.signature_ok ORDER BY s.event_id, s.merchant_id, s.received_at_us
        """
    )
    return list(grouped(rows, "event_id", "merchant_id").items())


def _broken(evidence: Evidence) -> list[Violation]:
    """Events whose next try came too early, too late, or never."""
    base_s = evidence.setting("PAY_WEBHOOK_BACKOFF_S", BACKOFF_S)
    longest_s = evidence.setting("PAY_WEBHOOK_BACKOFF_MAX_S", BACKOFF_MAX_S)
    give_up_s = evidence.setting("PAY_WEBHOOK_GIVE_UP_S", GIVE_UP_S)
    end_us = max([evidence.load_end_us, *(event.at_us for event in evidence.events)])
    found = []
    for (event_id, merchant_id), tries in _tries(evidence):
        for number, (row, following) in enumerate(zip(tries, [*tries[1:], None], strict=True), start=1):
            if row["receipt"]:
                break
            ended_us = row["answered_at_us"] or row["received_at_us"]
            allowed_s = min(longest_s, base_s * 2.0 ** min(number - 1, 30)) + SLACK_S
            allowed_s += 0.0 if row["answered_at_us"] else TIMEOUT_S
            next_us = following["received_at_us"] if following else end_us
            old = (row["received_at_us"] - tries[0]["received_at_us"]) / 1e6 > give_up_s - longest_s
            what = ""
            if waited_us(evidence, ended_us, next_us) > allowed_s * 1e6 and not (following is None and old):
                what = f"the next try came at {clock(evidence, following['received_at_us'] if following else None)}"
            elif following and next_us - ended_us < (base_s / 2 - EARLY_S) * 1e6:
                what = f"the next try came already at {clock(evidence, next_us)}"
            if what:
                answer = row["http_status"] or "nothing"
                text = f"event {event_id} ({row['type']}) was answered {answer} by {merchant_id} at try {number}, "
                text += f"{clock(evidence, row['received_at_us'])}, and {what}"
                found.append(violation({"subject": event_id, "reference": row["told_reference"]}, text, size=number))
                break
    return found


def _unreceived(evidence: Evidence) -> list[Violation]:
    """Events that we call delivered although their endpoint never gave a receipt in time, and redirects followed."""
    rows = evidence.rows(
        f"""
        WITH receipts AS (SELECT event_id, merchant_id FROM sink_events WHERE {_RECEIPT} AND NOT redirected),
        tried AS (SELECT event_id, merchant_id, arg_max(fault, received_at_us) AS fault,
            arg_max(http_status, received_at_us) AS http_status FROM sink_events GROUP BY ALL)
        SELECT d.event_id AS subject, d.merchant_id, t.http_status, t.fault, d.delivered_at_us AS at_us, false AS moved
        FROM webhook_deliveries d JOIN tried t ON t.event_id = d.event_id AND t.merchant_id = d.merchant_id
        ANTI JOIN receipts r ON r.event_id = d.event_id AND r.merchant_id = d.merchant_id
        WHERE d.state = 'delivered'
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
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_unreceived(evidence), *_broken(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM sink_events WHERE signature_ok AND NOT {_RECEIPT}")


INVARIANT = Invariant(
    id="I53",
    sentence="Only a 2xx in time is a receipt: until then an event is tried again on the published schedule, neither "
    "given up early nor hurried, and no redirect is followed.",
    kind="liveness",
    needs=("sink_events", "webhook_deliveries"),
    witness=Witness("deliveries that an endpoint did not acknowledge", 20, _count),
    violations=_violations,
)
