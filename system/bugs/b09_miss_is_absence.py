"""A lookup that finds nothing counts as proof that nothing was charged.

How it happens: "we searched for it and it is not there, so charge again" is right for a database and wrong for a
gateway's search index, which lags behind its ledger. I1 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.decisions.resolving import LOOKUP, RESEND, Facts, Limits, Step
from system.gateway import Advice, GatewayReply, Knowledge, Phase
from system.seams import Seams

BUG = Bug(
    id="B09",
    title="a lookup that finds nothing counts as absence",
    caught_by=("I1",),
    shown_by=("answer_lost",),
)

ABSENT = GatewayReply(
    Knowledge.DEFINITE_NO, Advice.FALLBACK_OK, Phase.ANSWERED, code="not_found_at_gateway", not_executed=True
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose resolver searches before it asks again, and believes what it does not find."""

    def decide(facts: Facts, limits: Limits) -> Step:
        return {RESEND: LOOKUP, LOOKUP: RESEND}.get(step := seams.decide(facts, limits), step)

    def read_miss(misses: int, window_s: float) -> GatewayReply | None:
        reached()
        return ABSENT

    return replace(seams, decide=decide, read_miss=read_miss)
