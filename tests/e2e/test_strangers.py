"""Payment APIs that are not ours behind Toxiproxy: one that knows no keys fails, a sound one with its words passes.

The stranger is localstripe (GPL), a stand-in for Stripe. It is no part of this product: it is installed here, by its
hashes, into an environment of its own, and where that cannot be had, these tests fail.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from harness.core.adapter import Adapter
from harness.links.client import ToxiproxyClient
from harness.targets.remote.loading import load_adapter
from tests.e2e.conftest import RUN_DEADLINE_S, Result
from tests.e2e.test_own_system import Terminal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "stripe-like"
LOCK = ROOT / "tests" / "strangers" / "requirements.lock"
PAGE = (ROOT / "docs" / "clients-to-your-api.md").read_text()
STEPS = [
    (shlex.split(command), expected)
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for command, expected in re.findall(r"^\$ (.*)\n((?:[^$\n].*\n)*)", block, re.MULTILINE)
]
[(START, UP), (CHECK, CHECKED), (RUN, PASSED)] = STEPS[2:]
"""The page's steps after those that make the environment."""
SHORT = ("--duration", "12s")
STORE = Path("/tmp/localstripe.pickle")
"""Where it writes that; the place is written into its code."""
SLOW_STORE = ("--rate", "2")
"""What localstripe keeps up with: it writes all that it knows to disk at each request."""


@pytest.fixture(scope="module")
def localstripe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stranger's program, in an environment of its own. No skip: a test that did not run is no test that passed."""
    folder = tmp_path_factory.mktemp("stranger")
    uv, python = Path(sys.executable).with_name("uv"), folder / "bin" / "python"
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder],
        [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, LOCK],
    ):
        ran = subprocess.run([str(item) for item in command], capture_output=True, text=True, timeout=180, check=False)
        assert ran.returncode == 0, f"localstripe could not be installed: {ran.stderr}"
    return folder / "bin" / "localstripe"


@pytest.fixture
def stranger(localstripe: Path, tmp_path: Path) -> Iterator[Path]:
    """The stranger behind Toxiproxy; the adapter for it, which says that it declines no card of these names."""
    command = [*START, str(localstripe), "--port", "28022", "--from-scratch"]
    opened = Terminal(tmp_path / "screen", command, UP)
    adapter = tmp_path / "stranger.py"
    text = (EXAMPLE / "adapter.py").read_text()
    declined = 'declined_cards = ("pm_card_visa_chargeDeclined",)'
    assert declined in text
    adapter.write_text(text.replace(declined, "declined_cards = ()"))
    yield adapter
    opened.end()
    STORE.unlink(missing_ok=True)


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[Path]:
    """The sound one behind Toxiproxy, and its adapter."""
    opened = Terminal(tmp_path / "screen", START, UP)
    yield EXAMPLE / "adapter.py"
    opened.end()


def faultline(folder: Path, *arguments: str) -> Result:
    ran = subprocess.run(
        [sys.executable, "-m", "harness.cli.main", *arguments],
        cwd=ROOT,
        env=os.environ | {"FAULTLINE_WORKSPACE": str(folder / "workspace")},
        capture_output=True,
        text=True,
        timeout=RUN_DEADLINE_S,
        check=False,
    )
    return Result(ran.returncode, ran.stdout, ran.stderr)


def run(folder: Path, scenario: str, adapter: Path, *options: str) -> tuple[Result, dict[str, Any], Path]:
    """Run a scenario; return what it said, its verdict, and its folder."""
    out = folder / "runs"
    chosen = ["--target", "remote", "--adapter", str(adapter), "--seed", "1", "--out", str(out)]
    result = faultline(folder, "run", scenario, *chosen, *options)
    verdicts = list(out.glob("*/verdict.json"))
    assert verdicts, result.err
    return result, json.loads(verdicts[0].read_text()), verdicts[0].parent


