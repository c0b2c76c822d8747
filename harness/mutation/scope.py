"""Which code is mutated: the files in `scope.toml`, which are fixed in git before a seed is drawn."""

import hashlib
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.catalogue import ROOT
from harness.core.errors import UsageError
from harness.mutation import python, sql
from harness.mutation.mutant import Mutant, by_id

SCOPE = Path(__file__).with_name("scope.toml")


@dataclass(frozen=True)
class Scope:
    """Files in scope, by their paths from the root; SQL in the order of the migrations."""

    python: tuple[str, ...]
    sql: tuple[str, ...]


def load_scope(path: Path = SCOPE, root: Path = ROOT) -> Scope:
    """Return the scope. Raises `UsageError` naming every file of it that does not exist."""
    told = tomllib.loads(path.read_text())
    scope = Scope(tuple(told["python"]), tuple(told["sql"]))
    if missing := [name for name in (*scope.python, *scope.sql) if not (root / name).is_file()]:
        raise UsageError(f"{path.name} names files that do not exist: {', '.join(missing)}")
    return scope


def committed(path: Path = SCOPE, root: Path = ROOT) -> str:
    """Return the revision that fixed the scope. Raises `UsageError` where it is not committed as it is."""
    where = str(path.relative_to(root))
    changed = _git(root, "status", "--porcelain", "--", where)
    told = _git(root, "log", "-1", "--format=%h", "--abbrev=10", "--", where)
    if changed or not told:
        raise UsageError(
            f"{where} is not committed as it is", hint="the scope is fixed before a seed is drawn: commit it"
        )
    return told


def all_mutants(scope: Scope, root: Path = ROOT) -> list[Mutant]:
    """Return every mutant in scope, in the order of their ids."""
    found: list[Mutant] = []
    for name in scope.python:
        found += python.mutants_of(name, (root / name).read_bytes())
    texts = {name: (root / name).read_text() for name in scope.sql}
    for name, functions in sql.in_force(texts).items():
        found += sql.mutants_of(name, texts[name], functions)
    return [mutant for _, mutant in sorted(by_id(found).items())]


def drawn(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """Return a sample in the order in which it was drawn: a larger one begins with the smaller one of its seed.

    The order is that of a digest of seed and id, so it outlives changes of the code: what is gone leaves a gap,
    what is new comes in at its place.
    """
    return sorted(mutants, key=lambda mutant: hashlib.sha256(f"{seed} {mutant.id}".encode()).digest())[:count]


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
