"""Whether a history of concurrent calls could have happened one call at a time, for any model that you can write down.

A model says what an object does when it is used by one client alone (`init` and `step`). A history says when each call
was sent and answered. `check` searches an order of the calls that respects real time and that the model allows.

    from harness.linearizability import Call, check
    from harness.linearizability.models import Register, read, write

    check(Register(), [Call(write(1), 0, 10), Call(read(1), 20, 30)]).verdict      # Verdict.PASS
"""

from harness.linearizability.checker import Call, Model, Search, check
from harness.linearizability.drawing import draw

__all__ = ["Call", "Model", "Search", "check", "draw"]
