"""`faultline init` writes an adapter, and `faultline check-adapter` says everything that is wrong with one at once."""

from pathlib import Path
from typing import Any

import pytest

from harness.cli import adapters
from harness.cli.main import app
from harness.core.errors import UsageError
from harness.links.client import ToxiproxyClient
from harness.targets.remote.loading import load_adapter
from harness.targets.remote.rehearsal import Findings, Rehearsal
from tests.harness.targets.remote.conftest import PROXY
from tests.harness.targets.remote.shop import Shop, serving

pytestmark = pytest.mark.real


def written(folder: Path, shop: Shop, proxy: ToxiproxyClient, *changes: tuple[str, str]) -> Path:
    """Return the adapter that `faultline init` writes, filled in for this shop, and changed."""
    path = folder / "mine.py"
    assert adapters.init(path) == 0
    text = path.read_text()
    for was, becomes in (
        ('SERVICE = "http://127.0.0.1:8000"', f'SERVICE = "{shop.url}"'),
        ('LEDGER = "http://127.0.0.1:9000"', f'LEDGER = "{shop.url}"'),
        ("127.0.0.1:8474", proxy.address),
        ('"api-to-gateway"', f'"{PROXY}"'),
        *changes,
    ):
        assert was in text, was
        text = text.replace(was, becomes, 1)
    path.write_text(text)
    return path


def rehearsed(path: Path) -> Findings:
    return Rehearsal(load_adapter(path)).play()


def test_what_init_writes_is_an_adapter_and_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    assert adapters.init(path) == 0
    assert load_adapter(path).links == {"api1-to-stripe": "api-to-gateway"}
    with pytest.raises(UsageError, match="is there already"):
        adapters.init(path)
    with pytest.raises(UsageError, match="is not a Python file"):
        adapters.init(tmp_path / "mine.txt")
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        adapters.init(tmp_path / "nowhere" / "mine.py")


def test_both_are_commands() -> None:
    names = {command.name for command in app.registered_commands}
    assert {"init", "check-adapter"} <= names


def test_a_sound_system_with_a_sound_adapter_has_nothing_wrong(tmp_path: Path, proxy: ToxiproxyClient) -> None:
    with serving() as shop:
        found = rehearsed(written(tmp_path, shop, proxy))
    assert (found.wrong, found.seen) == ([], [])
    assert found.done[0] == f"Toxiproxy has {PROXY}"
    assert any(told.startswith("the ledger lists the charge ch-p0") for told in found.done)


