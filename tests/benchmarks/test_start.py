"""The benchmark of first starts: what a new home has, what is passed through, and when its aim is missed."""

from pathlib import Path

import pytest

from benchmarks.start.__main__ import Start, _print, environment, settle, verdict_of


def test_proxies_and_indexes_pass_through_and_what_would_be_a_cache_does_not(tmp_path: Path) -> None:
    theirs = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "XDG_CACHE_HOME": "/home/me/.cache",
        "VIRTUAL_ENV": "/home/me/v",
        "GOPATH": "/home/me/go",
        "GOPROXY": "https://modules",
        "https_proxy": "http://proxy:3128",
        "PIP_INDEX_URL": "https://mirror/simple",
        "UV_DEFAULT_INDEX": "https://mirror/simple",
        "SSL_CERT_FILE": "/certificates.pem",
        "FAULTLINE_TOXIPROXY": "/opt/toxiproxy",
        "FAULTLINE_BASE_PORT": "23000",
        "MAKEFLAGS": "w",
    }
    kept = ("PATH", "GOPROXY", "https_proxy", "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "SSL_CERT_FILE")
    assert environment(tmp_path, theirs) == {
        **{name: theirs[name] for name in kept},
        "FAULTLINE_BASE_PORT": "23000",
        "HOME": str(tmp_path),
    }


def test_a_new_home_knows_where_packages_come_from_and_has_nothing_else(tmp_path: Path) -> None:
    mine, home = tmp_path / "mine", tmp_path / "home"
    (mine / ".config" / "pip").mkdir(parents=True)
    (mine / ".config" / "pip" / "pip.conf").write_text("[global]\nindex-url = https://mirror/simple\n")
    (mine / ".netrc").write_text("machine mirror login me password secret\n")
    (mine / ".cache" / "pip").mkdir(parents=True)

    settle(home, mine)

    assert sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()) == [
        ".config/pip/pip.conf",
        ".netrc",
    ]


def test_a_start_counts_when_its_run_came_to_a_verdict(tmp_path: Path) -> None:
    assert verdict_of(tmp_path) == ""
    run = tmp_path / "runs" / "20261201-120000-primary_gateway_outage-1"
    run.mkdir(parents=True)
    assert verdict_of(tmp_path) == ""
    (run / "verdict.json").write_text('{"verdict": "INCONCLUSIVE"}')
    assert verdict_of(tmp_path) == "INCONCLUSIVE"


@pytest.mark.parametrize(("wall_s", "code"), [(60.0, 0), (61.0, 1)])
def test_times_and_their_ratio_are_printed(capsys: pytest.CaptureFixture[str], wall_s: float, code: int) -> None:
    before = [Start(120.0, 150.0, 60.0, 95.0)]
    assert _print({"6993ade": before, "present": [Start(wall_s, 75.0, 12.0, 30.0)]}) == code
    out = capsys.readouterr().out
    assert f"time to the verdict: {wall_s / 120:.2f} ({wall_s / 120:.2f}-{wall_s / 120:.2f})" in out
    assert "processor time: 0.50 (0.50-0.50) of the earlier one's" in out
    assert out.count("MISSED") == code
