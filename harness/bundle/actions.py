"""Who did what when: the harness's faults, operators' requests, a drill's steps, and what the platform's audit says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from harness.core.evidence import Event, Evidence

ACTIONS_FILE = "actions.jsonl"


class Action(msgspec.Struct, frozen=True):
    """One action. `at_us` is microseconds since the epoch, `source` which file tells of it: events or audit."""

    at_us: int
    who: str
    what: str
    outcome: str
    source: str

    @property
    def at(self) -> str:
        """When, in UTC, to the millisecond."""
        return datetime.fromtimestamp(self.at_us / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def actions(evidence: Evidence) -> tuple[Action, ...]:
    """Return everything that was done to the platform, oldest first."""
    told = [*filter(None, map(_of_event, evidence.events)), *_of_audit(evidence)]
    return tuple(sorted(told, key=lambda item: (item.at_us, item.source, item.who, item.what)))


def encode(done: tuple[Action, ...]) -> bytes:
    """Return the actions' file."""
    return b"".join(msgspec.json.encode(item) + b"\n" for item in done)


def _of_event(event: Event) -> Action | None:
    detail = event.detail
    match event.kind:
        case "fault_injected" | "fault_healed" | "fault_failed":
            what = f"{event.kind.replace('_', ' ')}: {detail['fault']} at {detail['place']}"
            return Action(event.at_us, "harness", what, "done" if event.kind != "fault_failed" else "failed", "events")
        case "operator_action":
            outcome = (
                f"answered {detail['status']}" if detail["status"] is not None else f"no answer: {detail['error']}"
            )
            return Action(event.at_us, "operator", str(detail["action"]), outcome, "events")
        case "drill_step":
            return Action(event.at_us, str(detail["who"]), str(detail["step"]), str(detail["outcome"]), "events")
        case "interrupted" | "stood_still":
            return Action(event.at_us, "harness", event.kind.replace("_", " "), json.dumps(dict(detail)), "events")
        case _:
            return None


def _of_audit(evidence: Evidence) -> Iterator[Action]:
    if not evidence.has("audit"):
        return
    for row in evidence.rows("SELECT at_us, actor, action, object, outcome FROM audit ORDER BY ALL"):
        what = f"{row['action']} {row['object']}".strip()
        yield Action(row["at_us"], str(row["actor"]), what, str(row["outcome"]), "audit")
