"""What the harness itself stands on stops for a while: the run says that, and blames no platform for it."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from harness.provision.processes.records import load_records
from tests.e2e.conftest import BASE_PORT, Faultline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PROXY_STANDS_S = 10.0
HARNESS_STANDS_S = 20.0


def when_loaded(command: Faultline, process: "subprocess.Popen[str]", seconds: float, but: set[Path]) -> Path:
    """Return a new run's folder when its load has gone on for so long."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        for plan in set(command.folder.glob("runs/*/plan.json")) - but:
            if plan.stat().st_size and time.time() >= json.loads(plan.read_text())["t0_us"] / 1e6 + seconds:
                return plan.parent
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError("the load never began")


def blamed(verdict: Any) -> list[str]:
    """Return every invariant and promise that is called broken."""
    found = [item["id"] for item in verdict["invariants"] if item["verdict"] == "FAIL"]
    return found + [item["goal"] for item in verdict["objectives"] if item["verdict"] == "FAIL"]


def test_a_link_proxy_that_stands_still_is_named_with_its_span_and_is_nobodys_fault(faultline: Faultline) -> None:
    before = set(faultline.folder.glob("runs/*/plan.json"))
    process = faultline.start("run", "calm", "--duration", "16s", "--seed", "1", "--json")
    when_loaded(faultline, process, 3.0, before)
    workspace = Path(faultline.environment["FAULTLINE_WORKSPACE"])
    proxy = load_records(workspace / "processes.json")["toxiproxy"].process()
    assert proxy is not None
    proxy.suspend()
    try:
        time.sleep(PROXY_STANDS_S)
    finally:
        proxy.resume()
    out, err = process.communicate(timeout=200)
    verdict = json.loads(out)
    assert (process.returncode, verdict["verdict"]) == (2, "INCONCLUSIVE"), verdict["reasons"]
    told = re.search(r"the link proxy answered nobody from (\d+) s to (\d+) s", " ".join(verdict["reasons"]))
    assert told is not None, verdict["reasons"]
    begin_s, end_s = int(told[1]), int(told[2])
    assert 2 <= begin_s <= 8, told[0]
    assert PROXY_STANDS_S - 1 <= end_s - begin_s <= PROXY_STANDS_S + 4, told[0]
    assert blamed(verdict) == [], err


@pytest.mark.thorough
def test_a_harness_that_stands_still_says_for_how_long_and_who_ended_its_load(tmp_path: Path) -> None:
    alone = Faultline(tmp_path, base_port=BASE_PORT + 200)
    process = alone.start("run", "primary_gateway_outage", "--duration", "12s", "--seed", "1", "--json")
    folder = when_loaded(alone, process, 3.0, set())
    os.kill(process.pid, signal.SIGSTOP)
    try:
        time.sleep(HARNESS_STANDS_S)
    finally:
        os.kill(process.pid, signal.SIGCONT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 70, out + err
    said = re.search(r"the harness stood still for about (\d+) s", err)
    assert said is not None, err
    assert HARNESS_STANDS_S - 2 <= int(said[1]) <= HARNESS_STANDS_S + 4
    assert "its guard healed every fault and ended the load" in " ".join(err.split())
    assert "code -9" not in err
    assert "Traceback" not in err
    # What it had seen by then is kept, and called partial.
    verdict = json.loads((folder / "verdict.json").read_text())
    assert verdict["verdict"] == "INCONCLUSIVE", verdict["reasons"]
    assert any("the harness stood still" in reason for reason in verdict["reasons"])
    assert blamed(verdict) == []
    assert alone.left_behind() == []


@pytest.mark.thorough
def test_a_reset_waits_for_a_reconciliation_that_reads(faultline: Faultline) -> None:
    """Operators reconcile all the while: the next run still begins with empty books, and nothing of it is broken."""
    before = set(faultline.folder.glob("runs/*/plan.json"))
    process = faultline.start("run", "calm", "--duration", "8s", "--seed", "1", "--json")
    asked = 0
    while not set(faultline.folder.glob("runs/*/plan.json")) - before and process.poll() is None:
        done = faultline("ops", "reconcile", "--gateway", ("stripe", "paypal")[asked % 2], "--from", "2026-01-01")
        asked += done.code == 0
    out, err = process.communicate(timeout=200)
    assert asked > 0
    assert "not empty after" not in err
    verdict = json.loads(out)
    # Commands beside a run may starve a small machine, which costs promises in time, and nothing else.
    assert (process.returncode, verdict["verdict"]) in {(0, "PASS"), (2, "INCONCLUSIVE")}, verdict["reasons"]
    assert blamed(verdict) == []
    assert all(item["verdict"] == "PASS" for item in verdict["invariants"] if item["required"]), verdict["reasons"]
