"""The journal rebuilds the books; damage is cut off where a kill may have left it and refused elsewhere."""

from collections.abc import Callable
from pathlib import Path

import pytest

from system.gateways.common.books import Books
from system.gateways.common.journal import Journal, JournalError
from system.gateways.common.records import Armed, Forget, Hit, Reply
from tests.system.gateways.live import LiveGateway
from tests.system.gateways.tellers import teller_of


@pytest.mark.parametrize("brand", ["stripe", "paypal", "acquirer"])
def test_the_same_journal_gives_the_same_books_keys_and_faults(
    open_gateway: Callable[..., LiveGateway], brand: str
) -> None:
    first = open_gateway(brand)
    teller = teller_of(first)
    ref = teller.sell("k1", 1000).ref
    teller.sell("k2", method="pm_card_visa_chargeDeclined")
    held = teller.authorize("k3", 700).ref
    teller.capture("k4", held, 500)
    teller.refund("k5", ref, 300)
    first.arm("429", endpoints="void")
    teller.void("k6", held)

    first.await_answers()
    books, hits = first.books(), first.hits()
    first.stop()

    second = open_gateway(brand)
    assert second.books() == books
    assert second.hits() == hits == 1
    again = teller_of(second)
    assert again.sell("k1", 1000).ref == ref
    assert again.refund("k5", ref, 300).ok
    assert second.moved("refund") == 1
    assert len(again.look_up("k1")) == 1


def test_a_torn_last_line_is_cut_off_and_the_rest_stays(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append([Forget("a", "b"), Hit("f")])
    whole = journal.path.read_bytes()
    with journal.path.open("ab") as file:
        file.write(b'{"t":"hit","id":"to')
    assert list(Journal(journal.path).replay()) == [Forget("a", "b"), Hit("f")]
    assert journal.path.read_bytes() == whole


def test_damage_before_the_last_line_is_refused_with_its_line_number(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b'{"t":"hit","id":"f"}\n{"t":"nothing we know"}\n{"t":"hit","id":"f"}\n')
    with pytest.raises(JournalError, match="line 2"):
        Books(Journal(path))


def test_forgotten_keys_and_removed_faults_stay_gone_after_a_restart(tmp_path: Path) -> None:
    books = Books(Journal(tmp_path / "journal"))
    books.commit([Reply("s", "k", "p", 200, "{}", "req", 1), Armed("f", "429", 1.0, 1, {"endpoints": ""}), Hit("f")])
    books.commit([Forget("s", "k")])
    again = Books(Journal(tmp_path / "journal"))
    assert again.state.replies == {}
    assert again.state.hits["f"] == 1
    again.reset()
    assert Books(Journal(tmp_path / "journal")).state.armed == {}
