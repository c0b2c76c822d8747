"""Promises by name: the groups of invariants that scenarios demand.

Every invariant is judged on every run, and any violation fails it. Listing one here also demands that the run really
put it to the test, so each group holds what its scenarios can witness.
"""

from harness.invariants import pick

IDEMPOTENCY = pick("I1", "I7", "I8")
"""One intent, one effect, one answer, however often it is asked for."""

BOUNDARIES = pick("I9", "I10", "I11", "I40")
"""What is refused changes nothing; keys are private; "not now" does not become "never"."""

DURABILITY = pick("I2", "I3", "I4", "I42")
"""What was acknowledged is stored, and is at a gateway; nothing is at a gateway that we do not know."""

LEDGER = pick("I14", "I15", "I16", "I17", "I18")
"""One amount everywhere, balanced books that agree with the gateways', statuses that walk allowed edges."""

UNKNOWNS = pick("I5", "I6", "I33")
"""Doubt ends with evidence, failures moved no money, and nobody goes elsewhere while in doubt."""

FALLBACK = pick(
    "I33",
)
"""Another gateway only when the first one certainly did nothing."""

PRESENTMENT = pick("I14", "I47")
"""One amount everywhere, whatever units gateways count in; what they do not take is refused before it is sent."""

REFUSALS = pick(
    "I49",
)
"""Who is told no is told so for a reason that the books show."""

LIMITS = pick("I60", "I12", "I13")
"""What is beyond the authorisation or the capture is refused before a gateway hears of it, and never taken."""

ENDS = pick(
    "I61",
)
"""An authorisation ends once: captured or let go, whoever asks for what at once."""

REFERENCES = pick("I48", "I62")
"""Where a merchant's references are unique, one of them pays once; where they may repeat, each key pays."""

RECOVERY = pick("I35", "I37")
"""Breakers close, traffic returns, service is back and stays."""

ONE_KEY = pick(
    "I55",
)
"""Whatever a gateway answered: the same attempt, the same key."""

CARD_RULES = pick("I35", "I57", "I63")
"""A decline is a gateway's answer about a card: it goes no further, and says nothing about the gateway."""

BULKHEADS = pick("I56", "I58")
"""A gateway that hangs holds nothing but its own calls."""

RETRIES = pick("I36", "I37")
"""Retries have a budget and patience."""

REFUNDS = pick(
    "I13",
)
"""Never more back than was taken."""

ONE_PRIMARY = pick(
    "I41",
)
"""Of two database nodes that believe to be the primary, at most one acknowledges anything."""

TAKEN_BACK = pick("I44", "I13", "I16")
"""What a gateway takes back is booked back and told, and nothing is given back twice."""

DISPUTES = pick("I64", "I13", "I16")
"""What a dispute takes it takes once, gives back at most once, and never beside a refund."""

HOLDS = pick("I12", "I45")
"""A hold that lapsed is known to have lapsed, and never captured."""

PAYERS = pick(
    "I46",
)
"""A payer who is asked answers in time, or the payment is given up at its gateway first."""

CAPTURES = pick(
    "I12",
)
"""Never more taken than was agreed to."""

ANSWERED = pick(
    "I43",
)
"""Nobody waits in vain: a replica that lives answers, whatever its database does."""

SESSIONS = pick("I19", "I20")
"""Who wrote reads it, and nobody sees time run backwards, whichever replica or node answers."""

ORDER = pick("I21")
"""All clients of a payment together: what they did and saw could have happened one call at a time."""

OWNERS = pick(
    "I51",
)
"""What was taken for one merchant is owed to that merchant."""

EVENTS = pick(
    "I27",
)
"""A gateway's event acts once, and surely."""

INBOUND = pick("I25", "I26", "I27")
"""Of what comes in unasked, only what is genuine and fresh counts, once, and nothing takes a payment back."""

TOLD = pick("I26", "I52")
"""Who listens to the events knows the payment as it is."""

RECEIPTS = pick("I53", "I54")
"""Only a receipt ends the tries to deliver an event, and they keep to the schedule that was promised."""

WEBHOOKS = pick("I22", "I24")
"""Merchants hear of everything that was committed, and of nothing else."""

RECONCILIATION = pick("I4", "I16", "I32")
"""The gateways' feeds and our books come to agree by themselves, without anything being made worse."""

AUDIT = pick(
    "I38",
)
"""Who touched it, when, and how it ended."""

SETTLEMENT = pick(
    "I30",
)
"""What merchants earned is settled once, on its day, and the sums are those of its lines."""
