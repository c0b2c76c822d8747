"""How many nodes had a commit on disk when its client was answered: the log's commit records beside what nodes said.

A node has a commit when it is on a later timeline than that of the commit, or on the same one and as far. What it once
had it keeps. It certainly lacked a commit at the answer when it still lacks it later, under the same server process
(positions only grow while one runs, and a fresh one may have more than it says); or when nobody listened there from
before the commit was made until after the answer. Everything else is unclear, and decides nothing.
"""

import re

from harness.core.evidence import Evidence

DATABASE_PLACE = re.compile(r"-to-db-|^(primary|standby|database|pg-)")
"""The places of faults that concern the database, its nodes, or the way to them."""

GAP_US = 100_000
"""A node must be asked again within this time of the answer, or its "has it" comes too late to mean anything."""
SLOT_US = 50_000
"""About as long as from one look to the next, so that a slot has few of them."""

_SHOWN = (
    "kind IN ('create', 'capture', 'void', 'get', 'list') AND http_status IN (200, 201, 202) "
    "AND got_payment_id <> '' AND got_version IS NOT NULL"
)
_VERSION = "hash(got_payment_id, CAST(got_version AS BIGINT))"
_REFUNDED = (
    "kind IN ('refund', 'get_refund') AND http_status IN (200, 201, 202) AND got_refund_id <> '' "
    "AND got_status IN ('pending', 'succeeded')"
)
_REFUND = "hash(got_refund_id, got_status)"
_PRIMARIES = "SELECT timeline, min(node) AS primary_node FROM {samples} WHERE role = 'primary' GROUP BY timeline"
_POSITION = "(timeline::HUGEINT << 64) + commit_bytes"
"""Where a commit ends, as a number that grows along the history: timeline first, then bytes."""


def first_answers(evidence: Evidence) -> str:
    """Return the table of what clients were first told and that the quick look (`_open`) did not settle.

    Each version of a payment, and each refund's state, once. Columns: subject, reference, amount_minor, currency, told,
    done_us, made_us, and the commit's `xid` (null where the database no longer has the row).
    """
    return evidence.derive(
        "first_answers",
        f"""
        WITH told AS (
            SELECT got_payment_id AS subject, got_version AS version, min(done_us) AS done_us,
                arg_min(reference, done_us) AS reference, max(got_amount_minor) AS amount_minor,
                max(got_currency) AS currency
            FROM history SEMI JOIN {_open(evidence)} o ON o.fact = {_VERSION} WHERE {_SHOWN}
            GROUP BY got_payment_id, got_version
        ), refunded AS (
            SELECT got_refund_id AS subject, got_status AS status, min(done_us) AS done_us,
                arg_min(reference, done_us) AS reference, max(got_amount_minor) AS amount_minor,
                max(got_currency) AS currency
            FROM history SEMI JOIN {_open(evidence)} o ON o.fact = {_REFUND} WHERE {_REFUNDED}
            GROUP BY got_refund_id, got_status
        )
        SELECT t.subject, t.reference, t.amount_minor, t.currency, 'version ' || t.version AS told, t.done_us,
            s.at_us AS made_us, s.xid
        FROM told t LEFT JOIN status_history s ON s.payment_id = t.subject AND s.version = t.version
        UNION ALL
        SELECT r.subject, r.reference, r.amount_minor, r.currency, r.status, r.done_us, s.made_us, s.xid
        FROM refunded r LEFT JOIN refunds f ON f.refund_id = r.subject
        LEFT JOIN {_steps(evidence)} s ON s.operation_id = f.operation_id
            AND s.to_state = CASE r.status WHEN 'pending' THEN 'prepared' ELSE 'succeeded' END
        """,
    )


def _steps(evidence: Evidence) -> str:
    """Return when each refund was begun and when it succeeded, with the transactions of both."""
    return evidence.derive(
        "steps_of_refunds",
        """
        SELECT operation_id, to_state, arg_min(xid, at_us) AS xid, min(at_us) AS made_us
        FROM attempt_transitions SEMI JOIN refunds USING (operation_id)
        WHERE to_state IN ('prepared', 'succeeded') GROUP BY operation_id, to_state
        """,
    )


