"""The states of payments, operations and attempts stand in several places; where two differ, that is meant.

The judge has words of its own on purpose: it must not agree with the platform by sharing its tables. What it leaves out
is listed here with the reason, so that a new state cannot be forgotten by anybody without a word.
"""

import itertools
import re
from collections.abc import Iterable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import CheckConstraint, Table

from harness.judge import synthetic
from harness.targets.remote import words
from reports.story import platform as drawn
from system import states
from system.schema import disputes, money
from tests.harness.invariants import story
from tests.system.conftest import TestDatabase

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "evidence.md").read_text()

PAYMENT = {states.INITIAL, *(name for edge in states.EDGES for name in edge)}
"""The statuses that the platform publishes to everybody."""
ATTEMPT = {str(state) for state in states.AttemptState}
DISPUTE = {str(state) for state in states.DisputeState}

UNDECIDED = {"prepared", "dispatched", "unknown", "requires_action"}
"""Attempts that the resolver looks at again."""


def in_schema(table: Table, column: str) -> set[str]:
    """Return the words that a column of the declared schema may hold."""
    checks = [item for item in table.constraints if isinstance(item, CheckConstraint)]
    [check] = [item for item in checks if str(item.name).endswith(f"{column}_known")]
    return quoted(str(check.sqltext))


def quoted(text: str) -> set[str]:
    return set(re.findall(r"'(\w+)'", text))


def on_the_page(table: str, column: str) -> set[str]:
    """Return the words that docs/evidence.md lists for a column."""
    section = PAGE.split(f"## books/{table}.parquet\n", 1)[1].split("\n## ", 1)[0]
    [row] = [line for line in section.splitlines() if line.startswith(f"| `{column}` |")]
    return set(re.findall(r"\w+", row.split("|")[4]))


def after(pattern: str, path: str) -> list[set[str]]:
    """Return the lists of words that follow a pattern in a file."""
    return [quoted(found) for found in re.findall(pattern + r"\s*\(([^)]*)\)", (ROOT / path).read_text())]


def test_payments_have_the_statuses_that_are_published() -> None:
    assert in_schema(money.payments, "status") == PAYMENT
    assert {"created", *drawn._STATUS_TONES} == PAYMENT
    assert set(states.TERMINAL) == PAYMENT - {start for start, _ in states.EDGES}


def test_operations_and_attempts_have_the_states_that_the_page_tells() -> None:
    assert on_the_page("operations", "state") == in_schema(money.operations, "state")
    assert on_the_page("attempts", "state") == in_schema(money.gateway_attempts, "state") == ATTEMPT
    assert {"prepared", "dispatched", *drawn._ATTEMPT_TONES} == ATTEMPT
    assert on_the_page("refunds", "status") == in_schema(money.refunds, "status")
    assert on_the_page("disputes", "state") == in_schema(disputes.disputes, "state") == DISPUTE
    assert in_schema(money.payments, "dispute_state") == DISPUTE


@pytest.mark.real
@pytest.mark.parametrize(
    ("table", "column", "declared"),
    [
        ("payments", "status", PAYMENT),
        ("operations", "state", in_schema(money.operations, "state")),
        ("gateway_attempts", "state", ATTEMPT),
    ],
)
def test_a_migrated_database_allows_what_is_declared(
    migrated: TestDatabase, table: str, column: str, declared: Iterable[str]
) -> None:
    with psycopg.connect(migrated.conninfo) as connection:
        row = connection.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s",
            [f"pay.{table}", f"ck_{table}_{column}_known"],
        ).fetchone()
        indexes = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'pay' AND indexname IN (%s, %s)",
            ["ix_gateway_attempts_unresolved", "uq_gateway_attempts_one_live"],
        ).fetchall()
    assert row is not None
    assert quoted(row[0]) == set(declared)
    assert sorted((quoted(told) for (told,) in indexes), key=len) == [UNDECIDED, UNDECIDED | {"manual", "succeeded"}]


def test_the_published_table_is_what_the_platform_goes_by() -> None:
    assert (ROOT / "system" / "states.json").read_text() == states.table()


