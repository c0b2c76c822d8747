"""Bad input: one clear line, what is valid, a hint, exit 64, and nothing started."""

import json
import os
from pathlib import Path

import pytest

from harness import catalogue
from tests.harness.conftest import Run

ADAPTER = str(catalogue.ROOT / "examples" / "naive-payments" / "adapter.py")


@pytest.fixture
def faultline(faultline: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Call the command line in this process, in an empty folder; return exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_WORKSPACE", str(tmp_path / ".faultline"))
    for name in ("FAULTLINE_JOIN_TOKEN", "FAULTLINE_ADAPTER"):
        monkeypatch.delenv(name, raising=False)
    return faultline


@pytest.mark.parametrize(
    ("arguments", "says", "hints"),
    [
        (["run", "primary_gatway_outage"], "unknown scenario: 'primary_gatway_outage'", "primary_gateway_outage"),
        (["run", "calm", "--bug", "B7"], "unknown planted bug: 'B7'", "B07"),
        (["run", "calm", "--target", "remote"], "--target remote needs an adapter", "--adapter FILE.py"),
        (["run", "calm", "--adapter", "x.py"], "--adapter: the target embedded needs none", "--target remote"),
        (["run", "calm", "--target", "remote", "--adapter", "x.py"], "there is no file x.py", "your-own-system.md"),
        (["run", "calm", "--target", "remote", "--adapter", ADAPTER, "--bug", "B07"], "no planted bug B07", "embedded"),
        (
            ["run", "calm", "--target", "remote", "--adapter", ADAPTER, "--setting", "breaker_open_s=1"],
            "the target remote does not have the setting breaker_open_s",
            "embedded",
        ),
        (["up", "--target", "remote"], "is a system of yours", "start it yourself"),
        (["run", "calm", "--rate", "fast"], "--rate", "above 0"),
        (["run", "calm", "--rate", "0"], "--rate", "above 0"),
        (["run", "calm", "--rate", "nan"], "--rate", "above 0"),
        (["run", "calm", "--duration", "soon"], "--duration", "20s"),
        (["run", "calm", "--duration", "1s"], "--duration", "at least"),
        (["run", "calm", "--sede", "3"], "--sede", "--seed"),
        (["run", "calm", "--seed", "-1"], "--seed", ""),
        (["run", "calm", "--seed", "many"], "--seed", "--help"),
        (["run", "calm", "--target", "embeded"], "unknown target", "embedded"),
        (["run", "calm", "--workers", "99"], "--workers", ""),
        (["run", "calm", "--expect-workers", "2", "--jobs", "2"], "--jobs and --expect-workers do not go together", ""),
        (["run", "calm", "--expect-workers", "0"], "--expect-workers: 0 is not between 1 and 64", ""),
        (["run", "calm", "--expect-workers", "2", "--workers", "2"], "give one of them", "faultline join"),
        (
            ["run", "calm", "answer_lost", "--expect-workers", "2"],
            "2 scenarios, but hosts join one run",
            "one scenario",
        ),
        (["run", "calm", "--expect-workers", "2", "--load-bind", "7557"], "--load-bind: '7557'", "127.0.0.1:7557"),
        (["run", "calm", "--expect-workers", "2", "--load-bind", "192.0.2.1:28590"], "cannot be listened on", "free"),
        (["inject", "gatway_down", "--for", "5s"], "unknown fault: 'gatway_down'", "gateway_down"),
        (["inject", "gateway_down", "--for", "1h"], "--for: 1h is not between", "renewed"),
        (["inject", "gateway_down", "--for", "5s", "--with", "x=1"], "has no parameter 'x'", "gateway, link"),
        (["inject", "gateway_down", "--for", "5s"], "no platform is up", "faultline up"),
        (["inject", "gateway_down"], "--for", "--help"),
        (["heal"], "no platform is up", "faultline up"),
        (["heal", "gateway_down-1"], "no fault 'gateway_down-1' is on", "status"),
        (["release", "--by", " "], "--by: a name is needed", "ann"),
        (["gameday", "--for", "5h"], "--for: 5h is more than 4 hours", "another"),
        (["gameday", "--target", "remote"], "a system of yours", "embedded"),
        (["gameday", "--notify", "https://hooks.example.com"], "--notify", "127.0.0.1"),
        (["gameday", "--replay", "nowhere"], "nowhere is no game day", "faultline gameday"),
        (["gameday", "--surprise", "nowhere.toml"], "nowhere.toml cannot be read", "TOML"),
        (["gameday", "--port", "80"], "--port: 80", "free"),
        (["load", "nowhere.json"], "nowhere.json cannot be read", "docs/scaling.md"),
        (["join", "here"], "'here' is not HOST:PORT", "127.0.0.1:7557"),
        (["join", "127.0.0.1:28590"], "FAULTLINE_JOIN_TOKEN is not set", "prints it"),
        (["run", "calm", "--control"], "--control: calm breaks nothing", "with faults"),
        (["run", "brownout", "calm", "--control"], "--control: calm breaks nothing", "with faults"),
        (
            ["run", "brownout", "--control", "--expect-workers", "2", "--load-bind", "127.0.0.1:28590"],
            "--control and --expect-workers do not go together",
            "leave one",
        ),
        (["run", "calm", "--arrivals", "nowhere.csv"], "--arrivals: there is no file nowhere.csv", "black_friday_hour"),
        (["run", "calm", "--arrivals", ADAPTER], "is neither .csv nor .parquet", "amount_bucket"),
        (["load", "nowhere.json", "--rate", "5"], "--rate and --duration scale --arrivals", "scaling.md"),
        (["compare", "nowhere", "there"], "nowhere cannot be compared", "a run's folder"),
        (["trend", "nowhere"], "none of these can be shown", "runs/*"),
        (["trend", "a", "--json", "--csv"], "do not go together", "leave one"),
        (["trend", "a", "--html", "no/such/folder/page.html"], "--html: there is no folder", "written"),
        (["compare", "nowhere"], "Missing argument", "--help"),
        (["compare", "a", "b", "--fail-if", "p98>+10%"], "--fail-if: 'p98' is not a figure", "p99"),
        (["compare", "a", "b", "--fail-if", "p99>10"], "--fail-if: 'p99>10'", "p99>+10%"),
        (["compare", "a", "b", "--least", "p99"], "--least: 'p99' is not FIGURE=CHANGE", "p99=5%"),
        (["compare", "a", "b", "--part", "late"], "--part: 'late' is not a part of a run", "during"),
        (["compare", "a", "b", "--json", "--markdown"], "do not go together", "leave one"),
        (["gather", "nowhere", "there"], "nowhere is not a run's folder", "folder"),
        (["run", "calm", "--setting", "database_pool"], "--setting: 'database_pool' is not NAME=VALUE", "="),
        (["run", "calm", "--setting", "datbase_pool=3"], "datbase_pool", "database_pool"),
        (["run", "calm", "--setting", "database_pool=many"], "database_pool: 'many'", "whole number"),
        (["run", "calm", "--setting", "think_ms=1", "--setting", "think_ms=2"], "think_ms is given twice", ""),
        (["bugs", "--bug", "B7"], "unknown planted bug: 'B7'", "B07"),
        (["bugs", "--seeds", "0"], "--seeds: 0 is not between 1 and 1000", ""),
        (["bugs", "--first-seed", "-1"], "--first-seed: -1 is not between", ""),
        (["bugs", "--jobs", "9"], "--jobs: 9 is not between 1 and 4", ""),
        (["bugs", "--base-port", "40000"], "base port", "21000"),
        (["mutants", "--sample", "0"], "the number of mutants in scope", ""),
        (["mutants", "--mutant", "M1"], "no such mutants: M1", "--list"),
        (["mutants", "--scenario", "clam"], "unknown scenario: 'clam'", "calm"),
        (["run", "calm", "--bug", "M01234567"], "the mutant M01234567 has not been made", "--make M01234567"),
        (["bugs", "--again"], "--again needs a series to go on with", "--resume"),
        (["bugs", "--publish", "nowhere.md"], "nowhere.md cannot be read", ""),
        (["run", "calm", "--base-port", "40000"], "base port", "21000"),
        (["run", "--all", "--jobs", "0"], "--jobs: 0 is not between 1 and 4", ""),
        (["run", "--all", "--jobs", "9"], "--jobs: 9", ""),
        (["run", "--all", "--jobs", "2", "--web-port", "8089"], "--jobs and --web-port", "leave one"),
        (["run", "calm", "brownout", "--jobs", "2", "--target", "compose"], "--jobs: the target compose", "embedded"),
        (["run", "calm", "brownout", "--jobs", "2", "--base-port", "32500"], "base port 32700", "21000"),
        (["run"], "give scenario names or --all", "calm"),
        (["run", "calm", "--all"], "not both", "calm"),
        (["show", "I99"], "unknown name", "valid"),
        (["recheck", "nowhere"], "nowhere", "faultline run"),
        (["recheck", ".", "--parts", "some"], "--parts", "--help"),
        (["rnu"], "rnu", "--help"),
    ],
)
def test_nonsense_is_refused_with_what_is_valid(
    faultline: Run, tmp_path: Path, arguments: list[str], says: str, hints: str
) -> None:
    code, out, err = faultline(*arguments)
    assert code == 64, err
    assert says in err
    assert hints in err
    assert "Traceback" not in err
    assert out == ""
    assert list(tmp_path.glob("runs/*")) == []


JOB = {
    "seed": 1,
    "rate_per_s": 20.0,
    "duration_s": 1.0,
    "mix": {"sale": 1},
    "api_urls": {"api1": "http://127.0.0.1:1"},
    "merchants": [
        {"id": name, "api_key": f"key-{name}", "currency": "EUR", "exponent": 2, "amount_form": "minor"}
        for name in ("m_alpha", "m_beta")
    ],
}


def without(name: str) -> dict[str, object]:
    return {field: value for field, value in JOB.items() if field != name}


@pytest.mark.parametrize(
    ("document", "says", "hints"),
    [
        ([1], "is no JSON object", "docs/scaling.md"),
        ({**JOB, "workers": 3}, "must not set workers", "docs/scaling.md"),
        ({**JOB, "seed": "seven"}, "Expected `int`, got `str` - at `$.seed`", "fields:"),
        ({**JOB, "seed": None}, "Expected `int`, got `null` - at `$.seed`", "fields:"),
        (without("seed"), "missing required field `seed`", "rate_per_s"),
        (without("duration_s"), "missing required field `duration_s`", "fields:"),
        ({**JOB, "rate": 3}, "unknown field `rate`", "rate_per_s"),
        ({**JOB, "rate_per_s": 0}, "rate_per_s must be positive", ""),
        ({**JOB, "request_timeout_s": 0}, "request_timeout_s must be positive", ""),
        ({**JOB, "mix": {"sael": 1}}, "mix: no flow named sael", "sale"),
        ({**JOB, "merchants": JOB["merchants"] * 2}, "merchants: each needs an id of its own", ""),  # type: ignore[operator]
        ({**JOB, "settings": {"poll_s": 0}}, "settings.poll_s must be positive", ""),
        ({**JOB, "api_urls": {"api1": "https://127.0.0.1:1"}}, "api_urls.api1: 'https://127.0.0.1:1'", "without TLS"),
        ({**JOB, "api_urls": {"api1": "http://host:x"}}, "api_urls.api1: 'http://host:x'", "without a path"),
        ({**JOB, "api_urls": {"api1": "http://host:80/v1"}}, "api_urls.api1: 'http://host:80/v1'", "without a path"),
        ({**JOB, "api_urls": {"api1": "http://host:70000"}}, "api_urls.api1: 'http://host:70000'", ""),
        ({**JOB, "adapter": "none.py"}, "adapter: there is no file none.py", "your-own-system.md"),
        ({**JOB, "adapter": ADAPTER, "mix": {"refund": 1}}, "mix: an adapter has no words for refund", "sale"),
    ],
)
def test_a_job_that_cannot_be_carried_out_is_refused_before_anything_is_made(
    faultline: Run, tmp_path: Path, document: object, says: str, hints: str
) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(document))
    code, out, err = faultline("load", "mine.json")
    assert (code, out) == (64, ""), err
    assert says in err
    assert "mine.json" in err
    assert hints in err
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.json"]


