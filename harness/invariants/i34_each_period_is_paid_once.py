"""I34: a subscriber pays once for each period, and periods leave out no time and count none twice."""

from collections.abc import Iterator, Mapping, Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._periods import trial_ends_us
from harness.invariants._subscriptions import LATE_US, Bill, Charge, Fact, Told, charged_periods, subscriptions
from harness.invariants._telling import money, some

_PUBLISHED = "86400,259200,432000,604800"
"""The dunning schedule that is published, in seconds after the first decline, where a run set no other."""
_EARLY_US = 1_000_000


def _violations(evidence: Evidence) -> Sequence[Violation]:
    every = subscriptions(evidence)
    schedule_s = [float(part) for part in _setting(evidence).split(",") if part.strip()]
    found = [*_strangers(evidence, {told.name for told in every})]
    for told in every:
        found += [*_terms(told), *_periods(told), *_charged(told)]
        found += [*_waiting(told, schedule_s), *_dunning(told, schedule_s)]
    return found


def _setting(evidence: Evidence) -> str:
    groups: Mapping[str, Mapping[str, object]] = evidence.plan.get("settings", {})
    values = {key.lower().removeprefix("pay_"): str(value) for group in groups.values() for key, value in group.items()}
    return values.get("billing_dunning_s", _PUBLISHED)


def _broken(
    told: Told, period: int, what: str, amount_minor: int = 0, *, seen_in: str = "", size: int = 1, timed: bool = False
) -> Violation:
    at_risk = {str(told.row["currency"]): amount_minor} if amount_minor else {}
    reference = f"{told.name}/{period}"
    told_of = f"period {period} of {told.name} ({told.row['merchant_id']}) {what}"
    return Violation(reference, told_of, at_risk, reference, size, reference, seen_in, timed=timed)


def _moment(at_us: int) -> str:
    return f"{at_us} us"


def _strangers(evidence: Evidence, known: set[str]) -> Iterator[Violation]:
    """Charges for subscriptions that nobody has."""
    for name, periods in charged_periods(evidence).items():
        for period, held in periods.items() if name not in known else ():
            at_risk = {charge.currency: charge.amount_minor for charge in held}
            what = f"{_charges(held)} for period {period} of {name}, and there is no such subscription"
            yield Violation(f"{name}/{period}", what, at_risk, f"{name}/{period}", seen_in="strangers")


def _charges(held: Sequence[Charge]) -> str:
    return some(f"{item.charge_id} at {item.gateway} ({money(item.amount_minor, item.currency)})" for item in held)


def _terms(told: Told) -> Iterator[Violation]:
    """A trial lasts as long as the plan says."""
    row = told.row
    ends_us = trial_ends_us(row["started_at_us"], row["zone"], row["trial_days"])
    if row["anchor_us"] != ends_us:
        what = f"begins at {_moment(row['anchor_us'])}, but its trial of {row['trial_days']} days ends at "
        yield _broken(told, 0, what + _moment(ends_us), row["price_minor"], seen_in="trial")


def _periods(told: Told) -> Iterator[Violation]:
    """One invoice for each period that has begun, from where the rule puts its start to where it puts its end."""
    by_period: dict[int, list[Fact]] = {}
    for invoice in told.invoices:
        by_period.setdefault(invoice["period"], []).append(invoice)
    due, bill = told.due_periods(), Bill(told)
    latest = max(by_period, default=-1)
    for period in due:
        amount_minor, held = bill.amount_of(period), by_period.pop(period, [])
        if not held:
            waits = period > latest
            if not waits or told.begins_us(period) + LATE_US <= told.row["read_at_us"]:
                what = f"began at {_moment(told.begins_us(period))} and has no invoice"
                yield _broken(told, period, what, amount_minor, seen_in="missing", timed=waits)
            continue
        if len(held) > 1:
            yield _broken(told, period, f"has {len(held)} invoices", amount_minor, seen_in="invoices", size=len(held))
        yield from _invoice(told, period, held[0], amount_minor)
    pending_minor = bill.pending_now()
    if pending_minor != told.row["pending_minor"]:
        what = f"is to have {told.row['pending_minor']} added for changes of plan; the rule says {pending_minor}"
        yield _broken(told, len(due), what, abs(told.row["pending_minor"] - pending_minor), seen_in="pending")
    for period, held in by_period.items():
        what = f"has an invoice of {money(held[0]['amount_minor'], held[0]['currency'])}, but "
        what += "the subscription had ended" if told.begins_us(period) >= told.ends_us else "it had not begun"
        yield _broken(told, period, what, held[0]["amount_minor"], seen_in="invoices")


def _invoice(told: Told, period: int, invoice: Fact, amount_minor: int) -> Iterator[Violation]:
    spans = (invoice["starts_at_us"], invoice["ends_at_us"]), (told.begins_us(period), told.begins_us(period + 1))
    if spans[0] != spans[1]:
        what = f"is invoiced from {_moment(spans[0][0])} to {_moment(spans[0][1])}, but it lasts from "
        what += f"{_moment(spans[1][0])} to {_moment(spans[1][1])}"
        yield _broken(told, period, what, invoice["amount_minor"], seen_in="boundaries", size=2)
    paused = told.paused_at(told.begins_us(period))
    if paused != (invoice["state"] == "skipped"):
        what = f"is {invoice['state']}, but the subscription was {'paused' if paused else 'not paused'} when it began"
        yield _broken(told, period, what, invoice["amount_minor"] or amount_minor, seen_in="pauses", size=2)
    elif invoice["amount_minor"] != amount_minor and not paused:
        currency = told.row["currency"]
        what = f"is invoiced with {money(invoice['amount_minor'], currency)}, and owes {money(amount_minor, currency)}"
        yield _broken(told, period, what, abs(invoice["amount_minor"] - amount_minor), seen_in="amounts", size=2)