def _placed(evidence: Evidence) -> str:
    """Return for each first answer, by the hash of what it tells: `done_us`, `xid`, and where its commit ends."""
    return evidence.derive(
        "placed_answers",
        f"""
        WITH told AS (
            SELECT {_VERSION} AS fact, min(done_us) AS done_us FROM history WHERE {_SHOWN} GROUP BY fact
            UNION ALL
            SELECT {_REFUND}, min(done_us) FROM history WHERE {_REFUNDED} GROUP BY {_REFUND}
        ), made AS (
            SELECT hash(payment_id, CAST(version AS BIGINT)) AS fact, xid FROM status_history
            UNION ALL
            SELECT hash(f.refund_id, CASE s.to_state WHEN 'prepared' THEN 'pending' ELSE 'succeeded' END), s.xid
            FROM refunds f JOIN {_steps(evidence)} s USING (operation_id)
        )
        SELECT t.fact, t.done_us, m.xid, c.timeline, c.commit_bytes
        FROM told t LEFT JOIN made m USING (fact) LEFT JOIN commits c ON c.xid = m.xid
        """,
    )


def _open(evidence: Evidence) -> str:
    """Return the first answers that the quick look does not settle, by the hash of what they tell.

    It settles those whose commit a node other than the primary had when it was next asked, in time. All looks at a node
    part its time into short spans, which stand in slots of `SLOT_US`; so an answer finds the spans that it falls into
    by its slot, and nothing has to be sorted.
    """
    samples = _samples(evidence)
    return evidence.derive(
        "open_answers",
        f"""
        WITH looks AS (
            SELECT node, asked_us, had, lag(asked_us) OVER (PARTITION BY node ORDER BY asked_us) AS before_us
            FROM {samples}
        ), spans AS (
            SELECT *, unnest(range(before_us // {SLOT_US}, asked_us // {SLOT_US} + 1)) AS slot
            FROM looks WHERE asked_us - before_us <= {GAP_US}
        ), primaries AS ({_PRIMARIES.format(samples=samples)}),
        known AS (
            SELECT p.fact, p.done_us, p.done_us // {SLOT_US} AS slot, m.primary_node, {_POSITION} AS needs
            FROM {_placed(evidence)} p LEFT JOIN primaries m USING (timeline)
        )
        SELECT DISTINCT fact FROM known k ANTI JOIN spans s ON s.slot = k.slot AND s.before_us < k.done_us
            AND s.asked_us >= k.done_us AND s.node <> k.primary_node AND s.had >= k.needs
        """,
    )


def settled(evidence: Evidence) -> int:
    """Return how many first answers the quick look found on another node; `copies` has all others."""
    counted = evidence.derive(
        "settled_answers",
        f"SELECT count(*) AS answers FROM {_placed(evidence)} ANTI JOIN {_open(evidence)} USING (fact)",
    )
    return evidence.count(f"SELECT answers FROM {counted}")


def outside_the_log(evidence: Evidence) -> int:
    """Return how many acknowledged commits are not in what was read of the log."""
    return evidence.count(f"SELECT count(*) FROM {_placed(evidence)} WHERE xid IS NOT NULL AND commit_bytes IS NULL")


def _samples(evidence: Evidence) -> str:
    """Return what each node said, with `had`: the most that it was ever seen to have until then.

    `has` and `had` are positions that grow along the history: timeline first, then bytes. `deaf_since_us` is when a
    node was first found without a listener, if it has been since.
    """
    return evidence.derive(
        "copy_samples",
        """
        WITH told AS (
            SELECT node, asked_us, state, role, flush_bytes, started_us,
                max(timeline) OVER (PARTITION BY node, started_us ORDER BY asked_us) AS timeline,
                max(CASE state WHEN 'refused' THEN 0 ELSE asked_us END) OVER (PARTITION BY node ORDER BY asked_us)
                    AS heard_us
            FROM log_positions
        ), placed AS (SELECT *, (timeline::HUGEINT << 64) + flush_bytes AS has FROM told WHERE state <> 'silent')
        SELECT *, max(has) OVER (PARTITION BY node ORDER BY asked_us) AS had,
            CASE state WHEN 'refused' THEN min(asked_us) FILTER (state = 'refused') OVER (PARTITION BY node, heard_us)
                END AS deaf_since_us
        FROM placed
        """,
    )


