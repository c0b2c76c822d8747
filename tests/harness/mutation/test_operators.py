"""The operators: what each makes of a small piece of code, and what they leave alone."""

import ast

import pytest

from harness.mutation import python, sql
from harness.mutation.mutant import Mutant


def of_python(body: str) -> list[Mutant]:
    """Return the mutants of a function with this body."""
    return python.mutants_of("a.py", f"def f(x):\n{body}".encode())


def changes(mutants: list[Mutant]) -> set[tuple[str, str, str]]:
    """Return operator, what was there and what is there instead."""
    return {(mutant.operator, mutant.before, mutant.edit.text) for mutant in mutants}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("    if x < 3:\n        g()", ("boundary off by one", "x < 3", "x <= 3")),
        ("    if x >= y:\n        g()", ("condition inverted", "x >= y", "not (x >= y)")),
        ("    return x == y", ("comparison negated", "x == y", "x != y")),
        ("    return x is None", ("comparison negated", "x is None", "x is not None")),
        ("    if x in y:\n        return\n    g()", ("check removed", "x in y", "False")),
        ("    return a and b and c", ("condition dropped", "a and b and c", "(a) and (c)")),
        ("    return (a\n        or b)", ("condition dropped", "b", "False")),
        ("    return [y for y in x if y.ok]", ("condition dropped", "y.ok", "True")),
        ("    return x - y", ("sign swapped", "x - y", "(x) + (y)")),
        ("    return min(x, y)", ("minimum and maximum swapped", "min", "max")),
        ("    return g(True)", ("constant changed", "True", "False")),
        ("    return x % 100", ("constant changed", "100", "101")),
        ("    return 'unknown'", ("state swapped", "'unknown'", '"not_executed"')),
        ("    return Knowledge.UNKNOWN", ("state swapped", "Knowledge.UNKNOWN", "Knowledge.DEFINITE_NO")),
        (
            "    g(AttemptState.OPEN or Outcome.LATE_SUCCESS)",
            ("state swapped", "Outcome.LATE_SUCCESS", "Outcome.STALE"),
        ),
        ("    return OperationKind.REFUND", ("state swapped", "OperationKind.REFUND", "OperationKind.VOID")),
        ("    return payment.captured_minor", ("amount swapped", "payment.captured_minor", "payment.authorized_minor")),
        ("    return {'a': x, 'b': y}", ("field left out", "'b': y", "**{}")),
        ("    return g(key=x)", ("field left out", "x", "None")),
        ("    return [g(x), g(y)]", ("row left out", "g(y)", "*()")),
        ("    return g(c.payment_id, c.attempt_id)", ("id swapped", "c.payment_id", "c.attempt_id")),
        ("    await g(x)", ("await removed", "await g(x)", "pass")),
        ("    g(x)", ("call removed", "g(x)", "pass")),
        ("    raise ValueError(x)", ("raise removed", "raise ValueError(x)", "pass")),
        ("    x.total += 1", ("assignment left out", "x.total += 1", "pass")),
        (
            "    try:\n        g()\n    except E:\n        h()\n        raise",
            ("exception swallowed", "h()\n        raise", "pass"),
        ),
    ],
)
def test_an_operator_makes_the_mistake_that_it_names(body: str, expected: tuple[str, str, str]) -> None:
    found = python.mutants_of("a.py", f"async def f(x):\n{body}".encode())
    assert expected in changes(found)


@pytest.mark.parametrize(
    "body",
    [
        '    """Return 3 if x < 3."""',
        "    self.log.warning('failed', count=3)",
        "    crashpoints.reach(crashpoints.SENT)",
        "    import y",
        "    return f'{x < 3}'",
        "    y: Literal['unknown']",
        "    total = g",
        "    assert x is None",
        "    return x[:3]",
        "    a, b = g(x), g(y)",
        "    return g, 'amount', h(y)",
    ],
)
def test_what_decides_nothing_is_left_alone(body: str) -> None:
    assert changes(of_python(body)) == set()


