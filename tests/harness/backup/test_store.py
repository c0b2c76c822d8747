"""What is sealed opens only whole, under its own name and with its own key."""

from io import BytesIO
from pathlib import Path

import pytest

from harness.backup.sealing import PIECE_BYTES, BrokenSeal
from harness.backup.store import Store, key_in
from harness.core.errors import HarnessError

KEY = bytes(range(32))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "region-b", KEY)


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1])
def test_what_was_put_comes_back(store: Store, size: int) -> None:
    data = bytes(n % 251 for n in range(size))
    store.put("wal/one", BytesIO(data))
    assert store.read("wal/one") == data
    assert store.names("wal") == ["wal/one"]


def test_nothing_of_it_can_be_read_in_the_folder(store: Store) -> None:
    store.put_bytes("wal/one", b"a shopper's name " * 100)
    assert b"shopper" not in store.path("wal/one").read_bytes()


@pytest.mark.parametrize("at", [0, 10, 20, 3000, -1])
def test_a_flipped_bit_is_noticed_wherever_it_is(store: Store, at: int) -> None:
    store.put_bytes("wal/one", bytes(5000))
    data = bytearray(store.path("wal/one").read_bytes())
    data[at] ^= 1
    store.path("wal/one").write_bytes(data)
    with pytest.raises(BrokenSeal):
        store.read("wal/one")


def test_a_file_without_its_end_is_noticed_even_at_the_border_of_two_pieces(store: Store) -> None:
    store.put("wal/one", BytesIO(bytes(2 * PIECE_BYTES)))
    data = store.path("wal/one").read_bytes()
    store.path("wal/one").write_bytes(data[: 15 + PIECE_BYTES + 16])
    with pytest.raises(BrokenSeal, match="piece 0"):
        store.read("wal/one")


def test_one_file_in_the_place_of_another_is_noticed(store: Store) -> None:
    store.put_bytes("wal/one", b"first")
    store.put_bytes("wal/two", b"second")
    store.path("wal/two").write_bytes(store.path("wal/one").read_bytes())
    with pytest.raises(BrokenSeal, match="wal/two"):
        store.read("wal/two")


def test_another_key_opens_nothing(store: Store) -> None:
    store.put_bytes("wal/one", b"first")
    with pytest.raises(BrokenSeal):
        Store(store.root, bytes(32)).read("wal/one")


def test_what_is_stored_is_not_written_over(store: Store) -> None:
    store.put_bytes("wal/one", b"first")
    with pytest.raises(HarnessError, match="has wal/one already"):
        store.put_bytes("wal/one", b"other")
    store.put_bytes("wal/one", b"grown", replace=True)
    assert store.read("wal/one") == b"grown"


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "backup.key"
    assert key_in(path) == key_in(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("short")
    with pytest.raises(HarnessError, match="holds no key"):
        key_in(path)
