"""I43: while its database is in trouble, a replica that lives answers everybody, if only with "unknown, ask again".

The platform promises an answer within 4.5 s, because its clients give up after 5 s. A database that swallows every byte
and says nothing is the hard case: no timeout of the server's or of TCP's ever ends such a wait.
"""

from collections.abc import Sequence
from fnmatch import fnmatch

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Undecided, Violation, Witness
from harness.invariants._copies import DATABASE_PLACE
from harness.invariants._telling import clock, violation

PATIENCE_US = 4_900_000
"""A client that waited so long did not hang up early: the load's clients give up after 5 s."""
TOLERATED_SHARE = 0.05
"""A busy machine makes a few answers late. A wait without a limit leaves hardly anybody answered."""


def _asked(evidence: Evidence) -> str:
    """Return the requests that reached a living replica while the database was in trouble, with whether in vain."""
    windows = evidence.fault_windows()
    troubles = [(begin, end) for _, place, begin, end in windows if DATABASE_PLACE.search(place)]
    spans = " OR ".join(f"sent_us BETWEEN {begin} AND {end}" for begin, end in troubles) or "false"
    replicas = [row["replica"] for row in evidence.rows("SELECT DISTINCT replica FROM history WHERE replica <> ''")]
    broken = " OR ".join(
        f"(replica = '{replica}' AND sent_us <= {end} AND coalesce(done_us, sent_us) >= {begin})"
        for replica in replicas
        for _, place, begin, end in windows
        if any(fnmatch(replica, name.strip()) for name in place.split(","))
    )
    return evidence.derive(
        "asked_in_trouble",
        f"""
        SELECT op AS subject, kind, replica, reference, amount_minor, currency, sent_us, done_us,
            coalesce(error = 'timeout' AND done_us - sent_us >= {PATIENCE_US}, false) AS in_vain
        FROM history WHERE kind <> 'final_read' AND coalesce(error, '') NOT LIKE 'connect_%'
            AND ({spans}) AND NOT ({broken or "false"})
        """,
    )


def _unanswered(evidence: Evidence) -> tuple[int, int]:
    row = evidence.rows(f"SELECT count(*) AS n, count(*) FILTER (in_vain) AS vain FROM {_asked(evidence)}")[0]
    return int(row["vain"]), int(row["n"])


def _violations(evidence: Evidence) -> Sequence[Violation]:
    vain, asked = _unanswered(evidence)
    if vain and vain <= TOLERATED_SHARE * asked:
        raise Undecided(f"{vain} of {asked} requests were not answered in time, as few as on a busy machine")
    rows = evidence.rows(f"SELECT * FROM {_asked(evidence)} WHERE in_vain ORDER BY sent_us")
    return [
        violation(
            row,
            f"the {row['kind']} sent to {row['replica']} at {clock(evidence, row['sent_us'])} was never answered: its "
            f"client gave up at {clock(evidence, row['done_us'])}, and nothing was done to {row['replica']} itself "
            f"({vain} of {asked} requests in the database's trouble ended so)",
            timed=True,
        )
        for row in rows
    ]


def _count(evidence: Evidence) -> int:
    vain, asked = _unanswered(evidence)
    return asked - vain


INVARIANT = Invariant(
    id="I43",
    sentence="While its database is in trouble, a living replica answers every request before its client gives up.",
    kind="liveness",
    needs=("history",),
    witness=Witness("requests that were answered while the database was in trouble", 30, _count),
    violations=_violations,
    whole=True,
)
