"""What was acknowledged while it was on one node only: on a database whose writes go on without a standby."""

from collections.abc import Iterator

from harness.core.evidence import Evidence
from harness.core.recovery import SingleCopy

NODES, ALONE = "database nodes", "without a standby"
"""Facts of the plan, in the group `durability`."""
ONE_COPY, WAITS = "commits are acknowledged with one copy", "commits wait"
"""What a database does that has lost its standbys."""

PROMISING_NODES = 3
"""So many and more never acknowledge what is on one node only: losing one of them still leaves two."""

_ACKNOWLEDGED = """
SELECT subject, arg_min(minor, done_us) AS minor, arg_min(currency, done_us) AS currency, min(done_us) AS first_us
FROM (
    SELECT CASE kind WHEN 'create' THEN got_payment_id ELSE got_refund_id END AS subject, got_amount_minor AS minor,
        got_currency AS currency, done_us
    FROM history WHERE kind IN ('create', 'refund') AND outcome = 'OK'
)
WHERE subject IS NOT NULL AND subject <> '' GROUP BY subject
"""


def single_copy(evidence: Evidence) -> SingleCopy | None:
    """Return the account; None where commits wait for a standby whatever happens, or nobody tells."""
    said = evidence.plan.get("settings", {}).get("durability", {})
    if said.get(ALONE) != ONE_COPY:
        return None
    spans = list(alone(evidence))
    nodes, seconds = int(said.get(NODES, 0)), sum(end - begin for begin, end in spans) / 1e6
    money: dict[str, int] = {}
    payments = 0
    for row in evidence.rows(_ACKNOWLEDGED) if evidence.has("history") else ():
        if any(begin <= row["first_us"] <= end for begin, end in spans):
            payments += 1
            currency = str(row["currency"] or "")
            money[currency] = money.get(currency, 0) + int(row["minor"] or 0)
    return SingleCopy(nodes, round(seconds, 3), payments, dict(sorted(money.items())))


def small_profile(evidence: Evidence) -> int:
    """Return how many nodes a database has that says beforehand that it goes on with one copy; 0 where it does not.

    That is the profile for small machines. Three nodes whose commits wait for nobody promise what they do not keep.
    """
    said = evidence.plan.get("settings", {}).get("durability", {})
    nodes = int(said.get(NODES, 0))
    return nodes if said.get(ALONE) == ONE_COPY and nodes < PROMISING_NODES else 0


def alone(evidence: Evidence) -> Iterator[tuple[int, int]]:
    """Yield (from_us, to_us) of every stretch in which the primary took writes and no standby was waited for."""
    waited_for: dict[str, tuple[int, int]] = {}
    since_us: int | None = None
    events = evidence.events_of("database_state")
    for event in events:
        node = str(event.detail["node"])
        waited_for.pop(node, None)
        if event.detail.get("accepts_writes"):
            waited_for[node] = (int(event.detail.get("timeline") or 0), int(event.detail.get("synchronous") or 0))
        alone = bool(waited_for) and max(waited_for.values())[1] == 0
        if alone and since_us is None:
            since_us = event.at_us
        elif not alone and since_us is not None:
            yield since_us, event.at_us
            since_us = None
    if since_us is not None:
        yield since_us, max(evidence.load_end_us, events[-1].at_us)