def _vanished(evidence: Evidence) -> str:
    """Return the first answers of which the database has nothing any more, with the least that their commits needed."""
    answers = first_answers(evidence)
    return evidence.derive(
        "vanished_answers",
        f"""
        WITH begun AS (
            SELECT reference, min(sent_us) AS begun_us FROM history
            WHERE kind IN ('create', 'refund') AND reference <> '' GROUP BY reference
        ), led AS (
            SELECT node, timeline, answered_us, (timeline::HUGEINT << 64) + flush_bytes AS has FROM log_positions
            WHERE state = 'up' AND role = 'primary'
        ), lost AS (
            SELECT a.*, b.begun_us FROM {answers} a JOIN begun b ON b.reference = a.reference WHERE a.xid IS NULL
        )
        SELECT l.* EXCLUDE (made_us, begun_us), l.begun_us AS made_us, p.timeline, p.node AS primary_node,
            p.has AS needs
        FROM lost l ASOF JOIN led p ON l.begun_us > p.answered_us
        """,
    )


def copies(evidence: Evidence) -> str:
    """Return the table of the open first answers whose commit was found in the log, with what other nodes had of it.

    Columns: those of `first_answers`, `exact` (false for what a failover took back: only `lacking` says anything of
    it), `timeline`, `primary_node` (null where nobody was seen to be the primary of that
    timeline; it is not counted below), `others` (nodes), `elsewhere` (those that had it), `lacking` (those that
    certainly had not) and `afterwards` (those that had it when they were asked next, however late).
    """
    samples, answers, vanished = _samples(evidence), first_answers(evidence), _vanished(evidence)
    return evidence.derive(
        "copies",
        f"""
        WITH primaries AS ({_PRIMARIES.format(samples=samples)}),
        placed AS (
            SELECT a.*, c.timeline, m.primary_node, (c.timeline::HUGEINT << 64) + c.commit_bytes AS needs, true AS exact
            FROM {answers} a JOIN commits c ON c.xid = a.xid LEFT JOIN primaries m ON m.timeline = c.timeline
            UNION ALL BY NAME SELECT *, false AS exact FROM {vanished}
        ), asked AS (
            SELECT p.*, n.node FROM placed p JOIN (SELECT DISTINCT node FROM log_positions) n
                ON n.node IS DISTINCT FROM p.primary_node
        ), seen AS (
            SELECT a.* EXCLUDE (node),
                coalesce(earlier.had >= a.needs, false)
                    OR coalesce(later.had >= a.needs AND later.asked_us <= a.done_us + {GAP_US}, false) AS has_it,
                coalesce(later.state = 'up' AND later.started_us = earlier.started_us AND later.has = later.had
                        AND later.had < a.needs, false)
                    OR coalesce(later.deaf_since_us <= a.made_us AND later.had < a.needs, false) AS lacks_it,
                coalesce(later.had >= a.needs, false) AS has_it_next
            FROM asked a
            ASOF LEFT JOIN {samples} later ON a.node = later.node AND a.done_us <= later.asked_us
            ASOF LEFT JOIN (SELECT * FROM {samples} WHERE state = 'up') earlier
                ON a.node = earlier.node AND a.done_us > earlier.asked_us
        )
        SELECT * EXCLUDE (needs, has_it, lacks_it, has_it_next), count(*) AS others,
            count(*) FILTER (has_it) AS elsewhere,
            count(*) FILTER (lacks_it) AS lacking, count(*) FILTER (has_it_next) AS afterwards
        FROM seen GROUP BY ALL
        """,
    )