def _charged(told: Told) -> Iterator[Violation]:
    """At most one charge for each period at the gateways, and one where its invoice is paid."""
    invoices = {invoice["period"]: invoice for invoice in told.invoices}
    for period in sorted({*invoices, *told.charges}):
        held, invoice = told.charges.get(period, ()), invoices.get(period)
        amount_minor = sum(charge.amount_minor for charge in held)
        if len(held) > 1:
            extra_minor = sum(charge.amount_minor for charge in held[1:])
            what = f"is charged {len(held)} times, and nothing was given back: {_charges(held)}"
            yield _broken(told, period, what, extra_minor, seen_in="charged", size=len(held))
        elif held and (invoice is None or invoice["state"] in ("skipped", "uncollectible")):
            state = "there is no invoice" if invoice is None else f"its invoice is {invoice['state']}"
            yield _broken(told, period, f"is charged by {_charges(held)}, but {state}", amount_minor, seen_in="charged")
        elif held and invoice is not None and held[0].amount_minor != invoice["amount_minor"]:
            owed = money(invoice["amount_minor"], invoice["currency"])
            what = f"is charged by {_charges(held)}, but its invoice is of {owed}"
            yield _broken(told, period, what, abs(amount_minor - invoice["amount_minor"]), seen_in="charged", size=2)
        elif _claims_money(told, invoice) and not held:
            assert invoice is not None
            what = "is said to be paid, and no gateway has charged it"
            yield _broken(told, period, what, invoice["amount_minor"], seen_in="charged", size=2)
        elif held and invoice is not None and invoice["state"] == "open":
            what = f"is charged by {_charges(held)}, and its invoice is still open"
            yield _broken(told, period, what, amount_minor, seen_in="charged", size=2, timed=True)


def _claims_money(told: Told, invoice: Fact | None) -> bool:
    """Tell whether an invoice is said to be paid, and was so early enough for the gateways' ledgers, read before it."""
    if invoice is None or invoice["state"] != "paid" or not invoice["amount_minor"]:
        return False
    return bool((invoice["settled_at_us"] or 0) + LATE_US <= told.row["read_at_us"])


def _waiting(told: Told, schedule_s: Sequence[float]) -> Iterator[Violation]:
    """An open invoice is due when its period begins, and after a decline when the schedule says: it is tried then."""
    for invoice in told.invoices:
        period, declines, first_us = invoice["period"], invoice["declines"], invoice["first_declined_at_us"]
        if invoice["state"] != "open" or period in told.charges or declines > len(schedule_s):
            continue
        due_us = told.begins_us(period) if not declines else first_us + int(schedule_s[declines - 1] * 1e6)
        if due_us + LATE_US <= told.row["read_at_us"]:
            what = f"is due since {_moment(due_us)}, and nobody has charged it"
            yield _broken(told, period, what, invoice["amount_minor"], seen_in="waiting", timed=True)


def _dunning(told: Told, schedule_s: Sequence[float]) -> Iterator[Violation]:
    """After a decline an invoice is tried as the schedule says: not sooner, not more often, and not less often."""
    for invoice in told.invoices:
        period, amount_minor = invoice["period"], invoice["amount_minor"]
        declined = [item for item in told.tries if item["period"] == period and item["outcome"] == "declined"]
        if len(declined) > len(schedule_s) + 1:
            what = f"was declined {len(declined)} times; the schedule has {len(schedule_s) + 1} tries"
            yield _broken(told, period, what, seen_in="dunning", size=len(declined))
        for number, item in enumerate(declined[1 : len(schedule_s) + 1]):
            due_us = declined[0]["at_us"] + int(schedule_s[number] * 1e6)
            if item["at_us"] < due_us - _EARLY_US:
                what = f"was tried again at {_moment(item['at_us'])}; the schedule says {_moment(due_us)}"
                yield _broken(told, period, what, seen_in="dunning", size=2)
        if invoice["state"] == "uncollectible" and len(declined) <= len(schedule_s):
            what = f"was given up after {len(declined)} declines; the schedule has {len(schedule_s) + 1} tries"
            yield _broken(told, period, what, amount_minor, seen_in="dunning", size=2)


def _count(evidence: Evidence) -> int:
    known = evidence.rows("SELECT subscription_id FROM subscriptions")
    names = {row["subscription_id"] for row in known}
    return sum(len(periods) for name, periods in charged_periods(evidence).items() if name in names)


INVARIANT = Invariant(
    id="I34",
    sentence="A subscription has one invoice and one successful charge for each period; periods tile time.",
    kind="safety",
    needs=(
        *("history", "operations", "gateway_charges", "gateway_movements"),
        *("subscriptions", "subscription_changes", "invoices", "invoice_tries"),
    ),
    witness=Witness("periods that a gateway charged", 20, _count),
    violations=_violations,
    whole=True,
)
