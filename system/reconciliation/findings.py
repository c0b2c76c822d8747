"""What reconciliation found, on record: one row for each run, and one for each break for as long as it lasts. SQL only.

A break's id is made of what it is about, so that finding it again finds the same row: reconciling twice is
reconciling once.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from system.decisions.comparing import Break
from system.decisions.repairs import Repair
from system.store.connection import Connection

KEEP = """
INSERT INTO pay.reconciliation_breaks AS b (break_id, gateway, kind, state, action, reason, attempt_id, operation_id,
    payment_id, line_id, ours, theirs, amount_minor, their_amount_minor, currency, first_run_id, last_run_id,
    found_at_us)
VALUES (%(break_id)s, %(gateway)s, %(kind)s, 'waiting', %(action)s, %(reason)s, %(attempt_id)s, %(operation_id)s,
    %(payment_id)s, %(line_id)s, %(ours)s, %(theirs)s, %(amount_minor)s, %(their_amount_minor)s, %(currency)s,
    %(run_id)s, %(run_id)s, %(now_us)s)
ON CONFLICT (break_id) DO UPDATE SET last_run_id = excluded.last_run_id, line_id = excluded.line_id,
    ours = CASE WHEN b.state = 'repaired' THEN b.ours ELSE excluded.ours END, theirs = excluded.theirs,
    their_amount_minor = excluded.their_amount_minor,
    state = CASE WHEN b.state = 'resolved' THEN 'waiting' ELSE b.state END,
    settled_at_us = CASE WHEN b.state = 'resolved' THEN NULL ELSE b.settled_at_us END
RETURNING state, first_run_id = last_run_id
"""

SETTLE = """
UPDATE pay.reconciliation_breaks SET state = %s, action = %s, reason = %s, settled_at_us = %s
WHERE break_id = %s AND state <> %s RETURNING break_id
"""

RESOLVE = """
UPDATE pay.reconciliation_breaks SET state = 'resolved', settled_at_us = %(now_us)s
WHERE gateway = %(gateway)s AND state IN ('waiting', 'manual') AND NOT break_id = ANY(%(found)s)
    AND (attempt_id = ANY(%(compared)s) OR (attempt_id IS NULL AND found_at_us BETWEEN %(from_us)s AND %(now_us)s))
"""

NOTE_RUN = """
INSERT INTO pay.reconciliation_runs (run_id, gateway, from_us, to_us, dry_run, asked_by, state, feed_lines,
    attempts_compared, breaks_found, breaks_new, repairs, left_to_people, trusted_until_us, trouble, started_at_us,
    finished_at_us)
VALUES (%(run_id)s, %(gateway)s, %(from_us)s, %(to_us)s, %(dry_run)s, %(asked_by)s, %(state)s, %(feed_lines)s,
    %(attempts_compared)s, %(breaks_found)s, %(breaks_new)s, %(repairs)s, %(left_to_people)s, %(trusted_until_us)s,
    %(trouble)s, %(started_at_us)s, %(finished_at_us)s)
"""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run, as it ended, by the names of the table's columns."""

    run_id: str
    gateway: str
    from_us: int
    to_us: int
    dry_run: bool
    asked_by: str
    state: str
    feed_lines: int
    attempts_compared: int
    breaks_found: int
    breaks_new: int
    repairs: int
    left_to_people: int
    trusted_until_us: int
    trouble: str | None
    started_at_us: int
    finished_at_us: int


async def note_run(connection: Connection, run: RunRow) -> None:
    """Append a run."""
    await connection.execute(NOTE_RUN, asdict(run))


def break_id(gateway: str, found: Break) -> str:
    """Return the id of a break: what it is about and how it differs."""
    return f"brk_{gateway}_{found.kind}_{found.subject}"


async def keep(
    connection: Connection, gateway: str, found: Break, repair: Repair, run_id: str, now_us: int
) -> tuple[str, bool]:
    """Write a break down, or find it again; return its state and whether it is new."""
    ours, line = found.ours, found.line
    row = await connection.fetch(
        KEEP,
        {
            "break_id": break_id(gateway, found),
            "gateway": gateway,
            "kind": found.kind,
            "action": repair.action,
            "reason": repair.reason,
            "attempt_id": ours.attempt_id if ours else None,
            "operation_id": ours.operation_id if ours else line.operation_id if line else None,
            "payment_id": ours.payment_id if ours else None,
            "line_id": line.line_id if line else None,
            "ours": ours.state if ours else "nothing",
            "theirs": line.happened if line else "nothing",
            "amount_minor": ours.amount_minor if ours else None,
            "their_amount_minor": line.amount_minor if line else None,
            "currency": ours.currency if ours else line.currency if line else "",
            "run_id": run_id,
            "now_us": now_us,
        },
    )
    return str(row[0]), bool(row[1])


async def settle(connection: Connection, identity: str, state: str, repair: Repair, now_us: int) -> bool:
    """Move a break to `manual` or `repaired`; False when it was there already: then there is nothing to audit."""
    cursor = await connection.execute(SETTLE, (state, repair.action, repair.reason, now_us, identity, state))
    return await cursor.fetchone() is not None


async def resolve_others(
    connection: Connection, gateway: str, found: Sequence[str], compared: Sequence[str], from_us: int, now_us: int
) -> None:
    """Close what was open and is not found any more: both books have come to say the same."""
    parameters = {"found": list(found), "compared": list(compared), "from_us": from_us, "now_us": now_us}
    await connection.execute(RESOLVE, {**parameters, "gateway": gateway})
