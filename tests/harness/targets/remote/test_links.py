"""Links of a Toxiproxy that is not ours: known by the scenarios' names, and whole again whoever dies."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest

from harness.core.errors import UsageError
from harness.core.surface import Links
from harness.guard.clean import clean_up, heal_outstanding, outliving
from harness.guard.healers import heal
from harness.guard.journal import UndoJournal
from harness.guard.session import HarnessSession
from harness.links.client import ToxiproxyClient
from harness.targets.remote.links import RemoteLinks
from harness.workspace import Workspace
from tests.harness.targets.remote.conftest import BASE_PORT, PROXY
from tests.harness.targets.remote.victim import LINKS

pytestmark = pytest.mark.real
LINK = "api1-to-stripe"
DEADLINE_S = 15.0


def connected(proxy: ToxiproxyClient) -> RemoteLinks:
    links = RemoteLinks(proxy.address, LINKS)
    links.connect()
    return links


def eventually(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + DEADLINE_S
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    return condition()


def test_links_go_by_the_names_of_scenarios_and_break_the_proxy_that_plays_the_part(proxy: ToxiproxyClient) -> None:
    links: Links = connected(proxy)
    assert links.matching("*-to-stripe") == [LINK]
    links.cut(LINK)
    assert proxy.disturbances() == [(PROXY, "cut")]
    assert links.undo(LINK).arguments["link"] == PROXY


def test_a_link_that_the_adapter_does_not_name_is_refused_with_those_that_it_does(proxy: ToxiproxyClient) -> None:
    with pytest.raises(UsageError) as refused:
        connected(proxy).matching("*-to-paypal")
    assert refused.value.hint == f"links of the adapter: {LINK}"


def test_a_proxy_that_is_not_there_is_refused_with_those_that_are(proxy: ToxiproxyClient) -> None:
    with pytest.raises(UsageError, match="has no proxy nothing") as refused:
        RemoteLinks(proxy.address, {LINK: "nothing"}).connect()
    assert PROXY in refused.value.hint


def test_a_toxiproxy_that_does_not_answer_is_refused() -> None:
    with pytest.raises(UsageError, match="Toxiproxy does not answer"):
        RemoteLinks("127.0.0.1:28399", LINKS).connect()


@pytest.fixture
def victim(tmp_path: Path, proxy: ToxiproxyClient) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.harness.targets.remote.victim", str(tmp_path / "ws"), proxy.address]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "injected\n"
    yield process
    process.kill()
    process.communicate()


def guards(workspace: Workspace) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if {"harness.guard", str(workspace.root)} <= set(process.cmdline()) and process.status() != "zombie":
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_a_killed_harness_leaves_no_toxic_and_a_whole_link(
    tmp_path: Path, proxy: ToxiproxyClient, victim: "subprocess.Popen[str]"
) -> None:
    assert [name for name, _ in proxy.disturbances()] == [PROXY]
    victim.send_signal(signal.SIGKILL)
    assert eventually(lambda: proxy.disturbances() == [] and PROXY in proxy.proxies())
    assert eventually(lambda: not guards(Workspace(tmp_path / "ws")))


def test_where_the_guard_was_killed_too_the_next_harness_heals_what_is_left(
    tmp_path: Path, proxy: ToxiproxyClient, victim: "subprocess.Popen[str]"
) -> None:
    workspace = Workspace(tmp_path / "ws")
    for guard in guards(workspace):
        guard.kill()
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert outliving(UndoJournal(workspace.undo_file))
    assert [name for name, _ in proxy.disturbances()] == [PROXY]
    with HarnessSession(workspace, command="test"):
        assert proxy.disturbances() == []
    assert not workspace.undo_file.exists()


def test_what_nobody_can_heal_is_said_aloud(
    tmp_path: Path, proxy: ToxiproxyClient, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = Workspace(tmp_path / "ws")
    workspace.prepare()
    undo = connected(proxy).undo(LINK)
    gone = undo.__class__(undo.kind, {**undo.arguments, "api": "127.0.0.1:28399"})
    UndoJournal(workspace.undo_file).register(gone)
    with HarnessSession(workspace, command="test"):
        said = capsys.readouterr().err
    assert "warning: a fault of an earlier run may still be on: restore_remote_link shop-gateway" in said


def gone(workspace: Workspace, proxy: ToxiproxyClient, address: str) -> None:
    """Register the undo of a fault on a server whose control API is at `address`, where nobody answers."""
    undo = connected(proxy).undo(LINK)
    UndoJournal(workspace.undo_file).register(replace(undo, arguments={**undo.arguments, "api": address}))


def answers_again(workspace: Workspace, proxy: ToxiproxyClient, silent: str) -> None:
    """Let the journals name the server that answers: as if that one had come back."""
    text = workspace.unhealed_file.read_text()
    assert silent in text
    workspace.unhealed_file.write_text(text.replace(silent, proxy.address))


SILENT = "127.0.0.1:28399"


def test_what_a_harness_could_not_heal_as_it_ended_the_next_one_heals(
    tmp_path: Path, proxy: ToxiproxyClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.guard.session.heal_outstanding", partial(heal_outstanding, deadline_s=0.0))
    workspace = Workspace(tmp_path / "ws")
    with HarnessSession(workspace, command="test"):
        gone(workspace, proxy, SILENT)
        connected(proxy).cut(LINK)
    said = capsys.readouterr().err
    assert f"a fault may still be on, and the next faultline here heals it: restore_remote_link {PROXY}" in said
    assert not workspace.undo_file.exists()
    answers_again(workspace, proxy, SILENT)
    with HarnessSession(workspace, command="test"):
        assert proxy.disturbances() == []
    assert not workspace.unhealed_file.exists()


def test_what_a_guard_could_not_heal_the_next_harness_heals(tmp_path: Path, proxy: ToxiproxyClient) -> None:
    workspace = Workspace(tmp_path / "ws")
    workspace.prepare()
    gone(workspace, proxy, SILENT)
    connected(proxy).cut(LINK)
    told: list[str] = []
    clean_up(workspace, told.append)
    assert f"a fault may still be on, and is left to the next harness: restore_remote_link {PROXY}" in told
    answers_again(workspace, proxy, SILENT)
    with HarnessSession(workspace, command="test"):
        assert proxy.disturbances() == []


def test_what_still_cannot_be_healed_is_kept_once_and_does_not_burden_the_run(
    tmp_path: Path, proxy: ToxiproxyClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.guard.session.LEFTOVER_DEADLINE_S", 0.0)
    workspace = Workspace(tmp_path / "ws")
    workspace.prepare()
    for _ in range(2):
        gone(workspace, proxy, SILENT)
        with HarnessSession(workspace, command="test") as session:
            assert session.heal_all() == []
    said = capsys.readouterr().err
    assert f"if that server is gone for good, remove {workspace.unhealed_file}" in said
    assert len(UndoJournal(workspace.unhealed_file).outstanding()) == 1


def test_a_link_that_its_owner_led_elsewhere_since_stays_there(proxy: ToxiproxyClient) -> None:
    undo = connected(proxy).undo(LINK)
    elsewhere = f"127.0.0.1:{BASE_PORT + 92}"
    proxy.create(PROXY, listen=undo.arguments["listen"], upstream=elsewhere)
    proxy.set_enabled(PROXY, False)
    heal(undo)
    assert proxy.disturbances() == []
    assert proxy.proxies()[PROXY].upstream == elsewhere
