"""What every implementation of `core.surface.Links` owes, against real Toxiproxy servers: a process and a container."""

import socket
import struct
import time

import pytest

from harness.core.errors import ControlError, UsageError
from harness.core.surface import Links
from harness.guard.healers import heal
from tests.harness.links.conftest import Rig

pytestmark = pytest.mark.real
LINK = "caller-to-echo"


def poison(rig: Rig, kind: str, stream: str = "downstream", **attributes: int) -> None:
    rig.links.add_toxic(LINK, kind, stream=stream, toxicity=1.0, attributes=attributes)


def elapsed_s(rig: Rig, line: bytes = b"ping\n") -> float:
    began = time.monotonic()
    assert rig.ask(line) == line
    return time.monotonic() - began


def quickest_s(rig: Rig) -> float:
    """Return the least of several tries: what the link itself costs, without what a busy machine adds."""
    return min(elapsed_s(rig) for _ in range(5))


def test_it_is_a_links(rig: Rig) -> None:
    links: Links = rig.links
    assert links.matching("*-to-echo") == [LINK]


def test_a_whole_link_passes_everything_quickly(rig: Rig) -> None:
    assert quickest_s(rig) < 0.15
    assert rig.links.disturbed() == []


def test_latency_delays_answers(rig: Rig) -> None:
    poison(rig, "latency", latency=300, jitter=0)
    assert 0.3 <= elapsed_s(rig) < 1.0
    assert list(rig.links.disturbed()) == [LINK]
    assert rig.links.active() == [f"{LINK}: latency downstream 1 {{'latency': 300, 'jitter': 0}}"]


def test_timeout_swallows_answers_while_the_request_arrives(rig: Rig) -> None:
    poison(rig, "timeout", timeout=0)
    with rig.dial() as connection:
        connection.sendall(b"lost answer\n")
        rig.echo.await_received(b"lost answer\n")
        connection.settimeout(0.4)
        with pytest.raises(TimeoutError):
            connection.recv(100)
    assert rig.echo.received == [b"lost answer\n"]


def test_limit_data_upstream_loses_the_request(rig: Rig) -> None:
    poison(rig, "limit_data", "upstream", bytes=0)
    assert rig.ask(b"lost request\n") == b""
    assert rig.echo.received == []


def test_limit_data_downstream_loses_the_answer_after_the_request_arrived(rig: Rig) -> None:
    poison(rig, "limit_data", bytes=0)
    assert rig.ask(b"executed\n") == b""
    assert rig.echo.received == [b"executed\n"]


def test_reset_peer_resets_new_connections(rig: Rig) -> None:
    poison(rig, "reset_peer", timeout=0)
    with rig.dial() as connection:
        connection.sendall(b"x\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


def test_bandwidth_slows_large_answers(rig: Rig) -> None:
    poison(rig, "bandwidth", rate=20)
    assert elapsed_s(rig, b"x" * 10_000 + b"\n") > 0.35


def test_a_cut_link_refuses_new_connections_and_drops_live_ones(rig: Rig) -> None:
    live = rig.dial()
    live.sendall(b"before\n")
    assert live.recv(100) == b"before\n"
    rig.links.cut(LINK)
    with pytest.raises(ConnectionRefusedError):
        rig.dial()
    assert dropped(live)
    assert rig.links.active() == [f"{LINK}: cut"]


def dropped(connection: socket.socket) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with connection:
        try:
            return connection.recv(100) == b""
        except ConnectionResetError:
            return True


def test_the_undo_heals_whatever_was_done_and_may_be_repeated(rig: Rig) -> None:
    undo = rig.links.undo(LINK)
    poison(rig, "latency", latency=500)
    poison(rig, "reset_peer", timeout=2000)
    rig.links.cut(LINK)
    for _ in range(2):
        heal(undo)
        assert rig.links.disturbed() == []
    assert quickest_s(rig) < 0.3


def test_the_undo_heals_a_link_whose_proxy_is_gone(rig: Rig) -> None:
    undo = rig.links.undo(LINK)
    rig.client.destroy(LINK)
    heal(undo)
    assert rig.ask() == b"ping\n"


def test_the_same_toxic_again_replaces_the_first(rig: Rig) -> None:
    poison(rig, "latency", latency=2000)
    poison(rig, "latency", latency=50)
    assert elapsed_s(rig) < 1.0


def test_restore_all_brings_every_link_back(rig: Rig) -> None:
    poison(rig, "timeout", timeout=0)
    rig.links.restore_all()
    assert rig.ask() == b"ping\n"


@pytest.mark.parametrize(
    ("kind", "attributes", "words"),
    [
        ("latency", {"latncy": 5}, "did you mean 'latency'"),
        ("latancy", {"latency": 5}, "did you mean 'latency'"),
        ("bandwidth", {"rate": -1}, "whole number"),
        ("limit_data", {}, "needs attributes"),
    ],
)
def test_a_misspelt_toxic_is_refused_before_anything_is_sent(
    rig: Rig, kind: str, attributes: dict[str, int], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        rig.links.add_toxic(LINK, kind, stream="downstream", toxicity=1.0, attributes=attributes)
    assert rig.links.disturbed() == []


def test_an_unknown_link_and_a_pattern_without_match_list_the_links(rig: Rig) -> None:
    with pytest.raises(UsageError) as refused:
        rig.links.matching("*-to-ehco")
    assert LINK in refused.value.hint
    with pytest.raises(UsageError, match="no link"):
        rig.links.cut("nowhere")


def test_a_frozen_control_api_is_an_error_and_the_server_comes_back_with_its_links(rig: Rig) -> None:
    rig.freeze()
    began = time.monotonic()
    with pytest.raises(ControlError, match="killed and started again"):
        rig.links.cut(LINK)
    (respawned_at,) = rig.respawns
    assert respawned_at - began < 3.0
    assert rig.links.disturbed() == []
    assert rig.ask() == b"ping\n"
