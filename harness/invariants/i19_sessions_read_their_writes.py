"""I19: who was told "paid" and then asks must not hear "never heard of it"."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._sessions import looks, told
from harness.invariants._telling import clock, first_of_each, violation


def _known(evidence: Evidence) -> str:
    """Return each look beside what its session had been told before it was sent."""
    return evidence.derive(
        "looks_after_writes",
        f"""
        SELECT l.op, any_value(l.subject) AS subject, any_value(l.merchant_id) AS merchant_id,
            any_value(l.reference) AS reference, any_value(l.kind) AS kind, any_value(l.replica) AS replica,
            any_value(l.sent_us) AS sent_us, any_value(l.found) AS found, any_value(l.version) AS version,
            any_value(l.got_status) AS status, any_value(l.got_refunded_minor) AS refunded_minor,
            max(t.version) AS told_version, sum(t.refunded_minor) AS told_refunded_minor, max(t.done_us) AS told_us,
            arg_max(t.kind, t.done_us) AS told_by, max(t.amount_minor) AS amount_minor,
            any_value(t.currency) AS currency, bool_or(t.replica <> l.replica) AS elsewhere
        FROM {looks(evidence)} l JOIN {told(evidence)} t
            ON t.arrival = l.arrival AND t.subject = l.subject AND t.merchant_id = l.merchant_id
            AND t.done_us < l.sent_us
        GROUP BY l.op, l.sent_us
        """,
    )


def _violations(evidence: Evidence) -> Sequence[Violation]:
    rows = evidence.rows(
        f"""
        SELECT * FROM {_known(evidence)} WHERE NOT found OR version < told_version
            OR coalesce(refunded_minor < told_refunded_minor, false) ORDER BY sent_us
        """
    )
    found = []
    for row in rows:
        asked = (
            f"{row['merchant_id']} was told of {row['subject']} by its {row['told_by']} (version "
            f"{row['told_version']}) at {clock(evidence, row['told_us'])}; its {row['kind']} at {row['replica']}, sent "
            f"at {clock(evidence, row['sent_us'])},"
        )
        if not row["found"]:
            what = f"{asked} was answered that there is no such thing"
        elif row["version"] is not None and row["version"] < row["told_version"]:
            what = f"{asked} was shown version {row['version']}, {row['status']}"
        else:
            what = f"{asked} was shown {row['refunded_minor']} of {row['told_refunded_minor']} refunded"
        found.append(violation(row, what, size=2))
    return first_of_each(found)


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM {_known(evidence)} WHERE elsewhere")


INVARIANT = Invariant(
    id="I19",
    sentence="A session reads its own writes or gets an error, never an older version and never a 404.",
    kind="safety",
    needs=("history", "versions"),
    witness=Witness("reads of a session's own writes at another replica", 10, _count),
    violations=_violations,
)
