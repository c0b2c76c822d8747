"""I21: all that clients did and saw of one payment could have happened one at a time.

Sessions (I19, I20) see one client each. This one looks at everybody: two clients at two replicas, retries, racers under
one key, answers that came late or never. Each payment is searched by itself, since linearizability is local.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Undecided, Violation, Witness
from harness.core.verdicts import Verdict
from harness.invariants._payment_calls import Row, calls_of, payment_rows
from harness.invariants._payment_object import Act, PaymentObject
from harness.invariants._telling import violation
from harness.linearizability import Search, check, draw

SEARCH_S = 10.0
"""For one payment. Dozens of calls that overlap take milliseconds."""
ALL_S = 120.0
"""For all payments of a run together."""


def _violations(evidence: Evidence) -> Sequence[Violation]:
    found, unknown, until = [], 0, time.monotonic() + ALL_S
    reason = ""
    for rows in _payments(evidence):
        left_s = min(SEARCH_S, until - time.monotonic())
        search = _search(rows, left_s) if left_s > 0 else None
        if search is None or search.verdict is Verdict.INCONCLUSIVE:
            unknown += 1
            reason = reason or (search.reason if search else f"out of time: all payments together have {ALL_S:g} s")
        elif search.verdict is Verdict.FAIL:
            found.append(_told(rows, search))
    if unknown and not found:
        raise Undecided(f"the calls of {unknown} payments could not be put in an order in time ({reason})")
    return found


def _payments(evidence: Evidence) -> Iterator[list[Row]]:
    rows = evidence.stream(f"SELECT * FROM {payment_rows(evidence)} ORDER BY subject, sent_us")
    for _, group in groupby(rows, itemgetter(0)):
        yield [Row(*row) for row in group]


def _search(rows: Sequence[Row], time_limit_s: float) -> Search[Act]:
    model = PaymentObject(rows[0].payment_minor or 0, rows[0].capture_mode != "manual")
    return check(model, calls_of(rows), time_limit_s=time_limit_s)


def _told(rows: Sequence[Row], search: Search[Act]) -> Violation:
    row, stuck = rows[0], search.stuck
    told = " or ".join(sorted({_tell(call.what) for call in stuck}))
    about = {
        "subject": row.subject,
        "reference": row.reference,
        "amount_minor": row.payment_minor,
        "currency": row.currency,
    }
    what = (
        f"what clients did and saw of payment {row.subject} has no order; the longest that is possible has "
        f"{len(search.order)} of its calls and cannot go on with {told} (drawn in seconds from its first call)"
    )
    picture = tuple(draw(search, _tell, unit=1_000_000).splitlines())
    return replace(violation(about, what, size=len(search.order) + len(stuck)), picture=picture)


def _tell(act: Act) -> str:
    if act.what == "look":
        shown = [f"version {act.version}" if act.version is not None else "", _sum("captured", act.captured_minor)]
        return f"{act.op} shows {', '.join(filter(None, [act.status, *shown, _sum('refunded', act.refunded_minor)]))}"
    if act.what == "look_refund":
        return f"{act.op} shows that refund {act.number + 1} is {act.status}"
    return f"{act.what.replace('_', ' ')} {act.amount_minor or ''}".strip() + (f" by {act.op}" if act.op else "")


def _sum(word: str, amount_minor: int | None) -> str:
    return "" if amount_minor is None else f"{amount_minor} {word}"


def _count(evidence: Evidence) -> int:
    return evidence.count(
        f"""
        WITH spans AS (
            SELECT subject, op, sent_us, max(done_us) OVER (PARTITION BY subject ORDER BY sent_us, op
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS busy_until
            FROM {payment_rows(evidence)}
        ) SELECT count(DISTINCT subject) FROM spans WHERE sent_us <= busy_until
        """
    )


INVARIANT = Invariant(
    id="I21",
    sentence="What clients did and saw of each payment could have happened one call at a time, in an order that "
    "respects real time; a call without an answer may take effect later or never.",
    kind="safety",
    needs=("history",),
    witness=Witness("payments with calls that overlapped", 5, _count),
    violations=_violations,
)
