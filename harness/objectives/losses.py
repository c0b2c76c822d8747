"""The account of acknowledged payments that a run lost, and whether its zero means anything."""

from harness.core.evidence import Evidence
from harness.core.recovery import DataLoss
from harness.invariants.i02_acknowledged_is_stored import INVARIANT
from harness.objectives.moves import failovers, returns


def data_loss(evidence: Evidence) -> DataLoss:
    """Return the account: I2's counterexamples, counted, added up by currency, and listed.

    A zero is known only when the final reads have finished and a failover to another node was truly seen: where the old
    primary came back, its own disk has saved what it had acknowledged. A loss is a loss either way.
    """
    spared = evidence.not_given.intersection(INVARIANT.spares)
    missing = [table for table in INVARIANT.needs if not evidence.has(table) and table not in spared]
    if missing:
        return DataLoss(0, known=False, reason=f"missing: {', '.join(missing)}")
    lost = INVARIANT.violations(evidence)
    money: dict[str, int] = {}
    for violation in lost:
        for currency, minor in violation.money.items():
            money[currency] = money.get(currency, 0) + minor
    seen = failovers(evidence)
    came_back = tuple(sorted({move.old.node for move in returns(evidence)}))
    reason = "" if lost else _doubt(evidence, len(seen), came_back)
    return DataLoss(
        payments=len(lost),
        money=dict(sorted(money.items())),
        references=tuple(sorted({violation.reference or violation.subject for violation in lost})),
        at_stake=_at_stake(evidence, max((move.writable_us or 0 for move in seen), default=0)),
        failovers=len(seen),
        known=not reason,
        reason=reason,
        came_back=came_back,
    )


def _doubt(evidence: Evidence, seen: int, came_back: tuple[str, ...]) -> str:
    reads = evidence.events_of("final_reads")
    if not reads or not reads[-1].detail.get("finished", False):
        return "the final reads did not finish"
    if seen:
        return ""
    if came_back:
        return f"no other node took over: {saved_by_a_disk(came_back)}"
    return "no failover was seen"


def saved_by_a_disk(nodes: tuple[str, ...]) -> str:
    """Return the sentence about what was saved without any copy."""
    return f"what {' and '.join(nodes)} had acknowledged was saved by a disk that came back"


def _at_stake(evidence: Evidence, until_us: int) -> int:
    return evidence.count(
        "SELECT count(DISTINCT got_payment_id) FROM history WHERE kind = 'create' AND outcome = 'OK' AND done_us <= ?",
        [until_us],
    )
