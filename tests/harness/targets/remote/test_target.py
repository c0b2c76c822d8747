"""The remote target: it starts nothing, sees whether the system answers, and takes only what belongs to its run."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from harness.core.adapter import Charge, Record, Word
from harness.core.errors import ControlError, HarnessError, UsageError
from harness.core.target import Target
from harness.links.client import ToxiproxyClient
from harness.targets.registry import ManagedTarget
from harness.targets.remote.target import RemoteTarget
from harness.workspace import Workspace
from tests.harness.targets.remote.conftest import PROXY
from tests.harness.targets.remote.fake import Bookkeeping, Listing

pytestmark = pytest.mark.real


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
    tag = extras["settings"]["key_tag"]
    assert Path(extras["adapter"]).is_file()
    now_us = int(tag[1:], 16) * 1_000_000 + 5_000_000
    adapter.listed = [
        Charge("mine", f"{tag}-1-pay", 100, "EUR", now_us),
        Charge("older", "r1-1-pay", 100, "EUR", now_us),
        Charge("nameless", "", 100, "EUR", now_us),
        Charge("nameless-and-older", "", 100, "EUR", 1),
    ]
    made.save_books(tmp_path / "books")
    kept = pq.read_table(tmp_path / "books" / "gateway_charges.parquet").column("charge_id").to_pylist()
    assert kept == ["mine", "nameless"]


def test_a_reset_that_leaves_charges_is_an_error(tmp_path: Path, proxy: ToxiproxyClient, shop: Shop) -> None:
    adapter = Bookkeeping(listed=[Charge("ch", "order", 100, "EUR", 1)])
    made = target(tmp_path, proxy, shop, adapter)
    with pytest.raises(HarnessError, match="the gateway still has 1 charges"):
        made.reset()
    assert adapter.resets == 3


def test_pending_payments_are_what_settling_waits_for(tmp_path: Path, proxy: ToxiproxyClient, shop: Shop) -> None:
    adapter = Bookkeeping()
    made = target(tmp_path, proxy, shop, adapter)
    made.reset()
    tag = made.load_extras["settings"]["key_tag"]
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
