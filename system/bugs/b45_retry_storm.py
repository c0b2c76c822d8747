"""Failed calls are repeated at once, many times, and no budget stops it.

How it happens: each layer "retries to be robust"; under a brownout every client call becomes a dozen gateway calls,
which keeps the gateway down. I36 and I37 catch it.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from system.bugs.bug import Bug
from system.decisions.policies import RetryPolicy
from system.gateway import GatewayReply, Knowledge
from system.seams import Seams

BUG = Bug(
    id="B45",
    title="retries without backoff or budget",
    caught_by=("I36", "I37"),
    shown_by=("brownout",),
)

MAX_SENDS = 12


def _nobody_counts() -> None:
    """Stand in until a counter is given."""


@dataclass(frozen=True, slots=True)
class EagerRetries(RetryPolicy):
    """A policy that never has enough."""

    reached: Callable[[], None] = _nobody_counts

    def wants_resend(self, reply: GatewayReply, sends: int) -> bool:
        """Repeat whatever did not succeed and is no decline."""
        if reply.knowledge is not Knowledge.UNKNOWN and not reply.not_executed:
            return False
        return sends < self.max_sends

    def pause_s(self, sends: int, chance: random.Random) -> float:
        """No pause: each of these sends is one that the sound policy would have delayed or not made."""
        self.reached()
        return 0.0

    def within_budget(self, tokens: float) -> bool:
        """There is always money for one more."""
        return True


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams with the eager policy."""
    return replace(seams, retry=EagerRetries(MAX_SENDS, seams.retry.budget_share, reached=reached))
