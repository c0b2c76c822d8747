"""The scope, the sample that is drawn from it, and the mutants that are said to be equivalent."""

import subprocess
from pathlib import Path

import pytest

from harness.catalogue import ROOT
from harness.core.errors import UsageError
from harness.mutation.equivalents import check_share, load_equivalents
from harness.mutation.mutant import Mutant, by_id
from harness.mutation.scope import all_mutants, committed, drawn, load_scope
from harness.mutation.sql import functions_of


@pytest.fixture(scope="module")
def everything() -> list[Mutant]:
    return all_mutants(load_scope())


def test_the_scope_is_of_files_that_exist_and_not_of_the_outside_world() -> None:
    scope = load_scope()
    assert all((ROOT / name).is_file() for name in (*scope.python, *scope.sql))
    assert not [name for name in scope.python if name.startswith(("system/gateways", "system/sink", "system/bugs"))]


def test_no_function_in_scope_is_defined_again_outside_of_it() -> None:
    """The definition in scope would be dead then, and its mutants would be never reached."""
    scope = load_scope()
    files = sorted((ROOT / "system" / "migrations" / "sql").glob("*.sql"))
    defined = {str(file.relative_to(ROOT)): {item.name for item in functions_of(file.read_text())} for file in files}
    inside = set().union(*(defined[name] for name in scope.sql))
    assert inside
    assert not [name for name, found in defined.items() if name not in scope.sql and found & inside]


def test_a_scope_with_a_file_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scope.toml"
    path.write_text('python = ["system/nowhere.py"]\nsql = []\n')
    with pytest.raises(UsageError, match=r"system/nowhere\.py"):
        load_scope(path)


def test_a_scope_that_is_not_committed_is_refused(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=n", "-c", "user.email=n@localhost"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    path = tmp_path / "scope.toml"
    git("init")
    path.write_text("python = []")
    with pytest.raises(UsageError, match="not committed"):
        committed(path, tmp_path)
    git("add", ".")
    git("commit", "-m", "scope")
    assert len(committed(path, tmp_path)) == 10
    path.write_text("python = ['a']")
    with pytest.raises(UsageError, match="not committed"):
        committed(path, tmp_path)


def test_the_same_seed_draws_the_same_sample_and_a_larger_one_begins_with_it(everything: list[Mutant]) -> None:
    sample = drawn(everything, 150, 7)
    assert sample == drawn(everything, 150, 7) == drawn(everything, 300, 7)[:150]
    assert len({mutant.id for mutant in sample}) == 150
    assert sample != drawn(everything, 150, 8)


def test_a_sample_outlives_changes_of_the_code(everything: list[Mutant]) -> None:
    sample = drawn(everything, 150, 7)
    left = [mutant for mutant in everything if mutant not in sample[:5]]
    assert drawn(left, 145, 7) == sample[5:]


def test_a_sample_has_python_and_sql_and_many_operators(everything: list[Mutant]) -> None:
    sample = drawn(everything, 150, 7)
    assert {mutant.path.rsplit(".")[-1] for mutant in sample} == {"py", "sql"}
    assert len({mutant.operator for mutant in sample}) >= 8


def equivalent(tmp_path: Path, mutant: Mutant, *, reason: str = "nobody reads it", diff: str = "") -> Path:
    path = tmp_path / "equivalent.toml"
    told = diff or mutant.diff((ROOT / mutant.path).read_bytes())
    path.write_text(f"[{mutant.id}]\nreason = '{reason}'\ndiff = '''\n{told}\n'''\n")
    return path


def test_an_equivalent_mutant_has_a_reason_and_its_own_diff(everything: list[Mutant], tmp_path: Path) -> None:
    mutant = next(each for each in everything if "'''" not in each.diff((ROOT / each.path).read_bytes()))
    known, sources = by_id(everything), {mutant.path: (ROOT / mutant.path).read_bytes()}
    assert load_equivalents(known, sources, equivalent(tmp_path, mutant)) == {mutant.id: "nobody reads it"}
    with pytest.raises(UsageError, match="has no reason"):
        load_equivalents(known, sources, equivalent(tmp_path, mutant, reason=" "))
    with pytest.raises(UsageError, match="another diff"):
        load_equivalents(known, sources, equivalent(tmp_path, mutant, diff="-a\n+b"))
    with pytest.raises(UsageError, match="no such mutant"):
        load_equivalents({}, sources, equivalent(tmp_path, mutant))


def test_the_committed_list_of_equivalents_is_right(everything: list[Mutant]) -> None:
    scope = load_scope()
    sources = {name: (ROOT / name).read_bytes() for name in (*scope.python, *scope.sql)}
    assert set(load_equivalents(by_id(everything), sources)) <= set(by_id(everything))


def test_at_most_a_tenth_of_a_sample_may_be_equivalent(everything: list[Mutant]) -> None:
    sample = everything[:20]
    check_share(sample, {mutant.id: "why" for mutant in sample[:2]})
    with pytest.raises(UsageError, match="3 of 20"):
        check_share(sample, {mutant.id: "why" for mutant in sample[:3]})