def test_every_mutant_is_another_text_that_can_be_parsed() -> None:
    source = b"def f(x, y):\n    if x < 3 and y:\n        return {'a': 1, 'b': (2)}\n    raise E('unknown')\n"
    found = python.mutants_of("a.py", source)
    texts = [mutant.mutated(source) for mutant in found]
    assert len(set(texts)) == len(texts) > 5
    for text in texts:
        ast.parse(text)


def test_an_id_outlives_changes_elsewhere_in_the_file_and_tells_equals_apart() -> None:
    body = "def f(x):\n    g(1)\n    g(1)\n"
    first = {mutant.id for mutant in python.mutants_of("a.py", body.encode())}
    later = {mutant.id for mutant in python.mutants_of("a.py", f"import y\n\n\n{body}".encode())}
    assert first == later
    assert len(first) == 4


def test_tables_outside_of_functions_are_mutated_and_known_to_be_in_force_from_the_start() -> None:
    found = python.mutants_of("a.py", b"TABLE = {\n    'a': 1,\n    'b': 2,\n}\nif x:\n    y = 1\n")
    assert {(mutant.operator, mutant.site.kind) for mutant in found} == {
        ("field left out", "import"),
        ("constant changed", "import"),
    }
    assert {mutant.function for mutant in found} == {"(module)"}


FUNCTION = """
CREATE FUNCTION pay.f(p_attempt_id text, p_payment_id text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE v text := 'unknown';
BEGIN
    -- 'unknown' in a comment
    IF p_amount <= 0 AND NOT g(p_amount) THEN
        RETURN false;
    END IF;
    UPDATE pay.payments SET status = 'failed', version = version + 1
        WHERE payment_id = p_payment_id AND status <> 'captured' FOR UPDATE;
    PERFORM pay.h(p_attempt_id, p_payment_id);
    INSERT INTO pay.audit (at_us) VALUES (p_now);
    RETURN v IS NULL;
END $$;
"""


def of_sql(text: str = FUNCTION) -> list[Mutant]:
    """Return the mutants of the functions in a text."""
    return sql.mutants_of("a.sql", text, sql.functions_of(text))


@pytest.mark.parametrize(
    "expected",
    [
        ("boundary off by one", "<=", "<"),
        ("condition inverted", "p_amount <= 0 AND NOT g(p_amount)", "NOT (p_amount <= 0 AND NOT g(p_amount))"),
        ("condition dropped", "p_amount <= 0", "true"),
        ("condition dropped", "NOT g(p_amount)", "true"),
        ("condition dropped", "status <> 'captured'", "true"),
        ("constant changed", "false", "true"),
        ("state swapped", "'failed'", "'canceled'"),
        ("field left out", "status = 'failed', ", ""),
        ("field left out", ", version = version + 1", ""),
        ("sign swapped", "+", "-"),
        ("comparison negated", "<>", "="),
        ("lock removed", "FOR UPDATE", ""),
        ("call removed", "PERFORM pay.h(p_attempt_id, p_payment_id)", "NULL"),
        ("row left out", "INSERT INTO pay.audit (at_us) VALUES (p_now)", "NULL"),
        ("id swapped", "p_attempt_id, p_payment_id", "p_payment_id, p_attempt_id"),
    ],
)
def test_an_operator_on_sql_makes_the_mistake_that_it_names(expected: tuple[str, str, str]) -> None:
    assert expected in changes(of_sql())


def test_sql_reports_before_its_statement_or_where_its_function_begins() -> None:
    lines = {mutant.operator: FUNCTION[: mutant.site.start].count("\n") for mutant in of_sql()}
    assert lines["call removed"] == 10
    declared = [mutant for mutant in of_sql() if mutant.before == "'unknown'"]
    assert [FUNCTION[: mutant.site.start].count("\n") for mutant in declared] == [3]


def test_only_the_definition_in_force_is_mutated() -> None:
    texts = {"1.sql": FUNCTION, "2.sql": FUNCTION.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")}
    assert {path: len(found) for path, found in sql.in_force(texts).items()} == {"1.sql": 0, "2.sql": 1}
