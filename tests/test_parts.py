"""`make test` runs platforms alone, then everything else, and passes only where every part does."""

import sys
from pathlib import Path

import pytest

from tests.parts import ENGINE, HOSTS, OTHERS, PLATFORMS, main, run

STAND_IN = """
import sys, time
from pathlib import Path
folder, failing, part = Path(sys.argv[1]), sys.argv[2], " ".join(sys.argv[3:])
began = time.monotonic()
print("output of", part, flush=True)
time.sleep(0.3)
with (folder / "parts").open("a") as noted:
    noted.write(f"{began} {time.monotonic()} {part}\\n")
sys.exit(3 if failing in part + " " else 0)
"""
"""What runs instead of pytest: it notes when it was there, and fails for the part that it was told."""


NOTHING_TO_DO = (sys.executable, "-c", "")


def stand_in(folder: Path, failing: str) -> list[str]:
    return [sys.executable, "-c", STAND_IN, str(folder), failing]


def noted(folder: Path) -> dict[str, tuple[float, float]]:
    """Return when each part began and ended."""
    lines = [line.split(" ", 2) for line in (folder / "parts").read_text().splitlines()]
    return {part: (float(began), float(ended)) for began, ended, part in lines}


def test_platforms_are_alone_and_options_reach_every_part(tmp_path: Path) -> None:
    assert main(["-x"], stand_in(tmp_path, "nothing"), NOTHING_TO_DO) == 0
    spans = noted(tmp_path)
    platforms, *rest = (spans[" ".join([*part, "-x"])] for part in (PLATFORMS, ENGINE, HOSTS, OTHERS))
    assert len(spans) == 4
    assert platforms[1] < min(began for began, _ in rest)


@pytest.mark.parametrize(
    ("failing", "named"),
    [
        ("-m e2e", "platforms"),
        (" tests/harness ", "engine"),
        ("thorough tests/harness/joining", "hosts"),
        ("--ignore=tests/harness ", "others"),
    ],
)
def test_one_part_that_fails_fails_all_and_is_named(
    tmp_path: Path, failing: str, named: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([], stand_in(tmp_path, failing), NOTHING_TO_DO) == 3
    last = capfd.readouterr().err.splitlines()[-1]
    assert [part for part in last.removeprefix("tests: ").split(", ") if "FAILED" in part] == [
        f"{named}: FAILED (exit code 3)"
    ]


def test_the_output_of_every_part_is_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run([ENGINE, OTHERS], [], stand_in(tmp_path, "nothing")) == [0, 0]
    out = capfd.readouterr().out
    assert out.splitlines() == [f"output of {' '.join(ENGINE)}", f"output of {' '.join(OTHERS)}"]


def test_what_is_built_once_is_built_before_the_first_test_or_there_is_none(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "parts").touch()
    built = f"import sys; from pathlib import Path; sys.exit(Path({str(tmp_path / 'parts')!r}).stat().st_size or 7)"

    assert main([], stand_in(tmp_path, "nothing"), (sys.executable, "-c", built)) == 7

    assert noted(tmp_path) == {}
    assert "FAILED before the first test" in capfd.readouterr().err
