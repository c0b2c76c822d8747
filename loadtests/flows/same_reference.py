"""One reference under several keys, at a merchant whose references are unique: it pays once, and gives back once."""

from loadtests.plan import Arrival
from loadtests.session import Session

RACERS = 4


def run(session: Session, arrival: Arrival) -> None:
    """Sell four times at once under one reference and four keys, then once more; the same with a refund of it.

    Where no merchant has such a policy, it is a plain sale.
    """
    shop = next((item for item in session.job.merchants if item.reference_policy == "unique"), None)
    if shop is None:
        session.create()
        return
    session.merchant = shop
    sales = [session.draft_create(amount_minor=1_990, reference=f"{session.name}-once") for _ in range(RACERS)]
    sold = [sale for sale in session.together(session.rivals(sales)) if sale.ok]
    if not sold or sold[0].payment_id is None:
        return
    again = session.draft_create(amount_minor=1_990, reference=f"{session.name}-once")
    session.refused(again)
    refunds = [session.draft_change("refund", sold[0].payment_id, 300) for _ in range(RACERS)]
    named = [session.renamed(refund, f"{session.name}-back") for refund in refunds]
    session.together(session.rivals(named))
