"""I30: a batch is exactly what a merchant earned until its day closed: every transaction once, and the sums right.

What a merchant agreed to stands here a second time: the published fees, the share that is held back, and for how long.
Business dates are reckoned from the gateways' own times by the banks' published calendars (`_business_dates`).
"""

from collections.abc import Sequence
from datetime import date, timedelta

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._settlement_days import cut_too_early, wrongly_dated
from harness.invariants._telling import first_of_each, money, violation

RESERVE_BP, RESERVE_DAYS = 500, 7
FEES = {
    "USD": ((0, 290, 30), (10_000_000, 250, 30)),
    "EUR": ((0, 150, 25), (10_000_000, 120, 25)),
    "JPY": ((0, 360, 0), (100_000_000, 320, 0)),
    "KWD": ((0, 250, 100),),
}
OTHER_FEES = ((0, 300, 0),)
"""By currency: from which amount captured before in the month, hundredths of a percent, fixed part of each capture."""

LATE_US = 15_000_000
"""What was written so shortly before a batch was cut may have been committed after it: it is the next one's."""

_KINDS = ("capture", "refund", "dispute", "adjustment")


def _sums(evidence: Evidence) -> list[Violation]:
    """A batch's figures are its lines' sums, and its net follows from them."""
    sums = ", ".join(
        f"coalesce(sum(amount_minor) FILTER (kind = '{kind}'), 0)::BIGINT AS {kind}_sum" for kind in _KINDS
    )
    rows = evidence.rows(
        f"""
        WITH line AS (
            SELECT batch_id, count(*) AS line_count, sum(amount_minor)::BIGINT AS gross_sum,
                sum(fee_minor)::BIGINT AS fee_sum, {sums} FROM settlement_lines GROUP BY batch_id
        )
        SELECT b.batch_id AS subject, b.*, l.* EXCLUDE (batch_id) FROM settlement_batches b
        LEFT JOIN line l ON l.batch_id = b.batch_id
        WHERE b.lines <> coalesce(line_count, 0) OR b.gross_minor <> coalesce(gross_sum, 0)
            OR b.fees_minor <> coalesce(fee_sum, 0) OR b.captures_minor <> coalesce(capture_sum, 0)
            OR b.refunds_minor <> coalesce(refund_sum, 0) OR b.disputes_minor <> coalesce(dispute_sum, 0)
            OR b.adjustments_minor <> coalesce(adjustment_sum, 0)
            OR b.net_minor <> b.gross_minor - b.fees_minor - b.reserve_minor + b.released_minor
        """
    )
    return [
        violation(
            row,
            f"batch {row['subject']} says {row['lines']} lines, gross {money(row['gross_minor'], row['currency'])}, "
            f"fees {money(row['fees_minor'], row['currency'])}, held {money(row['reserve_minor'], row['currency'])}, "
            f"released {money(row['released_minor'], row['currency'])}, net "
            f"{money(row['net_minor'], row['currency'])}; its {row['line_count'] or 0} lines come to "
            f"{money(row['gross_sum'] or 0, row['currency'])}, fees {money(row['fee_sum'] or 0, row['currency'])}",
            amount_minor=abs(
                row["net_minor"]
                - ((row["gross_sum"] or 0) - (row["fee_sum"] or 0) - row["reserve_minor"] + row["released_minor"])
            )
            or abs(row["gross_minor"] - (row["gross_sum"] or 0)),
            size=2,
            seen_in="sums",
        )
        for row in rows
    ]


def _lines(evidence: Evidence) -> list[Violation]:
    """Each line is one posting of that merchant, whole, in one batch."""
    rows = evidence.rows(
        """
        SELECT 'posting ' || s.posting_id AS subject, any_value(b.currency) AS currency, count(*) AS times,
            max(abs(s.amount_minor)) AS amount_minor, any_value(p.cause) AS cause, any_value(p.account) AS account,
            any_value(p.amount_minor) AS owed_minor, string_agg(s.batch_id, ', ' ORDER BY s.batch_id) AS batches,
            any_value(s.kind) AS kind
        FROM settlement_lines s LEFT JOIN settlement_batches b ON b.batch_id = s.batch_id
        LEFT JOIN postings p ON p.posting_id = s.posting_id
        GROUP BY s.posting_id
        HAVING count(*) > 1 OR bool_or(p.posting_id IS NULL OR p.amount_minor <> -s.amount_minor
            OR p.currency <> b.currency OR p.account <> 'merchant:' || b.merchant_id || ':payable'
            OR (split_part(p.cause, ':', 1) = 'capture') <> (s.kind = 'capture'))
        """
    )
    return [
        violation(
            row,
            f"{row['subject']} ({row['cause'] or 'not in the ledger'}, {row['account']}) is settled {row['times']} "
            f"times as {row['kind']} of {money(row['amount_minor'], row['currency'])}, in {row['batches']}",
            size=row["times"] + 1,
            seen_in="lines",
        )
        for row in rows
    ]


