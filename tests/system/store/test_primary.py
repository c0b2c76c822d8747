"""Whoever needs the primary once waits for it, and not for ever."""

import psycopg
import pytest

from system.store import primary


class Cluster:
    """Nodes of which none takes writes for the first `without` times that somebody asks."""

    def __init__(self, without: int) -> None:
        self.without = without
        self.asked: list[str] = []

    def __call__(self, conninfo: str) -> str:
        self.asked.append(conninfo)
        if len(self.asked) <= self.without:
            raise psycopg.OperationalError("session is read-only")
        return "connected"


def test_a_primary_that_comes_a_little_later_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    cluster = Cluster(without=2)
    monkeypatch.setattr(primary.psycopg, "connect", cluster)
    monkeypatch.setattr(primary, "_PAUSE_S", 0)
    assert primary.connect_primary("host=a,b") == "connected"
    assert cluster.asked == ["host=a,b"] * 3


def test_a_primary_that_never_comes_is_an_error_that_says_why(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(primary.psycopg, "connect", Cluster(without=1000))
    monkeypatch.setattr(primary, "SUCCESSOR_WITHIN_S", 0)
    with pytest.raises(psycopg.OperationalError, match="read-only"):
        primary.connect_primary("host=a,b")
