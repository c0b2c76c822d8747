"""How much of the tree has no type to speak of: `Any`, and mappings of `str` to `Any` or `object`.

Both are counted on the syntax tree, in annotations that are written as strings too. A name for such a mapping counts
where it is made, and there are no more of those than are listed here: whoever wants another has a shape to give.
"""

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ANY_PER_THOUSAND_LINES = 1.5
MAPPINGS = 60
OF_MAPPINGS = frozenset({"dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict", "Dict"})
OF_LIBRARIES = frozenset({"DictRow"})
"""What libraries call such a mapping."""
NAMED = {
    ("examples/stripe-like/sound.py", "Row"),
    ("reports/tables.py", "Row"),
    ("system/gateways/common/rows.py", "Row"),
}
"""The names that there are for such a mapping: of a gateway's documents, and of whatever columns a table has."""


@dataclass
class Found:
    """What a tree, or a file of it, comes to."""

    lines: int = 0
    anys: Counter[str] = field(default_factory=Counter)
    mappings: Counter[str] = field(default_factory=Counter)
    named: set[tuple[str, str]] = field(default_factory=set)

    @property
    def any_per_thousand_lines(self) -> float:
        return 1000 * self.anys.total() / self.lines

    def __str__(self) -> str:
        worst = (self.anys + self.mappings).most_common(12)
        return (
            f"{self.anys.total()} of Any in {self.lines} lines, {self.any_per_thousand_lines:.2f} per thousand "
            f"(at most {ANY_PER_THOUSAND_LINES}); {self.mappings.total()} mappings of str to Any or object "
            f"(at most {MAPPINGS}); most of both: {', '.join(f'{name} {count}' for name, count in worst)}"
        )


def _called(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _is_mapping(node: ast.AST) -> bool:
    if isinstance(node, ast.expr) and _called(node) in OF_LIBRARIES:
        return True
    if not (isinstance(node, ast.Subscript) and _called(node.value) in OF_MAPPINGS):
        return False
    of = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
    return [_called(each) for each in of] in (["str", "Any"], ["str", "object"])


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes, and those of texts that are expressions with one of the two names in them."""
    for node in ast.walk(tree):
        yield node
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "[" in node.value:
            try:
                inner = ast.parse(node.value, mode="eval")
            except (SyntaxError, ValueError):
                continue
            yield from ast.walk(inner)


def _names_of_mappings(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and _is_mapping(node.value) and isinstance(node.value, ast.Subscript):
            yield from (_called(target) for target in node.targets)
        elif isinstance(node, ast.AnnAssign) and node.value is not None and _is_mapping(node.value):
            yield _called(node.target)


def count(text: str, name: str, into: Found) -> Found:
    """Add a file's figures."""
    tree = ast.parse(text)
    into.lines += text.count("\n")
    for node in _nodes(tree):
        into.anys[name] += isinstance(node, ast.expr) and _called(node) == "Any"
        into.mappings[name] += _is_mapping(node)
    into.named |= {(name, called) for called in _names_of_mappings(tree)}
    return into


@cache
def of_the_tree() -> Found:
    """Return the figures of everything but the tests."""
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["packages"]
    found = Found()
    for folder in (*packages, "examples"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            count(path.read_text(), str(path.relative_to(ROOT)), found)
    return found


def test_any_is_rare() -> None:
    found = of_the_tree()
    assert found.lines > 50_000
    assert found.any_per_thousand_lines <= ANY_PER_THOUSAND_LINES, str(found)


def test_what_has_a_shape_has_a_type() -> None:
    assert of_the_tree().mappings.total() <= MAPPINGS, str(of_the_tree())


def test_no_name_stands_for_what_has_no_type() -> None:
    assert of_the_tree().named == NAMED


def test_every_spelling_is_counted() -> None:
    text = """
from collections.abc import Mapping
import typing
from typing import Any
Row = dict[str, Any]
Told: "TypeAlias" = "Mapping[str, object]"
def f(a: dict[str, Any], b: "Connection[dict[str, Any]]", c: typing.Mapping[str, typing.Any]) -> Any: ...
def g(a: Mapping[str, int], b: "a text that says Any", c: list[object]) -> dict[int, Any]: ...
def h() -> "Connection[DictRow]": ...
"""
    found = count(text, "a.py", Found())
    assert found.anys.total() == 6
    assert found.mappings.total() == 6
    assert found.named == {("a.py", "Row")}
