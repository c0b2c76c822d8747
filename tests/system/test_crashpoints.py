"""Crash points: declared once, reached somewhere in the code, deadly only when armed, and never silently."""

import ast
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from system import crashpoints
from system.crashpoints import POINTS, CrashPoint

SYSTEM = Path(crashpoints.__file__).parent


def reached() -> list[str]:
    """The names of the constants with which the code calls `reach`."""
    calls = [
        node
        for path in SYSTEM.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "crashpoints.reach"
    ]
    return [ast.unparse(point).removeprefix("crashpoints.") for call in calls for point in either(call.args[0])]


def either(point: ast.expr) -> list[ast.expr]:
    """The points that an argument may stand for: one, or both sides of a condition."""
    return [*either(point.body), *either(point.orelse)] if isinstance(point, ast.IfExp) else [point]


def test_every_declared_point_is_passed_by_the_code_at_exactly_one_place() -> None:
    assert sorted(reached()) == sorted(point.name.upper() for point in POINTS)


def test_names_are_unique_and_every_point_says_what_is_true_there() -> None:
    assert len({point.name for point in POINTS}) == len(POINTS)
    assert all(point.meaning and set(point.roles) <= {"api", "worker"} for point in POINTS)


def test_the_command_prints_the_list() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "system.crashpoints"], capture_output=True, check=True, timeout=60, cwd=SYSTEM.parent
    )
    assert json.loads(printed.stdout) == [{**item, "roles": [*point.roles]} for item, point in published()]


def published() -> list[tuple[dict[str, object], CrashPoint]]:
    return list(zip(crashpoints.published(), POINTS, strict=True))


def test_a_point_of_another_role_is_refused_with_the_valid_ones(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"valid: .*outbox_published"):
        crashpoints.arm("dispatched", "worker", tmp_path / "crashes")
    assert crashpoints.armed() == ""


def test_a_disarmed_point_is_harmless(tmp_path: Path) -> None:
    crashpoints.arm("dispatched", "api", tmp_path / "crashes")
    assert crashpoints.armed() == "dispatched"
    crashpoints.reach(crashpoints.CLAIMED)
    crashpoints.disarm()
    crashpoints.reach(crashpoints.DISPATCHED)
    assert not (tmp_path / "crashes").exists()


@pytest.mark.real
def test_an_armed_point_writes_down_that_it_was_reached_and_kills(tmp_path: Path) -> None:
    file = tmp_path / "crashes"
    code = (
        "from pathlib import Path\nfrom system import crashpoints\n"
        f"crashpoints.arm('dispatched', 'api', Path({str(file)!r}))\n"
        "crashpoints.reach(crashpoints.DISPATCHED)\nprint('survived')\n"
    )
    died = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, cwd=SYSTEM.parent)
    assert died.returncode == -signal.SIGKILL
    assert died.stdout == b""
    assert [json.loads(line)["point"] for line in file.read_text().splitlines()] == ["dispatched"]
