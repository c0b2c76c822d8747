"""A shell and whoever holds the platform: the word in the file opens, errors come across, a dead holder is none."""

import json
import socket
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.core.errors import HarnessError, UsageError
from harness.injecting.channel import Channel, ChannelServer, Reply, Request, Told
from harness.workspace import Workspace

ITEM = Told("gateway_down-1", "gateway_down", "*-to-stripe", "ann", 1, 2, None, "")


@dataclass
class Desk:
    heard: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Reply:
        self.heard.append(request)
        if request.fault == "nonsense":
            raise UsageError("unknown fault: 'nonsense'", hint="valid: gateway_down")
        if request.fault == "frozen":
            raise HarnessError("the link proxy does not answer")
        return Reply((ITEM,), steps=(("healed: restore_link", 0.1),), seconds=0.2)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "ws")
    made.prepare()
    return made


def test_a_request_goes_there_and_its_answer_comes_back(workspace: Workspace) -> None:
    desk = Desk()
    with ChannelServer(workspace, desk):
        assert workspace.control_file.stat().st_mode & 0o777 == 0o600
        channel = Channel.find(workspace)
        assert channel is not None
        request = Request("inject", "ann", "gateway_down", "stripe", {"share": "1"}, 30.0)
        reply = channel.send(request)
    assert reply.injections == (ITEM,)
    assert desk.heard == [request]
    assert Channel.find(workspace) is None


def test_refusals_come_across_as_they_were_raised(workspace: Workspace) -> None:
    with ChannelServer(workspace, Desk()):
        channel = Channel.find(workspace)
        assert channel is not None
        with pytest.raises(UsageError, match="unknown fault") as refused:
            channel.send(Request("inject", "ann", "nonsense"))
        with pytest.raises(HarnessError, match="does not answer"):
            channel.send(Request("inject", "ann", "frozen"))
    assert refused.value.hint == "valid: gateway_down"


def test_whoever_does_not_know_the_word_is_not_answered(workspace: Workspace) -> None:
    desk = Desk()
    with ChannelServer(workspace, desk):
        port = json.loads(workspace.control_file.read_text())["port"]
        with pytest.raises(HarnessError, match="did not answer"):
            Channel(port, "guessed").send(Request("stop", "mallory"))
    assert desk.heard == []


def test_the_file_of_a_holder_that_died_leads_nowhere(workspace: Workspace) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    workspace.control_file.write_text(json.dumps({"port": port, "token": "t", "pid": 1}))
    assert Channel.find(workspace) is None
