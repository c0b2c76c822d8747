"""I54: the schedule that merchants are promised: after a try that failed comes the next, neither late nor hurried.

The pause doubles from try to try, and its upper half is drawn by lot: half of it is the least.
"""

from collections.abc import Sequence
from itertools import pairwise

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._receipts import BACKOFF_MAX_S, BACKOFF_S, EARLY_S, RECEIPT, SLACK_S, TIMEOUT_S, failing
from harness.invariants._telling import clock, violation
from harness.invariants._waiting import troubles, waited_us


def _violations(evidence: Evidence) -> Sequence[Violation]:
    """Events whose next try came too early or too late. One that never came is I53's matter."""
    base_s = evidence.setting("PAY_WEBHOOK_BACKOFF_S", BACKOFF_S)
    longest_s = evidence.setting("PAY_WEBHOOK_BACKOFF_MAX_S", BACKOFF_MAX_S)
    broken, found = troubles(evidence), []
    for (event_id, merchant_id), tries in failing(evidence):
        for number, (row, following) in enumerate(pairwise(tries), start=1):
            if row["receipt"]:
                break
            ended_us = row["answered_at_us"] or row["received_at_us"]
            heard = _heard(row["received_at_us"], row["answered_at_us"])
            allowed_s = min(longest_s, base_s * 2.0 ** min(number - 1, 30)) + SLACK_S
            allowed_s += 0.0 if row["answered_at_us"] else TIMEOUT_S
            next_us = following["received_at_us"]
            # Who died, or lost its database, may have forgotten how many tries there were.
            whole = all(end < tries[0]["received_at_us"] or next_us < begin for begin, end in broken)
            least_s = min(longest_s, base_s * 2.0 ** (min(number - 1, 30) if whole and heard else 0)) / 2
            hurried = next_us - ended_us < (least_s - EARLY_S) * 1e6
            if not hurried and waited_us(evidence, ended_us, next_us) <= allowed_s * 1e6:
                continue
            text = (
                f"event {event_id} ({row['type']}) was answered {row['http_status'] or 'nothing'} by {merchant_id} at "
            )
            text += f"try {number}, {clock(evidence, row['received_at_us'])}, and the next try came "
            text += f"{'already' if hurried else 'only'} at {clock(evidence, next_us)}"
            about = {"subject": event_id, "reference": row["told_reference"]}
            found.append(violation(about, text, size=number, timed=not hurried or not heard))
            break
    return found


def _heard(received_us: int, answered_us: int | None) -> bool:
    """Tell whether the try was surely answered before its sender stopped waiting: then the pause began after that."""
    return answered_us is not None and answered_us - received_us < (TIMEOUT_S - 1.0) * 1e6


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM sink_events WHERE signature_ok AND NOT {RECEIPT}")


INVARIANT = Invariant(
    id="I54",
    sentence="A delivery that was not acknowledged is tried again on the published schedule, neither late nor hurried.",
    kind="liveness",
    needs=("sink_events",),
    witness=Witness("deliveries that an endpoint did not acknowledge", 20, _count),
    violations=_violations,
)
