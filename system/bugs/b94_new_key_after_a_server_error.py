"""After an answered server error the call is made again under a new key.

How it happens: a gateway that repeats a 500 from its memory never says anything else under that key, so somebody
"fixes" the retries by changing the key whenever a server answered with an error. I55 catches it, and I1 the money.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import GatewayReply, GatewayRequest
from system.seams import Seams

BUG = Bug(
    id="B94",
    title="a server error is retried under a new gateway key",
    caught_by=("I55", "I1"),
    shown_by=("executed_then_error", "executed_then_error_elsewhere"),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which an attempt that was answered with a 5xx goes on under another key."""
    errors: dict[str, int] = {}

    def classify(request: GatewayRequest, reply: GatewayReply) -> GatewayReply:
        if (reply.http_status or 0) >= 500:
            errors[request.attempt_id] = errors.get(request.attempt_id, 0) + 1
        return seams.classify(request, reply)

    def gateway_key(attempt_id: str, send: int) -> str:
        seen = errors.get(attempt_id, 0)
        if not seen:
            return seams.gateway_key(attempt_id, send)
        reached()
        return f"{attempt_id}-after-{seen}"

    return replace(seams, classify=classify, gateway_key=gateway_key, recovery_key=gateway_key)
