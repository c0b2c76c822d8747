"""What a new machine needs: packages with their hashes, by the quick way or the slow one, and talk all the while."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import patroni
import pytest

from harness.core.errors import ProvisionError
from harness.provision import packages
from harness.provision.packages import index_for_uv, install, locked
from harness.provision.patience import Say, all_at_once
from harness.targets.topology import MODULES

ROOT = Path(__file__).parents[3]
LOCK = (ROOT / "requirements.lock").read_text()


def test_uv_is_installed_in_the_version_and_with_the_hashes_of_the_lock() -> None:
    told = locked("uv", LOCK)

    assert re.match(r"uv==\d+\.\d+\.\d+ \\\n", told)
    assert told.count("--hash=sha256:") > 10
    assert set(re.findall(r"^\S+==", told, re.MULTILINE)) == {"uv=="}
    assert told in LOCK


def test_a_lock_without_the_package_is_an_error() -> None:
    with pytest.raises(ProvisionError, match="has no uv"):
        locked("uv", "uvicorn==0.1 \\\n    --hash=sha256:0\n")


def test_uv_asks_the_indexes_that_pip_would_ask() -> None:
    pip = {
        "index-url": "https://mirror/simple",
        "extra-index-url": "https://a/simple\\nhttps://b/simple",
        "find-links": "/wheels\\n/more",
        "proxy": "http://proxy:3128",
        "timeout": "9",
        "no-color": "1",
    }
    assert index_for_uv(pip) == {
        "UV_DEFAULT_INDEX": "https://mirror/simple",
        "UV_INDEX": "https://a/simple https://b/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "ALL_PROXY": "http://proxy:3128",
        "UV_HTTP_TIMEOUT": "9",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


@pytest.mark.parametrize("uv_works", [True, False])
def test_where_uv_cannot_pip_installs_the_same_lock_with_hashes_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uv_works: bool
) -> None:
    ran: list[str] = []
    said: list[str] = []

    def noted(command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        ran.append(" ".join(command))
        if "uv --quiet" in ran[-1] and not uv_works:
            raise ProvisionError("uv ... failed:\nno route to the index")
        if command[1:3] == ["-m", "venv"]:
            (folder / "lib" / "python3" / "site-packages").mkdir(parents=True)

    folder = tmp_path / "venv"
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(packages, "_run", noted)
    monkeypatch.setattr(packages, "_pip_settings", lambda _: {})

    install(folder, said.append)

    by = ["uv", "uv"] if uv_works else ["uv", "pip", "pip"]
    assert [("uv" if "uv --quiet" in line else "pip") for line in ran[2:] if "compileall" not in line] == by
    whole = [line for line in ran if line.endswith("--require-hashes -r requirements.lock")]
    assert len(whole) == (1 if uv_works else 2)
    assert ("no route to the index" in said[-1]) != uv_works


def test_what_the_database_imports_is_compiled_for_whoever_may_not_write() -> None:
    installed = Path(patroni.__file__).parent.parent
    assert {name for name in packages.OF_THE_DATABASE if not (installed / name).exists()} == set()


def test_what_a_platform_starts_is_what_is_compiled_beforehand() -> None:
    compiled = {name.removesuffix(".__main__") for name in packages.OF_A_PLATFORM}
    assert set(MODULES.values()) <= compiled


def test_slow_things_are_done_at_once_named_again_while_they_last_and_failures_come_back(
    capfd: pytest.CaptureFixture[str],
) -> None:
    both = threading.Barrier(2)

    def slow(say: Say) -> None:
        say("building a cathedral")
        both.wait(timeout=60)  # one after the other, they would never meet
        time.sleep(0.7)

    def failing(say: Say) -> None:
        raise ProvisionError("no stone")

    def broken(say: Say) -> None:
        raise KeyError("plan")

    failed = all_at_once([("a", slow), ("b", slow), ("c", failing), ("d", broken)], every_s=0.3)

    assert sorted(map(str, failed)) == ["d: KeyError('plan')", "no stone"]
    assert "still building a cathedral; building a cathedral" in capfd.readouterr().err


def test_what_is_needed_before_there_are_packages_needs_none(tmp_path: Path) -> None:
    """Imported by a Python without site-packages, as on a new machine."""
    program = "import harness.provision.packages, harness.provision.toxiproxy.locate, harness.provision.__main__"
    ran = subprocess.run([sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
