"""What is told of an attempt that came to nothing: a code for programs and a sentence for people, whoever learns it."""

from system.decisions.policies import NOTHING_WRITTEN
from system.gateway import AUTHENTICATION_TIMEOUT, GatewayReply
from system.states import AttemptState

UNREACHABLE = "gateway_unreachable"
"""Accepted, then provably not executed at any gateway: final for this key, and stored."""

HOLD_GONE = {
    "hold_expired": "The authorization expired before it was captured.",
    "hold_canceled": "The gateway released the authorization.",
}
"""Why there is nothing to capture or to void any more, as the payment says it from then on."""


def declined_message(code: str) -> str:
    """Why a declined operation came to nothing."""
    if code == AUTHENTICATION_TIMEOUT:
        return "The payer did not confirm it in time."
    return HOLD_GONE.get(code) or f"The gateway declined it ({code})."


def code_of(state: AttemptState, reply: GatewayReply) -> str:
    """The code that goes with a state which a reply proves; '' where there is nothing to say."""
    if state is AttemptState.DECLINED:
        return reply.code or "declined"
    if state is AttemptState.NOT_EXECUTED and reply.phase in NOTHING_WRITTEN:
        return UNREACHABLE
    return reply.code


def message_of(state: AttemptState, code: str) -> str | None:
    """The sentence that goes with a state and its code; None where the state says it all."""
    match state:
        case AttemptState.DECLINED:
            return declined_message(code)
        case AttemptState.NOT_EXECUTED if code == UNREACHABLE:
            return "No gateway could be reached."
        case AttemptState.NOT_EXECUTED:
            return f"It was not executed ({code}); no money was moved."
        case AttemptState.MANUAL:
            return f"Its outcome could not be found out ({code}); people are looking at it."
    return None
