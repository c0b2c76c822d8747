"""B25: what the standby has not replayed yet is shown as if it were the truth; without a standby it is sound."""

from dataclasses import replace
from typing import Any, cast

import psycopg
import pytest

from system.bugs import b25_reads_from_the_standby as b25
from system.planted import load
from system.seams import Seams
from system.settings import Settings
from system.store.begin import Begin, Begun, Claim
from system.store.connection import Connection

CLAIM = Claim("m_alpha", "m_alpha", True, "key-1", b"", "owner-1", 1, 2, 3)
COMMAND = Begin(
    CLAIM, "op_1", "pay_1", "att_1", None, "sale", "stripe", "att_1", 100, "EUR", 2, "automatic", "pm", "ref", None, "c"
)


class Node:
    """A connection to a node that knows so many payments and keys."""

    def __init__(self, payment: str | None, used: int) -> None:
        self.payment = payment
        self.used = used
        self.closed_again = False

    async def fetch(self, query: str, parameters: tuple[object, ...]) -> tuple[int]:
        return (self.used,)

    async def close(self) -> None:
        self.closed_again = True


def planted(monkeypatch: pytest.MonkeyPatch, standby: Node | None) -> tuple[Seams, list[str], list[str]]:
    """Return the seams with the bug, the scopes under which keys were claimed, and what was reached."""
    scopes: list[str] = []
    reached: list[str] = []

    async def find_payment(connection: Any, payment_id: str, merchant_id: str) -> Any:
        return connection.payment

    async def begin(connection: Any, command: Begin) -> Begun:
        scopes.append(command.claim.scope)
        return Begun("claimed")

    async def connect() -> Any:
        if standby is None:
            raise psycopg.OperationalError("no standby")
        return standby

    monkeypatch.setattr(b25, "_connect", connect)
    sound, _ = load(Settings(bug=""))
    seams = b25.plant(replace(sound, find_payment=find_payment, begin=begin), lambda: reached.append("reached"))
    return seams, scopes, reached


PRIMARY = cast(Connection, Node("captured", used=1))


async def test_a_lagging_standby_shows_no_payment_and_knows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    seams, scopes, reached = planted(monkeypatch, Node(None, used=0))
    assert await seams.find_payment(PRIMARY, "pay_1", "m_alpha") is None
    await seams.begin(PRIMARY, COMMAND)
    assert scopes == ["new:owner-1"]
    assert len(reached) == 2


async def test_a_standby_that_keeps_up_shows_the_same_and_reaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seams, scopes, reached = planted(monkeypatch, Node("captured", used=1))
    assert await seams.find_payment(PRIMARY, "pay_1", "m_alpha") == "captured"
    await seams.begin(PRIMARY, COMMAND)
    assert scopes == ["m_alpha"]
    assert reached == []


async def test_without_a_standby_the_primary_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    seams, scopes, reached = planted(monkeypatch, None)
    assert await seams.find_payment(PRIMARY, "pay_1", "m_alpha") == "captured"
    await seams.begin(PRIMARY, COMMAND)
    assert (scopes, reached) == (["m_alpha"], [])
