"""The remote target: it starts nothing, sees whether the system answers, and takes only what belongs to its run."""

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from harness.core.adapter import Charge, Record, Reply, Seen, Tells, Word
from harness.core.errors import ControlError, HarnessError, UsageError
from harness.core.target import SeenFromOutside, Target
from harness.links.client import ToxiproxyClient
from harness.run.settling import await_drained
from harness.targets.registry import ManagedTarget
from harness.targets.remote.target import RemoteTarget
from harness.workspace import Workspace
from tests.harness.targets.remote.conftest import PROXY
from tests.harness.targets.remote.fake import Bookkeeping, Listing

pytestmark = pytest.mark.real
CHARGE = Charge("ch", "order", 100, "EUR", 1_800_000_000_000_000)
WRITTEN = ("gateway_charges", "gateway_movements", "payments", "operations", "attempts")
RECORD = Record("7", "order", Word.PAID, 100, "EUR")


class Shop(ThreadingHTTPServer):
    """A system whose every look shows `shown`."""

    status = 200
    shown: list[dict[str, Any]] = []  # noqa: RUF012

    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(self.server.shown).encode()  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def shop() -> Iterator[Shop]:
    server = Shop(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def target(folder: Path, proxy: ToxiproxyClient, shop: Shop, adapter: Listing) -> RemoteTarget:
    adapter.api_urls = {"shop": shop.url()}
    adapter.toxiproxy = proxy.address
    (folder / "adapter.py").write_text("# the file that it came from")
    made = RemoteTarget(Workspace(folder / "ws"), adapter, folder / "adapter.py")
    made.start(bug=None, settings={}, progress=lambda _: None)
    return made


def test_it_is_a_target(tmp_path: Path, proxy: ToxiproxyClient, shop: Shop) -> None:
    made: Target = target(tmp_path, proxy, shop, Listing())
    managed: ManagedTarget = target(tmp_path, proxy, shop, Listing())
    made.reset()
    assert (made.steady(), made.healthy(), made.breakers(), made.cpu(), made.ledger(0)) == ("", "", (), {}, ())
    assert managed.attach() is False


def test_a_system_that_does_not_answer_is_refused(tmp_path: Path, proxy: ToxiproxyClient, shop: Shop) -> None:
    shop.shown = [{"nonsense": True}]
    with pytest.raises(UsageError, match=r"the system does not answer: shop: the adapter's found\(\) failed: KeyError"):
        target(tmp_path, proxy, shop, Listing())


@pytest.mark.parametrize(
    ("charge", "says", "valid"),
    [
        ({"charge_id": "ch"}, "the adapter's charges() gave a dict", "harness.core.adapter.Charge"),
        (replace(CHARGE, status="succeeded"), "Charge.status is 'succeeded'", "captured, authorized, voided, declined"),
        (replace(CHARGE, created_at_us=1_800_000_000), "Charge.created_at_us is 1800000000", "microseconds since the"),
        (replace(CHARGE, gateway="adyen"), "Charge.gateway is 'adyen'", "valid: stripe"),
    ],
)
def test_a_charge_that_cannot_be_is_refused_at_the_start(
    tmp_path: Path, proxy: ToxiproxyClient, shop: Shop, charge: Charge, says: str, valid: str
) -> None:
    with pytest.raises(UsageError) as refused:
        target(tmp_path, proxy, shop, Listing(listed=[charge]))
    assert says in str(refused.value)
    assert valid in refused.value.hint


def test_a_list_that_cannot_be_had_is_refused_at_the_start(tmp_path: Path, proxy: ToxiproxyClient, shop: Shop) -> None:
    class Wrong(Bookkeeping):
        def payments(self) -> Iterable[Record]:
            raise KeyError("rows")

    with pytest.raises(UsageError, match=r"the adapter's payments\(\) failed: KeyError: 'rows'"):
        target(tmp_path, proxy, shop, Wrong())


def test_a_look_at_a_payment_that_there_is_shows_what_one_at_none_does_not(
    tmp_path: Path, proxy: ToxiproxyClient, shop: Shop
) -> None:
    class Loose(Bookkeeping):
        def found(self, reply: Reply, reference: str) -> Sequence[Seen]:
            return [] if reply.json() == [] else ["paid"]  # type: ignore[list-item]

    target(tmp_path, proxy, shop, Loose())
    shop.shown = [{"word": "paid"}]
    with pytest.raises(UsageError, match=r"the adapter's found\(\) gave a str: 'paid'"):
        target(tmp_path, proxy, shop, Loose(records=[Record("7", "order-7", Word.PAID, 100, "EUR")]))


def test_a_mistake_that_only_shows_later_is_named_too(tmp_path: Path, proxy: ToxiproxyClient, shop: Shop) -> None:
    adapter = Bookkeeping()
    made = target(tmp_path, proxy, shop, adapter)
    adapter.records = [replace(RECORD, word="paid")]  # type: ignore[arg-type]
    with pytest.raises(ControlError, match=r"Record.word is 'paid'") as named:
        made.backlog()
    assert named.value.hint == "word: valid: Word.PAID, Word.PENDING, Word.FAILED"
    assert "Record.word is 'paid'" in made.steady()


def test_it_is_not_healthy_while_a_link_is_not_whole(tmp_path: Path, proxy: ToxiproxyClient, shop: Shop) -> None:
    made = target(tmp_path, proxy, shop, Listing())
    made.surface.links.cut("api1-to-stripe")
    assert made.healthy() == f"links not whole: {PROXY}"
    made.reset()
    assert made.healthy() == ""


def test_what_it_does_not_have_cannot_be_broken(tmp_path: Path, proxy: ToxiproxyClient, shop: Shop) -> None:
    surface = target(tmp_path, proxy, shop, Listing()).surface
    assert surface.database.nodes() == ()
    for part in (surface.gateways, surface.processes, surface.database, surface.pressure):
        with pytest.raises(ControlError, match="the remote target has no"):
            part.kill("anything")


def test_each_run_has_keys_of_its_own_and_ignores_what_older_ones_left(
    tmp_path: Path, proxy: ToxiproxyClient, shop: Shop
) -> None:
    adapter = Listing()
    made = target(tmp_path, proxy, shop, adapter)
    made.reset()
    extras = made.load_extras
    tag = str(extras.settings["key_tag"])
    assert Path(extras.adapter).is_file()
    now_us = int(tag[1:], 16) * 1_000_000 + 5_000_000
    before_us = now_us - 60_000_000
    belongs = {
        Charge("mine", f"{tag}-1-pay", 100, "EUR", now_us): True,
        Charge("mine-by-a-slow-clock", f"{tag}-2-pay", 100, "EUR", before_us): True,
        Charge("prefixed", f"retry-{tag}-1-pay", 100, "EUR", now_us): True,
        Charge("in-capitals", f"{tag}-1-PAY".upper(), 100, "EUR", now_us): True,
        Charge("cut", "1-pay", 100, "EUR", now_us): True,
        Charge("nameless", "", 100, "EUR", now_us): True,
        Charge("another-run", "r65000000-1-pay", 100, "EUR", now_us): False,
        Charge("another-run-prefixed", "retry-R65000000-1-PAY", 100, "EUR", now_us): False,
        Charge("older", "order-1", 100, "EUR", before_us): False,
        Charge("nameless-and-older", "", 100, "EUR", before_us): False,
    }
    adapter.listed = list(belongs)
    told = made.save_books(tmp_path / "books")
    kept = pq.read_table(tmp_path / "books" / "gateway_charges.parquet").column("charge_id").to_pylist()
    assert kept == [charge.charge_id for charge, mine in belongs.items() if mine]
    assert told.ignored == {"charges": 4, "payments": 0}


def test_without_books_settling_waits_for_the_charges_to_come_to_rest(
    tmp_path: Path, proxy: ToxiproxyClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.targets.remote.quiet.QUIET_S", 0.2)
    adapter = Listing()
    made = target(tmp_path, proxy, shop, adapter)
    made.reset()
    assert isinstance(made, SeenFromOutside)
    tag = made.load_extras.settings["key_tag"]
    for number in range(3):
        adapter.listed = [*adapter.listed, replace(CHARGE, charge_id=f"ch-{number}", reference=f"{tag}-{number}")]
        assert made.unsettled() == {"charges that still changed": 1}
    assert not await_drained(made, deadline_s=0.05).drained
    assert await_drained(made, deadline_s=5.0).drained
    assert made.facts()["settling"]["seen by"].startswith("the gateway's charges alone")
    assert "settling" not in target(tmp_path, proxy, shop, Bookkeeping()).facts()


class Faltering(Bookkeeping):
    """An adapter whose lists fail so many times, each."""

    fails = {"charges": 0, "payments": 0}  # noqa: RUF012

    def charges(self) -> Iterable[Charge]:
        return self._given("charges", self.listed)

    def payments(self) -> Iterable[Record]:
        return self._given("payments", self.records)

    def _given(self, what: str, rows: list[Any]) -> list[Any]:
        if self.fails[what]:
            self.fails[what] -= 1
            raise TimeoutError("later")
        return rows


@pytest.fixture
def faltering(
    tmp_path: Path, proxy: ToxiproxyClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> tuple[RemoteTarget, Faltering]:
    monkeypatch.setattr("harness.targets.remote.questions._POLL_S", 0.01)
    monkeypatch.setattr("harness.targets.remote.questions.BOOKS_DEADLINE_S", 0.2)
    adapter = Faltering(tells=frozenset({Tells.CHARGES}))
    made = target(tmp_path, proxy, shop, adapter)
    tag = made.load_extras.settings["key_tag"]
    adapter.listed = [replace(CHARGE, reference=f"{tag}-1")]
    adapter.records = [replace(RECORD, reference=f"{tag}-1", charge_id="ch")]
    return made, adapter


def test_books_that_do_not_answer_at_once_are_asked_again(
    tmp_path: Path, faltering: tuple[RemoteTarget, Faltering]
) -> None:
    made, adapter = faltering
    adapter.fails = {"charges": 2, "payments": 1}
    assert made.save_books(tmp_path / "books").lacking == {}
    rows = {table: pq.read_table(tmp_path / "books" / f"{table}.parquet").num_rows for table in WRITTEN}
    assert rows == dict.fromkeys(WRITTEN, 1)


@pytest.mark.parametrize(
    ("silent", "lost"),
    [("charges", ["gateway_charges", "gateway_movements"]), ("payments", ["attempts", "operations", "payments"])],
)
def test_books_that_never_answer_are_left_out_and_told(
    tmp_path: Path, faltering: tuple[RemoteTarget, Faltering], silent: str, lost: list[str]
) -> None:
    made, adapter = faltering
    adapter.fails = {**adapter.fails, silent: 10**6}
    told = made.save_books(tmp_path / "books").lacking
    assert told == {f"{silent}()": f"the adapter's {silent}() failed: TimeoutError: later"}
    assert [table for table in sorted(WRITTEN) if not (tmp_path / "books" / f"{table}.parquet").exists()] == lost


def test_a_reset_that_leaves_charges_is_an_error(tmp_path: Path, proxy: ToxiproxyClient, shop: Shop) -> None:
    adapter = Bookkeeping(listed=[CHARGE])
    made = target(tmp_path, proxy, shop, adapter)
    with pytest.raises(HarnessError, match="the gateway still has 1 charges"):
        made.reset()
    assert adapter.resets == 3


def test_pending_payments_are_what_settling_waits_for(tmp_path: Path, proxy: ToxiproxyClient, shop: Shop) -> None:
    adapter = Bookkeeping()
    made = target(tmp_path, proxy, shop, adapter)
    made.reset()
    tag = made.load_extras.settings["key_tag"]
    words = {f"{tag}-1": Word.PENDING, f"{tag}-2": Word.PAID, "somebody-else": Word.PENDING}
    adapter.records = [Record(reference, reference, word, 1, "EUR") for reference, word in words.items()]
    assert made.backlog() == {"pending payments": 1}
    assert made.steady() == "1 pending payments"
    assert target(tmp_path, proxy, shop, Listing()).backlog() == {}


def test_the_final_reads_show_every_payment_of_a_reference(tmp_path: Path, proxy: ToxiproxyClient, shop: Shop) -> None:
    made = target(tmp_path, proxy, shop, Listing())
    shop.shown = [{"word": "paid", "payment_id": "2", "amount_minor": 5, "currency": "EUR"}, {"word": "unknown"}]
    assert [(item["id"], item["status"], item["captured_minor"]) for item in made.resolve("shop", "order")] == [
        ("2", "captured", 5)
    ]


def test_facts_tell_which_adapter_it_was(tmp_path: Path, proxy: ToxiproxyClient, shop: Shop) -> None:
    facts = target(tmp_path, proxy, shop, Bookkeeping()).facts()
    assert facts["adapter"]["optional methods"] == "payments, reset"
    assert facts["system"]["adapter"].startswith("adapter.py, sha-256 ")
    assert facts["links"]["api1-to-stripe"] == PROXY
