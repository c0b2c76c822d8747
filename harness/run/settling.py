"""After the faults: wait until nothing is in flight, then read every payment once more through the API."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from harness.core.errors import FaultlineError, HarnessError
from harness.core.plain import JsonObject
from harness.core.target import SeenFromOutside, Target
from harness.run.events import EventLog, now_us
from harness.run.listing import Listed, Shown, shown_in_lists

SETTLE_DEADLINE_S = 60.0
FINAL_READS_DEADLINE_S = 30.0
STEADY_DEADLINE_S = 20.0
HEALTHY_DEADLINE_S = 45.0
"""A database node that must give up what it alone knew, and then follow the new primary, may take half a minute."""
READERS = 6
POLL_S = 0.1
PAUSE_MAX_S = 5.0


@dataclass(frozen=True)
class Left:
    """What had not drained when waiting ended: `backlog` by kind; `reason` says why nobody knows, where nobody does."""

    backlog: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""

    @property
    def drained(self) -> bool:
        """Tell whether it is known that nothing is left."""
        return not self.backlog and not self.reason


def await_steady(target: Target, deadline_s: float = STEADY_DEADLINE_S) -> None:
    """Return once the platform was steady twice in a row. Raises `HarnessError` saying what is not."""
    reason = _last_reason(target.steady, deadline_s)
    if reason:
        raise HarnessError(
            f"the platform did not become steady within {deadline_s:.0f} s: {reason}",
            hint="see `faultline status` and the logs it names; `faultline down` starts over",
        )


def note_healthy(target: Target, events: EventLog, deadline_s: float = HEALTHY_DEADLINE_S) -> None:
    """Wait after healing until nothing is broken, and write down whether that came.

    Not coming back is for the judge to say, and no error. What is still busy is waited for by `settle`, and a breaker
    that stays open is an invariant's business: nobody may have needed its gateway since.
    """
    start = time.monotonic()
    reason = _last_reason(target.healthy, deadline_s)
    events.add("steady_again", seconds=round(time.monotonic() - start, 3), reason=reason)


def _last_reason(ask: Callable[[], str], deadline_s: float) -> str:
    """Ask until the answer was empty twice in a row; return the last answer where that does not come in time."""
    until, calm, reason = time.monotonic() + deadline_s, 0, ""
    while (began := time.monotonic()) < until:
        reason = ask()
        calm = calm + 1 if not reason else 0
        if calm == 2:
            return ""
        time.sleep(pause_s(began))
    return reason or "it was never calm for long"


def settle(
    target: Target, events: EventLog, act: Callable[[], int] = lambda: 0, deadline_s: float = SETTLE_DEADLINE_S
) -> None:
    """Wait until queues are drained and unknowns resolved; write down how long it took and what is left.

    `act` does what an operator does then, and returns how many things that were: these have a time of their own. Where
    nothing was done, waiting again for what did not drain in time would only be waiting longer.
    """
    start = time.monotonic()
    left = await_drained(target, deadline_s)
    if act():
        left = await_drained(target, deadline_s)
    seconds = round(time.monotonic() - start, 3)
    events.add("settled", seconds=seconds, backlog=dict(left.backlog), drained=left.drained, reason=left.reason)


def await_drained(target: Target, deadline_s: float = SETTLE_DEADLINE_S) -> Left:
    """Wait until queues are drained and unknowns resolved; return what is left. Who does not answer is asked again."""
    until = time.monotonic() + deadline_s
    left = Left(reason="nobody was asked")
    while (began := time.monotonic()) < until:
        left = _left(target)
        if left.drained:
            break
        time.sleep(pause_s(began))
    return left


def pause_s(began: float) -> float:
    """Return how long to wait before asking again: as long as the answer took, at least `POLL_S`.

    Whoever is slow to answer is so asked at most half of the time, and is not kept down by being asked.
    """
    return min(PAUSE_MAX_S, max(POLL_S, time.monotonic() - began))


def _left(target: Target) -> Left:
    try:
        left = target.unsettled() if isinstance(target, SeenFromOutside) else target.backlog()
        return Left({kind: count for kind, count in left.items() if count})
    except FaultlineError as error:
        return Left(reason=str(error))


def references_of(raw: Path) -> list[tuple[str, str]]:
    """Return every (merchant, reference) that the load asked to create a payment for, once each."""
    seen: dict[tuple[str, str], None] = {}
    for path in sorted(raw.glob("history-*.jsonl")):
        with path.open() as lines:
            for line in lines:
                if '"create"' in line and '"invoke"' in line:
                    _note_reference(line, seen)
    return list(seen)


def _note_reference(line: str, seen: dict[tuple[str, str], None]) -> None:
    try:
        record = json.loads(line)
    except ValueError:
        return  # a killed worker's last line may be torn; the merge counts those
    if record.get("kind") == "create" and record.get("e") == "invoke" and record.get("reference"):
        seen[(record["merchant_id"], record["reference"])] = None


def final_reads(
    target: Target,
    raw: Path,
    events: EventLog,
    deadline_s: float = FINAL_READS_DEADLINE_S,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Read every payment of the run: in the lists, or by its reference where they do not show it.

    What could not be read in time leaves the run inconclusive.
    """
    references = references_of(raw)
    progress(f"reading {len(references)} payments once more")
    until = time.monotonic() + deadline_s
    shown = shown_in_lists(target, (merchant_id for merchant_id, _ in references))
    with (raw / "history-final.jsonl").open("w") as out, ThreadPoolExecutor(READERS) as readers:
        read = readers.map(
            lambda item: _from_list(shown, item) or _read_one(target, item, until), enumerate(references)
        )
        unread = _write_all(read, out.write)
    reason = str(unread[0]) if unread else ""
    events.add("final_reads", references=len(references), unread=len(unread), finished=not unread, reason=reason)


