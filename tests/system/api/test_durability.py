"""`/health` says in how many places an acknowledged commit is, and what becomes of that without a standby."""

import pytest

from system.api.health import durability


@pytest.mark.parametrize(
    ("confirmed_by", "nodes", "copies", "without"),
    [
        ('ANY 1 ("pg-b","pg-c")', 3, 2, "writes wait"),
        ('"pg-b"', 2, 2, "writes go on with one copy"),
        ("", 2, 1, "writes go on with one copy"),
    ],
)
def test_copies_are_told_with_what_becomes_of_them(confirmed_by: str, nodes: int, copies: int, without: str) -> None:
    told = durability(confirmed_by, nodes)
    assert (told["nodes"], told["copies"], told["without_a_standby"]) == (nodes, copies, without)
    assert told["confirmed_by"] == (confirmed_by or "nobody")
