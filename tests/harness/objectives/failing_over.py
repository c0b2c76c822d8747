"""A run in which the primary is killed at 5 s and another node takes writes at 7.4 s, told by every witness."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.harness.invariants.story import Story, at

KILLED_S, NOTICED_S, CHOSEN_S, WRITABLE_S, CONNECTED_S, DRAINED_S = 5.0, 5.8, 6.1, 7.4, 7.9, 9.0


def state(story: Story, at_s: float, node: str, role: str, timeline: int | None, *, up: bool = True) -> None:
    """Add what the harness saw at a node."""
    story.events.append(
        {"at_us": at(at_s), "kind": "database_state", "node": node, "up": up, "role": role, "timeline": timeline,
         "accepts_writes": up and role == "primary"}
    )  # fmt: skip


def failing_over(folder: Path, *, served_again_s: float = 7.5, duration_s: float = 20.0) -> Story:
    """Ten payments a second; between the kill and `served_again_s` each first try fails after 50 ms."""
    story = Story(folder, duration_s=duration_s)
    state(story, 0.0, "pg-a", "primary", 3)
    state(story, 0.0, "pg-b", "standby", 3)
    story.fault("postgres_killed", "primary", KILLED_S, KILLED_S + 5)
    state(story, KILLED_S + 0.1, "pg-a", "none", None, up=False)
    state(story, WRITABLE_S, "pg-b", "primary", 4)
    state(story, WRITABLE_S + 3, "pg-a", "standby", 4)
    for number in range(int(duration_s * 10)):
        at_s, paid = number / 10, story.intent()
        if KILLED_S <= at_s < served_again_s:
            story.create(paid, at_s, outcome="UNKNOWN", http_status=503)
        else:
            story.create(paid, at_s, lasting_s=0.02)
    return story


def patroni_says(story: Story, hours_from_utc: int = 0) -> None:
    """Write the nodes' logs as Patroni does: in local time, between PostgreSQL's own lines."""

    def line(at_s: float, text: str) -> str:
        moment = datetime.fromtimestamp(at(at_s) / 1e6 + hours_from_utc * 3600, UTC)
        return f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d} INFO: {text}\n"

    logs = story.folder / "logs"
    logs.mkdir()
    (logs / "pg-a.log").write_text(
        line(0.5, "no action. I am (pg-a), the leader with the lock")
        + "2027-01-15 08:00:05.679 UTC [1] FATAL:  terminating connection due to unexpected postmaster exit\n"
        + line(NOTICED_S, "Primary crashed. Failing over.")
        + line(NOTICED_S + 0.1, "Leader key released")
    )
    (logs / "pg-b.log").write_text(
        line(0.6, "no action. I am (pg-b), a secondary, and following a leader (pg-a)")
        + line(NOTICED_S + 0.2, "Got response from pg-a http://127.0.0.1:23612/patroni: {}")
        + line(CHOSEN_S, "promoted self to leader by acquiring session lock")
    )


def pools_say(story: Story, *back_s: float | None) -> None:
    """Add when the pools of as many processes worked again (None: never)."""
    for number, end in enumerate(back_s):
        story.add("reconnects", process=f"api{number}", lost_at_us=at(KILLED_S),
                  back_at_us=None if end is None else at(end))  # fmt: skip


def backlog_is(story: Story, *, drained_s: float = DRAINED_S) -> None:
    """Write samples of the backlog: eight usually, up to forty from the kill until it is drained."""
    rows = [
        {"at_us": at(number / 2), "process": "platform", "metric": f"backlog_{kind}", "value": float(value)}
        for number in range(40)
        for kind, value in (
            ("outbox_pending", 20 if KILLED_S <= number / 2 < drained_s else 3),
            ("open_operations", 20 if KILLED_S <= number / 2 < drained_s else 5),
        )
    ]
    pq.write_table(pa.Table.from_pylist(rows), story.folder / "metrics.parquet")


def told_by_all(folder: Path) -> Story:
    """Return the run with every witness: nodes, logs, pools, backlog and clients."""
    story = failing_over(folder)
    patroni_says(story)
    pools_say(story, CONNECTED_S - 0.2, CONNECTED_S)
    backlog_is(story)
    return story