def _fees(evidence: Evidence) -> list[Violation]:
    """Each capture's fee is that of its tier, rounded half up by itself; nothing else has a fee."""
    tiers = [(currency, *tier) for currency, steps in (*FEES.items(), ("*", OTHER_FEES)) for tier in steps]
    values = ", ".join(f"('{currency}', {start}, {rate}, {fixed})" for currency, start, rate, fixed in tiers)
    rows = evidence.rows(
        f"""
        WITH tier(currency, from_minor, rate, fixed) AS (VALUES {values}), batch AS (
            SELECT b.*, coalesce(sum(captures_minor) OVER (
                PARTITION BY merchant_id, currency, business_date[:7] ORDER BY business_date
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before_minor FROM settlement_batches b
        ), rated AS (
            SELECT b.batch_id, b.currency, b.before_minor, max_by(t.rate, t.from_minor) AS rate,
                max_by(t.fixed, t.from_minor) AS fixed
            FROM batch b JOIN tier t ON t.from_minor <= b.before_minor AND t.currency = CASE
                WHEN b.currency IN (SELECT currency FROM tier) THEN b.currency ELSE '*' END
            GROUP BY ALL
        )
        SELECT s.batch_id AS subject, r.currency, r.rate, r.fixed, r.before_minor, count(*) AS wrong,
            sum(abs(s.fee_minor - due))::BIGINT AS amount_minor, min(s.posting_id) AS posting_id,
            arg_min(s.fee_minor, s.posting_id) AS fee_minor, arg_min(due, s.posting_id) AS due_minor,
            arg_min(s.amount_minor, s.posting_id) AS line_minor
        FROM settlement_lines s JOIN rated r ON r.batch_id = s.batch_id, LATERAL (SELECT
            CASE s.kind WHEN 'capture' THEN (s.amount_minor * r.rate + 5000) // 10000 + r.fixed ELSE 0 END AS due)
        WHERE s.fee_minor <> due GROUP BY ALL
        """
    )
    return [
        violation(
            row,
            f"batch {row['subject']} takes {money(row['fee_minor'], row['currency'])} of posting {row['posting_id']}, "
            f"over {money(row['line_minor'], row['currency'])}, where the contract says "
            f"{money(row['due_minor'], row['currency'])} ({row['rate']} hundredths of a percent and a fixed part after "
            f"{money(int(row['before_minor']), row['currency'])} in that month); {row['wrong']} lines are wrong",
            size=2,
            seen_in="fees",
        )
        for row in rows
    ]


def _reserves(evidence: Evidence) -> list[Violation]:
    """Of a positive gross its share is held for its days, and then given back, once and whole."""
    found = []
    batches = evidence.rows("SELECT * FROM settlement_batches ORDER BY merchant_id, currency, business_date")
    for row in batches:
        day = date.fromisoformat(row["business_date"])
        held = max(row["gross_minor"], 0) * RESERVE_BP // 10_000
        until = (day + timedelta(days=RESERVE_DAYS)).isoformat()
        earlier = [
            other
            for other in batches
            if (other["merchant_id"], other["currency"]) == (row["merchant_id"], row["currency"])
            and other["business_date"] < row["business_date"]
        ]
        before = max((other["business_date"] for other in earlier), default="")
        due = sum(o["reserve_minor"] for o in earlier if before < o["release_on"] <= row["business_date"])
        if (row["reserve_minor"], row["release_on"], row["released_minor"]) != (held, until, due):
            found.append(
                violation(
                    {**row, "subject": row["batch_id"]},
                    f"batch {row['batch_id']} holds {money(row['reserve_minor'], row['currency'])} until "
                    f"{row['release_on']} and releases {money(row['released_minor'], row['currency'])}, where "
                    f"{money(held, row['currency'])} is to be held until {until}, and {money(due, row['currency'])} "
                    f"is due",
                    amount_minor=abs(row["reserve_minor"] - held) + abs(row["released_minor"] - due),
                    size=2,
                    seen_in="reserves",
                )
            )
    return found


def _missing(evidence: Evidence) -> list[Violation]:
    """What was recorded well before a batch was cut, for its day or an earlier one, is in that batch or before it."""
    rows = evidence.rows(
        f"""
        WITH last AS (
            SELECT merchant_id, currency, max(business_date) AS day, max(cut_at_us) AS cut_at_us FROM settlement_batches
            GROUP BY merchant_id, currency
        )
        SELECT 'posting ' || p.posting_id AS subject, p.cause, p.currency, p.created_at_us, d.business_date,
            abs(p.amount_minor) AS amount_minor, l.merchant_id, l.day, l.cut_at_us, y.reference, p.payment_id
        FROM business_dates d JOIN postings p ON p.posting_id = d.posting_id
        JOIN last l ON l.merchant_id = split_part(p.account, ':', 2) AND l.currency = p.currency
        LEFT JOIN payments y ON y.payment_id = p.payment_id
        ANTI JOIN settlement_lines s ON s.posting_id = p.posting_id
        WHERE d.business_date <= l.day AND p.created_at_us < l.cut_at_us - {LATE_US}
        """
    )
    return [
        violation(
            row,
            f"{row['subject']} ({row['cause']}, {money(row['amount_minor'], row['currency'])}, business date "
            f"{row['business_date']}) is in no batch of {row['merchant_id']}, although that of {row['day']} was cut",
            sum_of=row["payment_id"],
            seen_in="missing",
            timed=row["created_at_us"] >= row["cut_at_us"] - 4 * LATE_US,
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    parts = (_sums, _lines, _fees, _reserves, _missing, wrongly_dated, cut_too_early)
    return first_of_each([found for part in parts for found in part(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(*) FROM settlement_lines")


INVARIANT = Invariant(
    id="I30",
    sentence="Every settled transaction is in exactly one batch, of its business date or a later one, which is cut "
    "when the merchant's day has closed; gross, fees, reserve and net are those of its lines.",
    kind="convergence",
    needs=(
        "settlement_batches",
        "settlement_lines",
        "settlement_terms",
        "business_dates",
        "postings",
        "payments",
        "gateway_movements",
        "audit",
    ),
    witness=Witness("settled transactions", 20, _count),
    violations=_violations,
    whole=True,
)