def whole(adapter: Adapter) -> bool:
    host, port = adapter.toxiproxy.split(":")
    return ToxiproxyClient(host, int(port)).disturbances() == []


def charged_again(folder: Path) -> dict[str, int]:
    """Return, by the ledger alone, what was charged beyond the first charge of each payment."""
    charges = defaultdict(list)
    for row in pq.read_table(folder / "books" / "gateway_charges.parquet").to_pylist():
        if row["executed"]:
            charges[row["merchant_id"], row["reference"]].append((row["created_at_us"], row["amount_minor"]))
    return {"EUR": sum(amount for held in charges.values() for _, amount in sorted(held)[1:])}


def test_a_strangers_api_that_knows_no_keys_fails_for_that_reason(stranger: Path, tmp_path: Path) -> None:
    checked = faultline(tmp_path, "check-adapter", str(stranger))
    assert checked.code == 0, checked.out
    assert "SEEN   the same request made another payment" in checked.out
    result, verdict, folder = run(tmp_path, "answers_lost_on_the_way", stranger, *SHORT, *SLOW_STORE)
    assert result.code == 1, result.out + result.err
    broken = {item["id"]: item for item in verdict["invariants"] if item["verdict"] == "FAIL"}
    assert {"I1", "I7", "I8", "I9"} <= set(broken), result.out
    assert verdict["not_judged"] == []
    assert verdict["faults"][0]["hits"] > 0
    # All payments of a reference have one amount here, so it does not matter which of them was the first.
    assert broken["I1"]["money_at_risk"] == charged_again(folder)
    assert "(the client sent it " in broken["I1"]["examples"][0]["what"]
    assert whole(load_adapter(stranger))


def test_a_sound_api_with_the_same_words_passes_as_the_page_says(twin: Path, tmp_path: Path) -> None:
    assert [command[0] for command, _ in STEPS] == ["make", ".", "python", "faultline", "faultline"]
    checked = faultline(tmp_path, *CHECK[1:])
    assert (checked.code, "SEEN" in checked.out) == (0, False), checked.out
    assert checked.out.startswith(CHECKED)
    assert RUN[1:3] == ["run", "answers_lost_on_the_way"]
    assert {"--target", "remote", "--adapter", str(twin.relative_to(ROOT))} <= set(RUN)
    result, verdict, _ = run(tmp_path, RUN[2], twin, *SHORT)
    assert result.code == 0, result.out + result.err
    assert result.out.startswith(PASSED)
    held = {item["id"] for item in verdict["invariants"] if item["verdict"] == "PASS"}
    assert {"I1", "I2", "I3", "I4", "I5", "I7", "I8", "I9", "I14"} <= held
    assert verdict["not_judged"] == []
    assert verdict["faults"][0]["hits"] > 0
    assert verdict["load"]["asked"]["looks"] > 0
    assert whole(load_adapter(twin))


@pytest.mark.thorough
def test_calm_passes_on_a_sound_system_and_judges_the_keys_of_its_two_merchants(twin: Path, tmp_path: Path) -> None:
    result, verdict, _ = run(tmp_path, "calm", twin)
    assert result.code == 0, result.out + result.err
    held = {item["id"] for item in verdict["invariants"] if item["verdict"] == "PASS"}
    assert {"I1", "I2", "I3", "I4", "I7", "I8", "I9", "I11", "I14"} <= held


@pytest.mark.thorough
def test_a_rate_that_drowns_the_system_is_refused_before_anything_is_broken(stranger: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    chosen = ["--target", "remote", "--adapter", str(stranger), "--seed", "1", "--out", str(out), "--rate", "60"]
    result = faultline(tmp_path, "run", "answers_lost_on_the_way", *chosen)
    assert result.code == 64, result.out + result.err
    assert "the system does not keep up with 60 arrivals per second" in result.err
    assert "hint: try --rate " in result.err
    assert list(out.glob("*")) == []
