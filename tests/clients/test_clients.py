"""HTTP clients that send a payment again by themselves make one charge of it, whatever is between them and us.

The answer to each payment is lost, on a fresh connection and on one that was used before, over a link that closes
without a word and through HAProxy. Requests are counted where they arrive, money at the gateways.
"""

from pathlib import Path

import pytest

from tests.clients.cases import CONNECTIONS, WAYS, Outcome, pay_with_lost_answer, rehearse
from tests.clients.ground import Client, Ground
from tests.clients.kinds import KINDS, Kind, chosen
from tests.clients.paths import SHIPPED, balanced, configured
from tests.clients.table import PAGE, WRITE, rows_of, told_by_page, write_rows

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]


def ways() -> list[str]:
    """HAProxy is there in continuous integration, and wherever somebody installed it."""
    return [way for way in WAYS if way == "link" or balanced()]


@pytest.mark.parametrize("kind", chosen(), ids=lambda kind: kind.name)
def test_a_payment_whose_answer_is_lost_is_charged_once(kind: Kind, ground: Ground, tmp_path: Path) -> None:
    assert not kind.missing, f"FAULTLINE_REQUIRE_CLIENTS=1, but there is no {', '.join(kind.missing)}"
    client = Client(kind, tmp_path / "client.log")
    try:
        version = client.ask("version")
        rehearse(ground, client, f"{kind.name}-rehearsal".replace(" ", "-"))
        outcomes = [
            pay_with_lost_answer(ground, client, way, connection, f"{kind.name}-{way}-{connection}".replace(" ", "-"))
            for way in ways()
            for connection in CONNECTIONS
        ]
    finally:
        client.stop()
    for outcome in outcomes:
        assert outcome.charges == 1, outcome
        assert outcome.resent >= 0, f"the payment never arrived: {outcome}"
        assert outcome.told.startswith("2") or outcome.after.startswith("2"), outcome
    if WRITE:
        write_rows(kind, version, outcomes)
    compare(kind, version, outcomes)


def compare(kind: Kind, version: str, outcomes: list[Outcome]) -> None:
    """The page's table says of this version what was just seen: how often it sent again."""
    page = told_by_page(kind)
    assert page, f"{PAGE.name} does not tell of {kind.name}; FAULTLINE_WRITE_CLIENTS=1 writes it"
    if page[0].version == version:
        seen = {(row.way, row.connection): row.resent for row in rows_of(kind, version, outcomes)}
        told = {(row.way, row.connection): row.resent for row in page}
        assert seen == {case: told[case] for case in seen}


def test_the_page_tells_of_every_client() -> None:
    assert [kind.name for kind in KINDS if not told_by_page(kind)] == []


def test_haproxy_is_configured_as_shipped_but_for_addresses() -> None:
    made = configured(SHIPPED.read_text(), 12000, 12001, 12002)
    assert "retry-on conn-failure" in made
    assert "server api1 127.0.0.1:12001 addr 127.0.0.1 port 12002" in made
    assert "api1.platform" not in made