@pytest.mark.real
def test_the_database_records_what_the_table_says_and_walks_no_other_edge(database: TestDatabase) -> None:
    """Every state told of an attempt in every state, each in a transaction that is undone."""
    walked: set[tuple[str, str]] = set()
    with psycopg.connect(database.conninfo) as connection:
        connection.execute(MADE)
        for state, told in itertools.product(states.AttemptState, states.TOLD):
            with connection.transaction(force_rollback=True):
                connection.execute("UPDATE pay.gateway_attempts SET state = %s", [state])
                row = connection.execute(
                    "SELECT outcome FROM pay.record('att', %s, 'webhook', NULL, NULL, 'code', 'why', 'ref', true, 0, 5,"
                    " NULL, NULL, NULL, NULL, NULL, 9)",
                    [told],
                ).fetchone()
                moved = connection.execute(
                    "SELECT from_state, to_state FROM pay.attempt_transitions WHERE evidence = 'webhook'"
                ).fetchall()
                steps = connection.execute("SELECT from_status, to_status FROM pay.status_history WHERE version > 1")
                assert {*steps.fetchall()} <= {*states.EDGES}
            assert row == (states.outcome_of(state, told),), (state, told)
            walked |= {(str(start), str(end)) for start, end in moved}
        connection.rollback()
    after = states.AttemptState.REVERSED, states.AttemptState.DISPATCHED
    assert walked == {edge for edge in states.ATTEMPT_EDGES if edge[1] not in after and edge[0] != edge[1]}


MADE = """
SELECT pay.begin_create('tenant', 'm_alpha', false, 'key', 'print', 'owner', 1, 2, 3, 'op', 'pay_1', 'att', 'stripe',
    'att', 'sale', 100, 'EUR', 2::smallint, 'automatic', 'pm_card_visa', 'order', NULL, 'cor')
"""


def test_the_resolver_looks_at_all_that_is_undecided() -> None:
    claimed, put_back = after(r"state IN", "system/store/attempts.py")[:2]
    assert claimed == put_back == UNDECIDED


LEFT_OUT_BY_THE_JUDGE = {
    # A payer who is asked is no unknown, and may take longer than a run: I46 judges how long.
    "i06_unknowns_drain.py": {"requires_action"},
}


def test_what_the_judge_takes_for_undecided_is_that_but_for_what_is_listed() -> None:
    folder = "harness/invariants/"
    left_over = after(r"a\.state IN", f"{folder}i06_unknowns_drain.py")
    assert left_over == [UNDECIDED - LEFT_OUT_BY_THE_JUDGE["i06_unknowns_drain.py"]]
    # Beside those, an attempt that people must decide is still open.
    still = after(r"a\.state NOT IN", f"{folder}i46_given_up_at_the_gateway.py")
    assert still == [UNDECIDED | {"manual"}]


@pytest.mark.parametrize(
    ("edges", "terminal"),
    [
        (synthetic.STATES["edges"], synthetic.STATES["terminal"]),
        (story.STATES["edges"], story.STATES["terminal"]),
    ],
    ids=["synthetic runs", "stories of tests"],
)
def test_made_up_runs_walk_edges_that_there_are(edges: list[list[str]], terminal: list[str]) -> None:
    known = {*states.EDGES}
    assert {tuple(edge) for edge in edges} - known == set()
    # Made-up runs take nothing back, so what is refunded may end there.
    assert set(terminal) - set(states.TERMINAL) <= {"refunded"}


def test_a_system_of_somebody_else_speaks_of_fewer_statuses_and_of_no_others() -> None:
    assert {*words.STATUS.values()} <= PAYMENT
    assert {name for edge in words.STATES["edges"] for name in edge} <= PAYMENT


KNOWN = {
    "state": ATTEMPT
    | in_schema(money.operations, "state")
    | in_schema(money.idempotency_keys, "state")
    # Deliveries, the outbox, breakers, reconciliations, and what a database node says of itself.
    | {"pending", "delivered", "dead", "published", "closed", "open", "half_open", "complete", "repaired", "manual"}
    | {"resolved", "waiting", "up", "refused", "silent"}
    # Invoices.
    | {"paid", "uncollectible", "skipped"}
    | DISPUTE,
    "status": PAYMENT | in_schema(money.refunds, "status") | {"reversed", "voided", "refused", "released", "PENDING"},
}
"""Every word that a column of this name holds in any table."""


@pytest.mark.parametrize(
    "folder",
    [
        "harness/invariants",
        "harness/objectives",
        "system/migrations/sql",
        "system/worker",
        "system/attempts",
        "system/store",
    ],
)
@pytest.mark.parametrize("column", ["state", "status"])
def test_nobody_asks_for_a_state_that_there_is_not(folder: str, column: str) -> None:
    name = rf"\b(?:\w+\.)?(?:to_|from_|got_|told_|ok_)?{column}"
    asked = re.compile(rf"{name}\s*(?:=|<>|IN|NOT IN|IS DISTINCT FROM)\s*(\([^()]*\)|'\w+')")
    strange = {
        f"{path.name}: {word}"
        for path in sorted((ROOT / folder).rglob("*.*"))
        if path.suffix in (".py", ".sql")
        for found in asked.findall(path.read_text())
        for word in quoted(found) - KNOWN[column]
    }
    assert strange == set()
