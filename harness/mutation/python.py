"""Every mutant of a Python file: operators on its syntax tree, each an edit of the text."""

import ast
import re
from collections.abc import Iterator
from typing import TypeGuard

from harness.mutation import operators
from harness.mutation.mutant import Edit, Kind, Mutant, Site, identified

_SILENT = re.compile(r"(^|\.)(log|metrics|crashpoints)\.")
"""What only tells of things: nothing inside a call of these is mutated."""
_OF_TABLES = {"constant changed", "state swapped", "field left out", "row left out"}
"""What makes sense outside of functions, in tables and defaults."""
_TYPES = ("Literal", "cast")


class _Text:
    """A source and where its nodes are, in bytes."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def span(self, node: ast.AST) -> tuple[int, int]:
        assert isinstance(node, (ast.expr, ast.stmt))
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._lines[node.lineno - 1] + node.col_offset, self._lines[node.end_lineno - 1] + node.end_col_offset

    def of(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.source[start:end].decode()


def mutants_of(path: str, source: bytes) -> list[Mutant]:
    """Return every mutant of a Python file, with its ids."""
    return identified(_Finder(path, source).found(), source)


class _Finder:
    def __init__(self, path: str, source: bytes) -> None:
        self._path = path
        self._text = _Text(source)
        self._tree = ast.parse(source)
        self._taken_apart = [node.value for node in ast.walk(self._tree) if _takes_apart(node)]

    def found(self) -> Iterator[Mutant]:
        yield from self._body(self._tree, "", "import")

    def _body(self, owner: ast.AST, name: str, kind: Kind) -> Iterator[Mutant]:
        """Yield the mutants inside a node. In functions they report when they are reached; `__init__` is left out."""
        if isinstance(owner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = f"{name}.{owner.name}" if name else owner.name
            if not isinstance(owner, ast.ClassDef):
                kind = "expression"
            for statement in owner.body if name.split(".")[-1] != "__init__" else ():
                yield from self._body(statement, name, kind)
            return
        if self._spared(owner):
            return
        for change in operators.changes(owner, self._text.of):
            if (kind != "import" or change.operator in _OF_TABLES) and self._is_whole(change):
                yield self._mutant(change, name, kind)
        for child in ast.iter_child_nodes(owner):
            if not self._is_annotation(owner, child):
                yield from self._body(child, name, kind)

    def _spared(self, node: ast.AST) -> bool:
        """Tell what is no decision: docstrings, imports, types, texts, patterns, assertions, slices, logs, counters."""
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.JoinedStr, ast.pattern, ast.Assert, ast.Slice)):
            return True
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return True
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in _TYPES:
            return True
        called: ast.AST = node.value if isinstance(node, ast.Expr) else node
        called = called.value if isinstance(called, ast.Await) else called
        return isinstance(called, ast.Call) and bool(_SILENT.search(self._text.of(called.func)))

    def _is_whole(self, change: operators.Change) -> bool:
        """Tell whether an item of a display can be left out where its node is.

        Nodes do not know their parentheses, and what is taken apart at once would only crash.
        """
        if not change.text.startswith("*"):
            return True
        if change.site in self._taken_apart:
            return False
        start, end = self._text.span(change.first)[0], self._text.span(change.last)[1]
        try:
            ast.parse(self._text.source[:start] + change.text.encode() + self._text.source[end:])
        except SyntaxError:
            return False
        return True

    @staticmethod
    def _is_annotation(owner: ast.AST, child: ast.AST) -> bool:
        return child is getattr(owner, "annotation", None)

    def _mutant(self, change: operators.Change, name: str, kind: Kind) -> Mutant:
        start, end = self._text.span(change.first)[0], self._text.span(change.last)[1]
        site_start, site_end = self._text.span(change.site)
        if kind != "import":
            kind = "statement" if isinstance(change.site, ast.stmt) else "expression"
        return Mutant(
            id="",
            path=self._path,
            function=name or "(module)",
            line=self._text.source[:start].count(b"\n") + 1,
            operator=change.operator,
            site=Site(site_start, max(site_end, end), kind),
            edit=Edit(start, end, change.text),
            before=self._text.source[start:end].decode(),
        )


def _takes_apart(node: ast.AST) -> TypeGuard[ast.Assign]:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple)
