"""The operators on Python's syntax tree: each names a mistake that people make."""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.mutation.words import AMOUNTS, MEMBERS, SWAPPED, kind_of

Source = Callable[[ast.AST], str]

_NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_BOUNDARY: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


@dataclass(frozen=True)
class Change:
    """The text from the first node's begin to the last one's end becomes `text`; `site` reports when it is reached."""

    operator: str
    site: ast.expr | ast.stmt
    first: ast.expr | ast.stmt
    last: ast.expr | ast.stmt
    text: str


def _whole(operator: str, node: ast.expr | ast.stmt, text: str) -> Change:
    return Change(operator, node, node, node, text)


def changes(node: ast.AST, source: Source) -> Iterator[Change]:
    """Yield every change of this very node; those of its children are theirs."""
    for operator in (_condition, _dropped, _compared, _calculated, _constant, _member, _left_out, _swapped, _removed):
        yield from operator(node, source)


def _condition(node: ast.AST, source: Source) -> Iterator[Change]:
    if isinstance(node, (ast.If, ast.IfExp, ast.While)) and not isinstance(node.test, ast.Constant):
        if not _negated(node.test):
            yield _whole("condition inverted", node.test, f"not ({source(node.test)})")
        if isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], _ENDS):
            yield _whole("check removed", node.test, "False")
    if isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield _whole("condition dropped", test, "True")


def _negated(test: ast.expr) -> bool:
    """Tell whether inverting this is what `comparison negated` does."""
    return isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _NEGATED


def _dropped(node: ast.AST, source: Source) -> Iterator[Change]:
    if not isinstance(node, ast.BoolOp):
        return
    word, neutral = ("and", "True") if isinstance(node.op, ast.And) else ("or", "False")
    for value in node.values:
        if node.lineno == node.end_lineno:
            rest = [f"({source(other)})" for other in node.values if other is not value]
            yield _whole("condition dropped", node, f" {word} ".join(rest))
        else:
            # The line that it is on says what was lost, and not the whole condition.
            yield Change("condition dropped", node, value, value, neutral)


def _compared(node: ast.AST, source: Source) -> Iterator[Change]:
    if not isinstance(node, ast.Compare):
        return
    for place, operator in enumerate(node.ops):
        for table, name in ((_BOUNDARY, "boundary off by one"), (_NEGATED, "comparison negated")):
            if type(operator) in table:
                ops = [*node.ops[:place], table[type(operator)](), *node.ops[place + 1 :]]
                yield _whole(name, node, ast.unparse(ast.Compare(node.left, ops, node.comparators)))


def _calculated(node: ast.AST, source: Source) -> Iterator[Change]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)) and not _of_text(node):
        sign = "-" if isinstance(node.op, ast.Add) else "+"
        yield _whole("sign swapped", node, f"({source(node.left)}) {sign} ({source(node.right)})")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
        other = "max" if node.func.id == "min" else "min"
        yield Change("minimum and maximum swapped", node, node.func, node.func, other)


def _of_text(node: ast.BinOp) -> bool:
    """Tell whether these are texts or lists that are put together."""
    parts = [item for item in ast.walk(node) if isinstance(item, ast.expr)]
    return any(
        isinstance(item, (ast.JoinedStr, ast.List, ast.Tuple))
        or (isinstance(item, ast.Constant) and isinstance(item.value, (str, bytes)))
        for item in parts
    )


def _constant(node: ast.AST, source: Source) -> Iterator[Change]:
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield _whole("constant changed", node, str(not node.value))
    elif isinstance(node.value, int):
        yield _whole("constant changed", node, str(node.value + 1))
    elif isinstance(node.value, str) and node.value in SWAPPED and source(node)[0] in "'\"":
        yield _whole("state swapped", node, f'"{SWAPPED[node.value]}"')


def _member(node: ast.AST, source: Source) -> Iterator[Change]:
    if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
        return
    if isinstance(node.value, ast.Name) and (node.value.id, node.attr) in MEMBERS:
        yield _whole("state swapped", node, f"{node.value.id}.{MEMBERS[node.value.id, node.attr]}")
    if node.attr in AMOUNTS and source(node.value).split(".")[-1] in ("payment", "p"):
        yield _whole("amount swapped", node, f"{source(node.value)}.{AMOUNTS[node.attr]}")


def _left_out(node: ast.AST, source: Source) -> Iterator[Change]:
    if isinstance(node, ast.Dict) and len(node.keys) > 1:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                yield Change("field left out", node, key, value, "**{}")
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)) and len(node.elts) > 1 and _is_table(node.elts):
        yield from (Change("row left out", node, row, row, "*()") for row in node.elts)
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg and not isinstance(keyword.value, ast.Constant):
                yield _whole("field left out", keyword.value, "None")


def _is_table(rows: Sequence[ast.expr]) -> bool:
    return all(isinstance(row, (ast.Call, ast.Tuple)) for row in rows)


def _swapped(node: ast.AST, source: Source) -> Iterator[Change]:
    if not isinstance(node, ast.Call):
        return
    named = [(item, source(item)) for item in (*node.args, *(keyword.value for keyword in node.keywords))]
    plain = [(item, text) for item, text in named if isinstance(item, (ast.Name, ast.Attribute))]
    for (first, one), (second, other) in pairwise(plain):
        kind = kind_of(one.split(".")[-1])
        if kind and kind == kind_of(other.split(".")[-1]) and one != other:
            yield _whole(f"{kind} swapped", first, other)
            yield _whole(f"{kind} swapped", second, one)


def _removed(node: ast.AST, source: Source) -> Iterator[Change]:
    if isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Await)):
        yield _whole("await removed" if isinstance(node.value, ast.Await) else "call removed", node, "pass")
    if isinstance(node, ast.Raise) and node.exc is not None:
        yield _whole("raise removed", node, "pass")
    if isinstance(node, ast.ExceptHandler) and not isinstance(node.body[0], (ast.Pass, ast.Continue)):
        yield Change("exception swallowed", node.body[0], node.body[0], node.body[-1], "pass")
    if isinstance(node, (ast.Assign, ast.AugAssign)) and _remembers(node):
        yield _whole("assignment left out", node, "pass")


def _remembers(node: ast.Assign | ast.AugAssign) -> bool:
    """Tell whether an assignment changes what is there already, so that leaving it out is no NameError."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return isinstance(node, ast.AugAssign) or all(isinstance(each, (ast.Attribute, ast.Subscript)) for each in targets)
