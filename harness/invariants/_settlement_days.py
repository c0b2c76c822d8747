"""On which days money was due and batches were cut: the judge's dates beside the platform's, for I30."""

from datetime import date, timedelta

from harness.core.evidence import Evidence
from harness.core.judgement import Violation
from harness.invariants._business_dates import Terms, business_date, cutoff_us
from harness.invariants._telling import CLOCKS_US, clock, violation

RECORDED_US = 60_000_000
"""A capture is recorded so long after its gateway made it at the latest, or is dated by its recording alone."""
UNDER_WAY_US = 10_000_000
"""A recording that begins before the operator moves the time may end after it."""


class Calendar:
    """The application's time as the operator moved it, and what was agreed with each merchant."""

    def __init__(self, evidence: Evidence) -> None:
        moves = evidence.rows(
            "SELECT at_us, regexp_extract(detail, 'offset_s: ([0-9]+)', 1)::BIGINT AS offset_s FROM audit "
            "WHERE action = 'move_application_clock' AND outcome = 'done' ORDER BY at_us"
        )
        self._moves = [(0, 0), *((row["at_us"], row["offset_s"] * 1_000_000) for row in moves)]
        terms = evidence.rows("SELECT merchant_id, zone, cutoff_s FROM settlement_terms")
        self.terms = {row["merchant_id"]: Terms(row["zone"], row["cutoff_s"]) for row in terms}

    def app_us(self, at_us: int, slack_us: int) -> tuple[int, int]:
        """Return the application's time of a moment, as the earliest and the latest that it may have been.

        A move of the time counts, for the latest, if it came within `slack_us` after the moment.
        """
        early = max(offset for since, offset in self._moves if since <= max(at_us - CLOCKS_US, 0))
        late = max(offset for since, offset in self._moves if since <= at_us + slack_us)
        return at_us - CLOCKS_US + early, at_us + CLOCKS_US + late

    def dates(self, merchant: str, currency: str, from_us: int, to_us: int) -> set[str]:
        """Return the business dates that something may have which happened between two moments."""
        (first, _), (_, last) = self.app_us(from_us, CLOCKS_US), self.app_us(to_us, UNDER_WAY_US)
        dates = {business_date(self.terms[merchant], currency, at_us) for at_us in (first, last)}
        day = min(dates)
        while day < max(dates):
            dates.add(day := day + timedelta(days=1))
        return {item.isoformat() for item in dates}


def wrongly_dated(evidence: Evidence) -> list[Violation]:
    """The business date is that of the moment at which the gateway moved the money and it was recorded."""
    calendar = Calendar(evidence)
    rows = evidence.rows(
        """
        WITH moved AS (SELECT attempt_id, kind, min(at_us) AS moved_us FROM gateway_movements GROUP BY attempt_id, kind)
        SELECT 'posting ' || min(d.posting_id) AS subject, d.business_date, min(p.cause) AS cause, p.currency,
            max(p.created_at_us) AS created_at_us, sum(abs(p.amount_minor))::BIGINT AS amount_minor,
            split_part(p.account, ':', 2) AS merchant_id, min(m.moved_us) AS moved_us, count(*) AS postings
        FROM business_dates d JOIN postings p ON p.posting_id = d.posting_id
        LEFT JOIN moved m ON m.attempt_id = p.attempt_id AND m.kind = split_part(p.cause, ':', 1)
        GROUP BY d.business_date, p.currency, p.account, p.created_at_us // 1000000, m.moved_us // 1000000
        """
    )
    found = []
    for row in rows:
        recorded_us = row["created_at_us"]
        near = row["moved_us"] is not None and 0 <= recorded_us - row["moved_us"] <= RECORDED_US
        known = calendar.dates(
            row["merchant_id"], row["currency"], row["moved_us"] if near else recorded_us, recorded_us
        )
        if row["business_date"] not in known:
            terms = calendar.terms[row["merchant_id"]]
            found.append(
                violation(
                    row,
                    f"{row['subject']} ({row['cause']}), recorded at {clock(evidence, recorded_us)}, has the business "
                    f"date {row['business_date']}, as {row['postings'] - 1} more of that second; by the clock of "
                    f"{terms.zone} and the calendar of {row['currency']} it is {' or '.join(sorted(known))}",
                    size=row["postings"],
                    seen_in="dates",
                )
            )
    return found


def cut_too_early(evidence: Evidence) -> list[Violation]:
    """A batch is cut when its day is over, and not before."""
    calendar = Calendar(evidence)
    found = []
    for row in evidence.rows("SELECT batch_id AS subject, * FROM settlement_batches"):
        closes_us = cutoff_us(calendar.terms[row["merchant_id"]], date.fromisoformat(row["business_date"]))
        cut_us = calendar.app_us(row["cut_at_us"], CLOCKS_US)[1]
        if cut_us < closes_us:
            found.append(
                violation(
                    row,
                    f"batch {row['subject']} was cut at {clock(evidence, row['cut_at_us'])}, "
                    f"{(closes_us - cut_us) / 3.6e9:.2f} h of the application's time before its day closed",
                    amount_minor=abs(row["gross_minor"]),
                    size=1,
                    seen_in="closed",
                )
            )
    return found
