"""Bad stories of the ledger and the events: entries that vanish or change, events that nobody can account for."""

from tests.harness.invariants.story import Story


def a_journal_that_a_failover_lost(story: Story) -> None:
    """The standby that was promoted had not heard of it (B22); nobody was told, so only the ledger shows it."""
    story.sale()
    story.seen(2.0)
    story.rows["ledger_seen"] = [
        {**row, "posting_id": row["posting_id"] + 1000, "cause": "capture:att_lost"}
        for row in story.rows["ledger_seen"]
    ]


def a_journal_that_was_written_over(story: Story) -> None:
    story.sale()
    story.seen(2.0)
    for row in story.rows["ledger_seen"]:
        row["amount_minor"] *= 2


BAD = [
    (a_journal_that_a_failover_lost, {"I17"}),
    (a_journal_that_was_written_over, {"I17"}),
]