def test_whoever_can_be_used_is_told_what_more_would_be_judged(
    tmp_path: Path, proxy: ToxiproxyClient, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as shop:
        path = written(tmp_path, shop, proxy)
        capsys.readouterr()
        assert adapters.check_adapter(path) == 0
    told = capsys.readouterr().out
    assert "MORE   with payments() more would be judged: I2, I5" in told
    assert "MORE   with Tells.REPLAYS more would be judged: I7, I8" in told
    assert told.endswith(f"--target remote --adapter {path}\n")
    assert list(adapters.more(load_adapter(EVERYTHING))) == [
        "with Tells.BUSY more would be judged: I10",
        "with Tells.VERSIONS more would be judged: I19, I20",
    ]


EVERYTHING = Path(__file__).parents[4] / "examples" / "stripe-like" / "adapter.py"


def test_what_the_system_does_wrong_is_no_mistake_of_the_adapter(tmp_path: Path, proxy: ToxiproxyClient) -> None:
    with serving(unsound=True) as shop:
        found = rehearsed(written(tmp_path, shop, proxy))
    assert found.wrong == []
    assert found.seen == [
        "the same request made another payment (p0, then p1): I8 will say so",
        "another payment under the same key is PAID, not refused: I9 will say so",
        "a look shows 2 payments of one reference",
        "the payment was charged 2 times: I1 will say so",
    ]


def test_everything_that_is_wrong_is_said_at_once(
    tmp_path: Path, proxy: ToxiproxyClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """A proxy, an amount, a card, a look and a ledger: five mistakes, in five places, in one go."""
    with serving() as shop:
        path = written(
            tmp_path,
            shop,
            proxy,
            (f'"{PROXY}"', '"another"'),
            ('int(str(row["amount"]))', 'int(str(row["amount"])) // 100'),
            ("    # cards, declined_cards", '    declined_cards = ("pm_card_visa",)\n    #'),
            ('row["order"] == reference', 'row["order"] != reference'),
            ('reference=row["metadata"]["order"]', 'reference=row["id"]'),
            ("created_at_us=row[\"created\"] * 1_000_000", "created_at_us=row[\"created\"]"),
        )  # fmt: skip
        capsys.readouterr()
        assert adapters.check_adapter(path) == 64
    told = capsys.readouterr().out
    wrong = [line.removeprefix("WRONG  ") for line in told.splitlines() if line.startswith("WRONG")]
    assert [next((word for word in EXPECTED if word in line), line) for line in wrong] == EXPECTED
    assert "5 to correct" in told


EXPECTED = [
    "has no proxy another",
    "answer() gives 19 as amount_minor (asked for: 1999, in minor units)",
    "the card pm_card_visa is PAID (FAILED: name cards that are declined in declined_cards, or ())",
    "found() does not show the payment that was just made",
    "Charge.created_at_us is ",
]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('"succeeded": Word.PAID', '"paid": Word.PAID'), "calls UNKNOWN what came to POST /payments: status 200"),
        (('row["id"]), int', 'row["number"]), int'), "answer() failed: KeyError: 'number'; it was given status 200"),
        (('reference=row["metadata"]["order"]', 'reference=row["id"]'), "charges() has no charge with the reference"),
        (('amount_minor=row["amount"]', 'amount_minor=row["amount"] * 100'), "Charge.amount_minor is 199900 (asked"),
        (('row["created"] * 1_000_000', '(row["created"] - 7200) * 1_000_000'), "Charge.created_at_us is -720"),
        (('"captured" if row["paid"] else "declined"', '"captured"'), "lists the declined payment as captured"),
    ],
)  # fmt: skip
def test_each_mistake_is_said_with_what_is_right(
    tmp_path: Path, proxy: ToxiproxyClient, change: tuple[str, str], told: str
) -> None:
    with serving() as shop:
        found = rehearsed(written(tmp_path, shop, proxy, change))
    assert any(told in line for line in found.wrong), found.wrong


def test_a_system_that_does_not_answer_is_said_together_with_the_rest(tmp_path: Path, proxy: ToxiproxyClient) -> None:
    with serving() as shop:
        path = written(tmp_path, shop, proxy, (f'"{PROXY}"', '"another"'))
    found = rehearsed(path)
    assert any("has no proxy another" in line for line in found.wrong)
    assert any("does not answer: ConnectionError" in line for line in found.wrong)
    assert any("the adapter's charges() failed" in line for line in found.wrong)


def test_a_link_that_is_broken_already_is_said(tmp_path: Path, proxy: ToxiproxyClient) -> None:
    proxy.set_enabled(PROXY, enabled=False)
    with serving() as shop:
        found = rehearsed(written(tmp_path, shop, proxy))
    assert any(f"links are not whole: {PROXY}" in line for line in found.wrong)


def test_an_adapter_that_cannot_be_loaded_is_refused_as_by_run(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("adapter = 7\n")
    with pytest.raises(UsageError, match="`adapter` is a int, not an Adapter"):
        adapters.check_adapter(tmp_path / "mine.py")


ASKED = """
ASKED: list[int] = []


def asked(since_us):
    ASKED.append(since_us)


class MySystem"""


def test_only_what_is_needed_of_a_ledger_is_asked_for(tmp_path: Path, proxy: ToxiproxyClient) -> None:
    with serving() as shop:
        path = written(tmp_path, shop, proxy, ("requests.get(", "asked(since_us) or requests.get("))
        path.write_text(path.read_text().replace("\nclass MySystem", ASKED))
        adapter: Any = load_adapter(path)
        rehearsal = Rehearsal(adapter)
        assert rehearsal.play().wrong == []
    assert set(adapter.charges.__globals__["ASKED"]) == {rehearsal.since_us}
