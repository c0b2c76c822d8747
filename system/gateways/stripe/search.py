"""Search: ``metadata['attempt_id']:'att_1' AND status:'succeeded'``, over an index that lies behind."""

import re
from dataclasses import dataclass
from itertools import islice

from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.faults.search_lag import hidden, lag_us
from system.gateways.common.rows import Row
from system.gateways.common.tables import INDEXED
from system.gateways.stripe import values
from system.gateways.stripe.desk import Desk
from system.gateways.stripe.errors import invalid

_CLAUSE = re.compile(
    r"""\s*(?P<minus>-)?(?:metadata\[(?P<q>["'])(?P<key>[^"']{1,40})(?P=q)\]|(?P<field>[a-z_]+))"""
    r"""\s*(?P<op>[:><~]=?)\s*(?:(?P<v>["'])(?P<text>[^"']{0,500})(?P=v)|(?P<number>\d{1,18}))\s*"""
)
_JOIN = re.compile(r"(AND|OR)\s+", re.IGNORECASE)
SCANNED_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison; ``tag`` names a metadata key, ``field`` an object's own."""

    tag: str
    field: str
    op: str
    value: str
    negated: bool

    def holds(self, row: Row) -> bool:
        """Tell whether the object satisfies it."""
        have = (row.get("metadata") or {}).get(self.tag) if self.tag else row.get(self.field)
        return self._compare(have) != self.negated

    def _compare(self, have: object) -> bool:
        if have is None:
            return False
        if self.op == ":":
            return str(have).lower() == self.value.lower()
        if self.op == "~":
            return self.value.lower() in str(have).lower()
        if not isinstance(have, int) or not self.value.isdigit():
            return False
        want = int(self.value)
        return {">": have > want, ">=": have >= want, "<": have < want, "<=": have <= want}.get(self.op, False)


def parse_query(query: str) -> tuple[list[Clause], bool]:
    """Return the clauses and whether all must hold (AND). Raises StripeError."""
    clauses: list[Clause] = []
    joins: set[str] = set()
    at = 0
    while True:
        found = _CLAUSE.match(query, at)
        if found is None:
            raise invalid(f"We were unable to parse your search query: {query[:200]}", param="query")
        value = found["text"] if found["text"] is not None else found["number"]
        clauses.append(Clause(found["key"] or "", found["field"] or "", found["op"], value, bool(found["minus"])))
        at = found.end()
        if at >= len(query):
            break
        join = _JOIN.match(query, at)
        if join is None or len(clauses) >= 10:
            raise invalid("Clauses are joined by AND or OR, at most 10 of them", param="query")
        joins.add(join[1].upper())
        at = join.end()
    if len(joins) > 1:
        raise invalid("You can not combine AND and OR in the same query", param="query")
    return clauses, joins != {"OR"}


def searching(table: str, url: str, desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """Answer ``GET /v1/<objects>/search``."""
    clauses, every = parse_query(values.needed(exchange.fields, "query"))
    limit = values.integer(exchange.fields, "limit", maximum=100) or 10
    rows = desk.books.state.tables[table]
    exact = next((c for c in clauses if every and c.tag in INDEXED and c.op == ":" and not c.negated), None)
    pool = reversed(rows.tagged(exact.tag, exact.value)) if exact else islice(rows.newest(), SCANNED_MAX)
    quantify = all if every else any
    matching = [row for row in pool if quantify(clause.holds(row) for clause in clauses)]
    newest_us = batch.at_us - lag_us(exchange, desk.settings.search_lag_s)
    seen = [row for row in matching if _made_us(desk, row) <= newest_us]
    if len(seen) < len(matching):
        hidden(exchange)
    page = {"object": "search_result", "url": url, "has_more": len(seen) > limit, "next_page": None}
    return desk.ok(exchange, {**page, "data": seen[:limit]}, "lookup")


def _made_us(desk: Desk, row: Row) -> int:
    """Return when an object was made, to the microsecond where the ledger knows it."""
    charge = desk.books.state.charges.get(row["id"])
    return charge.created_at_us if charge is not None else int(row["created"]) * 1_000_000