def _write_all(read: Iterable[list[str] | FaultlineError], write: Callable[[str], int]) -> list[FaultlineError]:
    """Write the lines of what was read; return why the rest was not."""
    unread = []
    for lines in read:
        if isinstance(lines, FaultlineError):
            unread.append(lines)
            continue
        for line in lines:
            write(line + "\n")
    return unread


def _from_list(shown: Shown, item: tuple[int, tuple[str, str]]) -> list[str]:
    """Return the lines of the payments that a list showed for a reference; none where it showed none."""
    return _lines_of(item, shown.get(item[1], ()))


def _lines_of(item: tuple[int, tuple[str, str]], found: Iterable[Listed]) -> list[str]:
    number, (merchant_id, reference) = item
    return [
        line
        for n, one in enumerate(found)
        for line in _lines(f"final-{number:06d}-{n}", merchant_id, reference, one.payment, one.sent_us)
    ]


def _read_one(target: Target, item: tuple[int, tuple[str, str]], until: float) -> list[str] | FaultlineError:
    sent_us, problem = now_us(), FaultlineError("there was no time left to ask")
    while (began := time.monotonic()) < until:
        try:
            found = target.resolve(*item[1])
        except FaultlineError as error:
            problem = error
            time.sleep(pause_s(began))
            continue
        return _lines_of(item, [Listed(payment, sent_us) for payment in found or [{}]])
    return problem


def _lines(op: str, merchant_id: str, reference: str, payment: JsonObject, sent_us: int) -> list[str]:
    common = {"op": op, "attempt": 1}
    invoke = {
        "e": "invoke",
        **common,
        "kind": "final_read",
        "flow": "final_read",
        "merchant_id": merchant_id,
        "reference": reference,
        "payment_id": payment.get("id"),
        "expect": "succeed",
        "due_us": sent_us,
        "sent_us": sent_us,
        "worker": "final",
    }
    complete = {
        "e": "complete",
        **common,
        "done_us": now_us(),
        "outcome": "OK",
        "http_status": 200,
        "definite": True,
        "replayed": False,
        "got_payment_id": payment.get("id"),
        "got_status": payment.get("status"),
        "got_amount_minor": payment.get("amount_minor"),
        "got_currency": payment.get("currency"),
        "got_captured_minor": payment.get("captured_minor"),
        "got_refunded_minor": payment.get("refunded_minor"),
        "got_version": payment.get("version"),
        "got_gateway": payment.get("gateway"),
        "got_merchant_id": payment.get("merchant_id"),
    }
    return [json.dumps(invoke), json.dumps(complete)]
