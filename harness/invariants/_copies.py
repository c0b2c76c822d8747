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


def first_answers(evidence: Evidence) -> str:
    """Return the table of what clients were first told: each version of a payment, and each refund's state, once.

    Columns: subject, reference, amount_minor, currency, told, done_us, made_us, and the commit's `xid` (null where the
    database no longer has the row).
    """
    return evidence.derive(
        "first_answers",
        """
        WITH told AS (
            SELECT got_payment_id AS subject, got_version AS version, min(done_us) AS done_us,
                arg_min(reference, done_us) AS reference, max(got_amount_minor) AS amount_minor,
                max(got_currency) AS currency
            FROM history WHERE kind IN ('create', 'capture', 'void', 'get', 'list') AND http_status IN (200, 201, 202)
                AND got_payment_id <> '' AND got_version IS NOT NULL
            GROUP BY got_payment_id, got_version
        ), refunded AS (
            SELECT got_refund_id AS subject, got_status AS status, min(done_us) AS done_us,
                arg_min(reference, done_us) AS reference, max(got_amount_minor) AS amount_minor,
                max(got_currency) AS currency
            FROM history WHERE kind IN ('refund', 'get_refund') AND http_status IN (200, 201, 202)
                AND got_refund_id <> '' AND got_status IN ('pending', 'succeeded')
            GROUP BY got_refund_id, got_status
        ), steps AS (
            SELECT operation_id, to_state, arg_min(xid, at_us) AS xid, min(at_us) AS made_us
            FROM attempt_transitions WHERE to_state IN ('prepared', 'succeeded') GROUP BY operation_id, to_state
        )
        SELECT t.subject, t.reference, t.amount_minor, t.currency, 'version ' || t.version AS told, t.done_us,
            s.at_us AS made_us, s.xid
        FROM told t LEFT JOIN status_history s ON s.payment_id = t.subject AND s.version = t.version
        UNION ALL
        SELECT r.subject, r.reference, r.amount_minor, r.currency, r.status, r.done_us, s.made_us, s.xid
        FROM refunded r LEFT JOIN refunds f ON f.refund_id = r.subject
        LEFT JOIN steps s ON s.operation_id = f.operation_id
            AND s.to_state = CASE r.status WHEN 'pending' THEN 'prepared' ELSE 'succeeded' END
        """,
    )


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
    """Return the table of first answers whose commit was found in the log, with what the other nodes had of it.

    Columns: those of `first_answers`, `exact` (false for what a failover took back: only `lacking` says anything of
    it), `timeline`, `primary_node` (null where nobody was seen to be the primary of that
    timeline; it is not counted below), `others` (nodes), `elsewhere` (those that had it), `lacking` (those that
    certainly had not) and `afterwards` (those that had it when they were asked next, however late).
    """
    samples, answers, vanished = _samples(evidence), first_answers(evidence), _vanished(evidence)
    return evidence.derive(
        "copies",
        f"""
        WITH primaries AS (
            SELECT timeline, any_value(node) AS primary_node FROM {samples} WHERE role = 'primary' GROUP BY timeline
        ), placed AS (
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
