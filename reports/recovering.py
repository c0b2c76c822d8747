"""The sentences about failovers: what moved where, what each phase took, what was lost."""

from collections.abc import Iterator

from harness.core.recovery import DataLoss, Failover, Phase, SingleCopy
from reports import wording
from reports.money import amounts

MEANINGS = {
    "detect": "until the loss was noticed",
    "decide": "until the next primary was chosen",
    "promote": "until it took writes",
    "reconnect": "until every pool worked again",
    "drain": "until no more was in flight than before",
    "service": "from the first request not served to a good window that lasts",
}
"""What each phase is, as the end of a sentence."""

SHOWN = 5
"""How many lost payments a short text lists."""


def heading(item: Failover) -> str:
    """Return `postgres_killed at 5.02 s: pg-a to pg-b, timeline 3 to 4`."""
    cause = item.fault or "no fault of ours"
    where = f"{item.old_primary} to {item.new_primary}" if item.new_primary else f"{item.old_primary} to nobody"
    if item.new_primary == item.old_primary:
        where = f"{item.old_primary} came back"
    known = item.timeline_before is not None and item.timeline_after is not None
    timeline = f", timeline {item.timeline_before} to {item.timeline_after}" if known and item.moved else ""
    return f"{cause} at {wording.seconds(item.began_s)}: {where}{timeline}"


def took(phase: Phase) -> str:
    """Return `0.53 s`, or `?` where nobody knows."""
    return "?" if phase.seconds is None else wording.seconds(phase.seconds)


def unknown(item: Failover) -> Iterator[str]:
    """Yield a sentence for each phase that is not known, saying why; the same reason only once."""
    reasons: dict[str, list[str]] = {}
    for phase in (*item.phases, item.service):
        if phase.seconds is None:
            reasons.setdefault(phase.reason or "not known", []).append(phase.name)
    yield from (f"{', '.join(names)}: {reason}" for reason, names in reasons.items())


def writable(item: Failover) -> str:
    """Return how long no write was possible, from the fault on."""
    if item.writable_s is None:
        return "no node took writes again"
    return f"writes after {wording.seconds(item.writable_s - item.began_s)}"


def service(item: Failover) -> str:
    """Return how long clients were without service."""
    if item.service.seconds is None:
        return f"clients: not known ({item.service.reason})"
    if item.service.reason:
        return f"clients: {item.service.reason}"
    return f"clients: {wording.seconds(item.service.seconds)} {MEANINGS['service']}"


def loss(account: DataLoss) -> str:
    """Return what was lost, in one sentence; RPO 0 is only said where it was measured."""
    if account.payments:
        found = wording.count(account.payments, "acknowledged payment")
        return f"{found} lost: {amounts(account.money) or 'no amount told'}"
    if not account.known:
        return f"what was lost is not known: {account.reason}"
    last = "the failover" if account.failovers == 1 else f"the last of {account.failovers} failovers"
    told = f"RPO 0: of {account.at_stake:,} payments acknowledged before {last} none was lost"
    if not account.came_back:
        return told
    nodes = " and ".join(account.came_back)
    return f"{told}; {nodes} also came back by itself, and what it had acknowledged its own disk has saved"


def single_copy(item: SingleCopy) -> str:
    """Return what was at risk on a database that goes on with one copy, in one sentence."""
    told = f"{item.nodes} database nodes: without a standby, payments are acknowledged with one copy"
    if not item.payments:
        return f"{told}; in this run none was"
    found = wording.count(item.payments, "payment or refund", "payments and refunds")
    money = amounts(item.money) or "no amount told"
    return f"{told}; for {wording.seconds(item.seconds)} the primary was alone: {found} at risk, {money}"


def listed(account: DataLoss) -> str:
    """Return the references of lost payments, at most `SHOWN`, and how many more there are."""
    more = len(account.references) - SHOWN
    return ", ".join(account.references[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")
