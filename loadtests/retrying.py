"""When a client sends again: the same bytes under the same key, less and less often, and not for ever."""

from harness.core.verdicts import Outcome
from loadtests.answers import NEVER_SENT, Reading
from loadtests.http1 import Answer
from loadtests.job import Settings

RETRY_AFTER_MAX_S = 5.0
DEFINITE_AND_TEMPORARY = frozenset({429, 503})
ELSEWHERE_S = 0.01
"""The pause before the other replica is asked, where nobody listened at the first."""


def backoff_s(settings: Settings, attempt: int, jitter: float) -> float:
    """Return the pause after that attempt (1, 2, ...): exponential with full jitter in [0, 1), and never nothing."""
    ceiling = min(settings.backoff_max_s, settings.backoff_s * 2.0 ** (attempt - 1))
    return max(0.01, ceiling * jitter)


def retry_after_s(answer: Answer) -> float:
    """Return the seconds that the answer asks us to wait, 0.0 where it does not, at most `RETRY_AFTER_MAX_S`."""
    text = answer.header(b"retry-after")
    return min(float(text), RETRY_AFTER_MAX_S) if text.isdigit() else 0.0


def pause_before_retry(
    settings: Settings, attempt: int, answer: Answer, reading: Reading, jitter: float
) -> float | None:
    """Return how long to wait before sending again, None where it shall not be sent again.

    UNKNOWN is sent again up to `settings.attempts` times, except a 202, which is followed by reading; so is a request
    that found nobody listening, at first at once, at the next replica, as behind a load balancer. A definite but
    temporary refusal is tried once more, as shopkeepers do. Everything else is final.
    """
    if reading.outcome == Outcome.OK:
        return None
    if reading.error in NEVER_SENT:
        if attempt >= settings.attempts:
            return None
        return ELSEWHERE_S if attempt == 1 else backoff_s(settings, attempt, jitter)
    if reading.outcome == Outcome.FAILED:
        if answer.status not in DEFINITE_AND_TEMPORARY or attempt > 1:
            return None
    elif attempt >= settings.attempts or reading.error == "pending":
        return None
    return max(backoff_s(settings, attempt, jitter), retry_after_s(answer))
