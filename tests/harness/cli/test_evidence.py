"""`faultline evidence`: its exit codes and what it prints."""

import json
from collections.abc import Callable
from pathlib import Path

from harness.judge import write_verdict
from tests.reports.run_folder import build, passed

Run = Callable[..., tuple[int, str, str]]


def test_pack_then_verify_then_change_then_verify(faultline: Run, tmp_path: Path) -> None:
    folder = build(tmp_path / "a-run", duration_s=20)
    write_verdict(passed("a-run"), folder)
    code, out, _ = faultline("evidence", "pack", str(folder), "--json")
    made = json.loads(out)
    assert (code, made["bundle"]) == (0, str(folder / "bundle.tar"))
    code, out, _ = faultline("evidence", "verify", made["bundle"], "--seal", made["seal"])
    assert (code, out.splitlines()[0].startswith("unchanged: a-run")) == (0, True)
    data = bytearray((folder / "bundle.tar").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "bundle.tar").write_bytes(data)
    code, out, _ = faultline("evidence", "verify", made["bundle"], "--json")
    assert (code, json.loads(out)["unchanged"]) == (1, False)


def test_nonsense_is_refused(faultline: Run, tmp_path: Path) -> None:
    assert faultline("evidence", "pack", str(tmp_path / "none"))[0] == 64
    assert faultline("evidence", "verify", str(tmp_path / "none"))[0] == 64
    code, _, err = faultline("evidence", "verify", str(tmp_path), "--seal", "short")
    assert (code, "hint: 64 hexadecimal digits" in err) == (64, True)
