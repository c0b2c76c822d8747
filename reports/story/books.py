"""What everyone who keeps a record says a payment came to in the end, side by side."""

from collections.abc import Iterable

from reports.money import amounts
from reports.story.gather import Trace
from reports.tables import Row

_SIGN = {"capture": 1, "refund": -1, "refund_failed": 1, "dispute": -1, "dispute_fee": -1, "dispute_reversal": 1}


def sums(trace: Trace) -> tuple[tuple[str, str], ...]:
    """Return (who, what it says): the client's last word, each gateway's book, the ledger's clearing accounts."""
    gateways = sorted({str(row["gateway"]) for row in trace.of("gateway_movements")})
    told = [("Client's last word", _last_word(trace))]
    for gateway in gateways:
        own = (row for row in trace.of("gateway_movements") if row["gateway"] == gateway)
        told.append((f"{gateway}'s book", _moved(own)))
    clearing = [row for row in trace.of("postings") if str(row["account"]).startswith("gateway:")]
    for account in sorted({str(row["account"]) for row in clearing}):
        told.append((f"Ledger, {account}", _balance(row for row in clearing if row["account"] == account)))
    return tuple((who, says) for who, says in told if says)


def _last_word(trace: Trace) -> str:
    rows = [row for row in trace.of("history") if row["done_us"] and row["kind"] != "list"]
    if not rows:
        return ""
    last = max(rows, key=lambda row: int(row["done_us"]))
    return f"{last['got_status'] or last['error_code'] or last['error'] or 'nothing'} ({last['outcome']})"


def _moved(rows: Iterable[Row]) -> str:
    net: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for row in rows:
        kinds[str(row["kind"])] = kinds.get(str(row["kind"]), 0) + 1
        sign = _SIGN.get(str(row["kind"]), 0)
        net[row["currency"] or ""] = net.get(row["currency"] or "", 0) + sign * (row["amount_minor"] or 0)
    counted = ", ".join(kind if number == 1 else f"{number} × {kind}" for kind, number in kinds.items())
    return f"{amounts(net) or 'nothing taken'} ({counted})"


def _balance(rows: Iterable[Row]) -> str:
    net: dict[str, int] = {}
    for row in rows:
        net[row["currency"] or ""] = net.get(row["currency"] or "", 0) + (row["amount_minor"] or 0)
    return amounts(net) or "zero"