def test_a_job_with_an_adapter_waits_for_no_other_hosts(faultline: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps({**JOB, "adapter": ADAPTER}))
    code, _, err = faultline("load", "mine.json", "--expect-workers", "2")
    assert (code, "--expect-workers: joined workers have no adapter" in err) == (64, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.json"]


def test_a_load_into_a_folder_that_may_not_be_written_is_refused(faultline: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(JOB))
    code, _, err = faultline("load", "mine.json", "--out", "/proc/runs" if os.geteuid() == 0 else "/runs")
    assert (code, "--out" in err, "cannot be written" in err) == (64, True, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.json"]


@pytest.mark.parametrize(
    ("options", "says", "hints"),
    [
        (["--out", "/proc"], "--out: /proc cannot be written", "--out"),
        (["--api-url", "http://127.0.0.1:1"], "--api-url", "api1=http://"),
        (["--api-url", "api1=http://host:1/path"], "--api-url api1: 'http://host:1/path'", "without a path"),
        (["--api-url", "api1=http://host:x"], "--api-url api1: 'http://host:x'", "without a path"),
        (["--api-url", "api1=http://a:1", "--api-url", "api1=http://b:1"], "--api-url: api1 is given twice", "one"),
    ],
)
def test_a_host_that_could_not_do_its_part_does_not_ask_to_join(
    faultline: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], says: str, hints: str
) -> None:
    monkeypatch.setenv("FAULTLINE_JOIN_TOKEN", "a-token-for-this-test")
    monkeypatch.setattr("harness.joining.host.read_clock", lambda _: pytest.fail("it asked the run"))
    code, out, err = faultline("join", "127.0.0.1:28590", *options)
    assert (code, out) == (64, ""), err
    assert says in err
    assert hints in err
    assert list(tmp_path.iterdir()) == []


def test_a_run_into_a_file_is_refused(faultline: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = faultline("run", "calm", "--out", str(tmp_path / "file"))
    assert (code, "--out" in err) == (64, True)


def test_a_folder_that_is_no_run_cannot_be_rechecked(faultline: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, _, err = faultline("recheck", str(tmp_path / "empty"))
    assert (code, "plan.json" in err) == (64, True)


def test_a_damaged_run_cannot_be_rechecked(faultline: Run, tmp_path: Path) -> None:
    run = tmp_path / "damaged"
    (run / "books").mkdir(parents=True)
    (run / "plan.json").write_text('{"scenario": "calm"')
    code, _, err = faultline("recheck", str(run))
    assert (code, "plan.json" in err) == (64, True)


def test_the_list_is_one_line_each_and_json_when_asked(faultline: Run) -> None:
    code, out, _ = faultline("list")
    assert code == 0
    assert {"calm", "gateway_down", "I1", "B07"} <= {line.split()[0] for line in out.splitlines() if line.strip()}
    _, out, _ = faultline("list", "--json")
    assert {entry["kind"] for entry in json.loads(out)} == {"scenario", "fault", "invariant", "bug"}


@pytest.mark.parametrize(
    ("name", "tells"),
    [("primary_gateway_outage", "claim"), ("gateway_down", "story"), ("i33", "sentence"), ("b07", "faultline run")],
)
def test_show_tells_what_a_thing_claims_and_does(faultline: Run, name: str, tells: str) -> None:
    code, out, _ = faultline("show", name)
    assert (code, tells in out) == (0, True)


def test_status_of_nothing_says_how_to_start_something(faultline: Run) -> None:
    code, out, err = faultline("status")
    assert (code, "down" in out, "faultline up" in err) == (1, True, True)


def test_help_is_no_error(faultline: Run) -> None:
    code, out, _ = faultline("run", "--help")
    assert (code, "--seed" in out) == (0, True)


def test_a_folder_that_may_not_be_written_is_refused(faultline: Run) -> None:
    forbidden = "/proc/runs" if os.geteuid() == 0 else "/runs"
    code, _, err = faultline("run", "calm", "--out", forbidden)
    assert (code, "cannot be written" in err) == (64, True)


def test_a_full_disk_is_refused_before_anything_starts(faultline: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.cli.requesting.ROOM_BYTES", 2**62)
    code, _, err = faultline("run", "calm")
    assert (code, "MiB left" in err) == (64, True)


@pytest.mark.parametrize(("arguments", "command"), [((), "recheck"), (("ops",), "reconcile")])
def test_a_command_line_without_a_command_is_answered_with_help(
    faultline: Run, arguments: tuple[str, ...], command: str
) -> None:
    code, out, err = faultline(*arguments)

    assert (code, err) == (0, "")
    assert out.startswith("Usage:")
    assert command in out
