"""An adapter file that cannot be used is refused with what is wrong and what is valid, before anything starts."""

from pathlib import Path

import pytest

from harness.core.errors import UsageError
from harness.targets.remote.loading import load_adapter

EXAMPLE = Path(__file__).parents[4] / "examples" / "naive-payments" / "adapter.py"
SOUND = """
from harness.core.adapter import Adapter, Request, Seen, Word

class Mine(Adapter):
    api_urls = {"shop": "http://127.0.0.1:28001"}
    toxiproxy = "127.0.0.1:28010"
    links = {"api1-to-stripe": "mine"}

    def send(self, payment):
        return Request("POST", "/pay", {"order": payment.reference})

    def answer(self, reply):
        return Seen(Word.UNKNOWN)

    def look(self, reference):
        return Request("GET", "/pay?order=" + reference)

    def found(self, reply, reference):
        return []

    def charges(self):
        return []

adapter = Mine()
"""


def written(folder: Path, content: str) -> Path:
    path = folder / "mine.py"
    path.write_text(content)
    return path


def test_a_sound_adapter_is_loaded(tmp_path: Path) -> None:
    assert dict(load_adapter(written(tmp_path, SOUND)).links) == {"api1-to-stripe": "mine"}


def test_the_example_is_sound_and_short() -> None:
    assert load_adapter(EXAMPLE).api_urls == {"shop": "http://127.0.0.1:28001"}
    assert len(EXAMPLE.read_text().splitlines()) < 70


@pytest.mark.parametrize(
    ("was", "becomes", "says", "hints"),
    [
        ("def charges", "def charge", "the adapter lacks charges", "methods: send, answer, look, found, charges"),
        ("adapter = Mine()", "", "has no `adapter`", "adapter = MyAdapter()"),
        ("adapter = Mine()", "adapter = Mine", "`adapter` is the class Mine", "adapter = MyAdapter()"),
        ("    links =", "    lines =", "the adapter lacks links", "attributes: api_urls, toxiproxy, links"),
        ("import Adapter", "import Adaptor, Adapter", "cannot be imported: ImportError", "to see"),
        (
            "http://127.0.0.1:28001",
            "127.0.0.1:28001",
            "api_urls: '127.0.0.1:28001' is not an address",
            "http://host:port",
        ),
        ("127.0.0.1:28010", "http://x", "toxiproxy: 'http://x' is not an address", "host:port"),
        ("api1-to-stripe", "gateway", "links: 'gateway' is not <from>-to-<to>", "api1-to-stripe"),
        (
            "    def send",
            "    tells = {'all'}\n    def send",
            "tells: all is not known",
            "replays, busy, versions, charges",
        ),
        ("    def send", "    tells = None\n    def send", "tells: None is not a set", "frozenset({Tells.REPLAYS})"),
        ("    def send", "    tells = 'replays'\n    def send", "tells: 'replays' is not a set", "frozenset"),
        (
            "    def send",
            "    tells = [{}]\n    def send",
            "tells: {} is not known",
            "replays, busy, versions, charges",
        ),
        ("    def send", "    currency = None\n    def send", "currency None is none", "such as EUR"),
        ("    def send", "    exponent = None\n    def send", "currency 'EUR' with None decimals", "EUR and 2"),
        ('"mine"}', "None}", "links names no link", "api1-to-stripe"),
        ('"http://127.0.0.1:28001"', "None", "api_urls names no replica", "http://127.0.0.1:8000"),
        ("    def send", "    exponent = 9\n    def send", "currency 'EUR' with 9 decimals", "EUR and 2"),
        (
            'return Request("POST"',
            'return print("POST"',
            "send() gives no request: it returned None",
            "return Request(",
        ),
        ("payment.reference", "payment.order", "send() gives no request: AttributeError", "return Request("),
        ('"/pay?order="', '"pay?order="', "look() gives no request", "the path from /"),
    ],
)
def test_a_mistake_is_named_with_what_is_valid(tmp_path: Path, was: str, becomes: str, says: str, hints: str) -> None:
    assert was in SOUND
    with pytest.raises(UsageError) as refused:
        load_adapter(written(tmp_path, SOUND.replace(was, becomes, 1)))
    assert says in str(refused.value)
    assert hints in refused.value.hint


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    broken = (
        SOUND.replace("    links =", "    lines =")
        .replace("def charges", "def charge")
        .replace("def found", "def find")
        .replace("http://127.0.0.1:28001", "127.0.0.1:28001")
        .replace('"/pay?order="', '"pay?order="')
        .replace('return Request("POST"', 'return print("POST"')
    )

    with pytest.raises(UsageError) as refused:
        load_adapter(written(tmp_path, broken))

    assert str(refused.value).endswith(
        "5 things are wrong:\n"
        "  the adapter lacks charges, found (methods: send, answer, look, found, charges; optional: payments, reset)\n"
        "  the adapter lacks links (attributes: api_urls, toxiproxy, links; optional: currency, exponent, tells, "
        "headers, merchants, cards, "
        "declined_cards, patience_s, ca_file)\n"
        "  api_urls: '127.0.0.1:28001' is not an address (http://host:port or https://host:port, without a path)\n"
        "  send() gives no request: it returned None (return Request(method, path, json, headers), the path from /)\n"
        "  look() gives no request: it returned Request(method='GET', path='pay?order=probe', json=None, headers={}, "
        "form=None) "
        "(return Request(method, path, json, headers), the path from /)"
    )


def test_a_file_that_is_not_there_or_is_no_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        load_adapter(tmp_path / "nowhere.py")
    (tmp_path / "adapter.txt").write_text("")
    with pytest.raises(UsageError, match="is not a Python file"):
        load_adapter(tmp_path / "adapter.txt")
