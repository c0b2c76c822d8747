"""A node's log on a disk of its own: seen by its own processes alone, and gone with them."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from harness.core.errors import UsageError
from harness.provision.postgres import small_disk
from harness.provision.postgres.small_disk import ballast_of, on_small_disk, require_small_disk


@pytest.mark.real
def test_the_disk_is_small_private_and_gone_with_its_process(tmp_path: Path) -> None:
    require_small_disk()
    data = tmp_path / "data-a"
    (data / "pg_wal").mkdir(parents=True)
    (data / "pg_wal" / "first").write_text("log")
    node = subprocess.Popen(on_small_disk(("sleep", "60"), data, 2))
    try:
        ballast = ballast_of(node.pid, data)
        inside = Path(f"/proc/{node.pid}/root{data}/pg_wal/first")
        until = time.monotonic() + 10
        while not (ballast.parent / "wal" / "first").exists():
            assert time.monotonic() < until
            time.sleep(0.02)
        until = time.monotonic() + 10
        while Path(f"/proc/{node.pid}/comm").read_text() != "sleep\n":
            assert time.monotonic() < until
            time.sleep(0.02)
        assert inside.stat().st_dev == ballast.parent.stat().st_dev != data.stat().st_dev
        room = os.statvfs(ballast.parent)
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize)
        with pytest.raises(OSError, match="No space left"):
            inside.write_bytes(b"\0" * 4096 * 4)
        assert list((tmp_path / "disk-a").iterdir()) == []
    finally:
        node.kill()
        node.wait()
    assert (data / "pg_wal" / "first").read_text() == "log"
    assert not ballast.exists()


def test_a_machine_that_gives_none_says_so_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_disk.shutil, "which", lambda _: None)
    with pytest.raises(UsageError, match="unshare"):
        require_small_disk()
    monkeypatch.setattr(small_disk.shutil, "which", lambda _: "/bin/false")
    with pytest.raises(UsageError, match="gives no small disk"):
        require_small_disk()
