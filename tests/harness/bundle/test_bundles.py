"""A bundle proves itself unchanged; any change of it is named with its file and byte; harmful archives are refused."""

import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.bundle import Verification, pack, verify
from harness.bundle.blocks import BLOCK_BYTES, Block, compare
from harness.bundle.layout import BLOCK
from harness.core.errors import UsageError
from harness.judge import write_verdict
from tests.reports.run_folder import build, passed

SECRET_SIZE = 3 * BLOCK_BYTES + 100


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = build(tmp_path_factory.mktemp("runs") / "drill-1", duration_s=20)
    write_verdict(passed("drill-1"), folder)
    (folder / "blob.bin").write_bytes(bytes(n * n % 251 for n in range(SECRET_SIZE)))
    return folder


@pytest.fixture(scope="module")
def bundle(run_folder: Path) -> bytes:
    return pack(run_folder).path.read_bytes()


@pytest.fixture
def check(tmp_path: Path) -> Callable[[bytes], Verification]:
    def verified(data: bytes, seal: str = "") -> Verification:
        (tmp_path / "bundle.tar").write_bytes(data)
        return verify(tmp_path / "bundle.tar", seal)

    return verified


def members(data: bytes) -> dict[str, tuple[int, int]]:
    """Return where each member's content is in the archive, and how long it is, as Python's own reader has it."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {item.name: (item.offset_data, item.size) for item in archive}


def changed(data: bytes, at: int, value: int | None = None) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x40 if value is None else value]) + data[at + 1 :]


def test_an_untouched_bundle_is_unchanged_and_has_the_seal_that_was_printed(run_folder: Path, tmp_path: Path) -> None:
    made = pack(run_folder, tmp_path / "elsewhere.tar")
    found = verify(made.path, made.seal)
    assert found.unchanged
    assert (found.run_id, found.events) == ("drill-1", len((run_folder / "events.jsonl").read_bytes().splitlines()))


def test_the_same_folder_gives_the_same_bytes_wherever_it_lies(run_folder: Path, bundle: bytes, tmp_path: Path) -> None:
    copy = tmp_path / "moved"
    shutil.copytree(run_folder, copy)
    assert pack(copy).path.read_bytes() == bundle


def test_an_ordinary_program_unpacks_it(bundle: bytes, run_folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(bundle)) as archive:
        content = archive.extractfile("files/blob.bin")
        assert content is not None
        assert content.read() == (run_folder / "blob.bin").read_bytes()


def test_one_changed_byte_is_named_with_its_file_its_place_and_what_it_was(
    bundle: bytes, check: Callable[[bytes], Verification]
) -> None:
    begin, _ = members(bundle)["files/blob.bin"]
    at = BLOCK_BYTES + 77
    (found,) = check(changed(bundle, begin + at)).differences
    was = bundle[begin + at]
    assert (found.file, found.offset, found.at) == ("blob.bin", at, begin + at)
    assert found.what == f"byte {at} was 0x{was:02x} and is 0x{was ^ 0x40:02x}"


def test_several_changed_bytes_are_told_as_the_blocks_that_they_are_in(
    bundle: bytes, check: Callable[[bytes], Verification]
) -> None:
    begin, _ = members(bundle)["files/blob.bin"]
    spoiled = changed(changed(bundle, begin + 10), begin + 4000)
    (found,) = check(spoiled).differences
    assert (found.file, found.offset, found.what) == ("blob.bin", 0, f"somewhere in bytes 0 to {BLOCK_BYTES - 1}")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_no_byte_of_the_whole_file_can_be_changed_unnoticed(
    bundle: bytes, check: Callable[[bytes], Verification], share: float, flip: int
) -> None:
    at = int(share * len(bundle))
    spoiled = bundle[:at] + bytes([bundle[at] ^ flip]) + bundle[at + 1 :]
    try:
        found = check(spoiled)
    except UsageError:
        return  # a header that turned into something no bundle has is refused
    assert not found.unchanged
    places = [item.at for item in found.differences if item.at is not None]
    assert any(abs(place - at) <= BLOCK_BYTES + BLOCK for place in places)


@given(data=st.binary(min_size=1, max_size=200), place=st.integers(0), flip=st.integers(1, 255))
def test_the_sums_find_any_single_byte(data: bytes, place: int, flip: int) -> None:
    at = place % len(data)
    spoiled = data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]
    found = compare(spoiled, Block.of(data), 1000)
    assert found is not None
    assert (found.first, found.last, found.was, found.now) == (1000 + at, 1000 + at, data[at], spoiled[at])


def test_a_truncated_bundle_is_told_with_the_file_that_is_cut(
    bundle: bytes, check: Callable[[bytes], Verification]
) -> None:
    begin, size = members(bundle)["files/history.parquet"]
    found = check(bundle[: begin + 100]).differences
    assert ("history.parquet", 100, begin + 100) in [(item.file, item.offset, item.at) for item in found]
    assert f"the archive ends after 100 of its {size} bytes" in [item.what for item in found]


def test_bytes_after_the_end_are_told(bundle: bytes, check: Callable[[bytes], Verification]) -> None:
    (found,) = check(bundle + b"more").differences
    assert (found.what, found.at) == ("4 bytes were added after it", len(bundle))


def rebuilt(data: bytes, change: Callable[[list[tuple[str, bytes]]], None]) -> bytes:
    """Return the archive made again with other members, by Python's own writer, as a careful forger would."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        content = [(item.name, archive.extractfile(item).read()) for item in archive]  # type: ignore[union-attr]
    change(content)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in content:
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return out.getvalue()


def test_members_in_another_order_are_told(bundle: bytes, check: Callable[[bytes], Verification]) -> None:
    def swap(content: list[tuple[str, bytes]]) -> None:
        content[2], content[3] = content[3], content[2]

    (found,) = check(rebuilt(bundle, swap)).differences
    assert "the order was changed" in found.what


def test_a_member_that_was_put_in_or_taken_out_is_told(bundle: bytes, check: Callable[[bytes], Verification]) -> None:
    (added,) = check(rebuilt(bundle, lambda content: content.insert(3, ("files/new.txt", b"new")))).differences
    assert (added.file, "it was put in before" in added.what) == ("new.txt", True)
    (gone,) = check(rebuilt(bundle, lambda content: content.remove(content[3]))).differences
    assert "it was taken out" in gone.what


def test_a_file_that_was_replaced_by_a_longer_one_is_told(
    bundle: bytes, check: Callable[[bytes], Verification]
) -> None:
    def extend(content: list[tuple[str, bytes]]) -> None:
        place = [name for name, _ in content].index("files/blob.bin")
        content[place] = ("files/blob.bin", content[place][1] + b"!")

    (found,) = check(rebuilt(bundle, extend)).differences
    assert (found.file, found.what) == ("blob.bin", f"it has {SECRET_SIZE + 1} bytes, and had {SECRET_SIZE}")


@pytest.mark.parametrize(
    ("forge", "told"),
    [
        (lambda lines: lines.pop(3), "event 4 is missing"),
        (lambda lines: lines.insert(3, b'{"at_us":1,"kind":"note"}'), "after event 3 another one was put in"),
        (lambda lines: lines.__setitem__(3, b'{"at_us":1,"kind":"note"}'), "event 4 is not what was written down"),
    ],
)
def test_an_event_that_was_forged_is_named(
    bundle: bytes,
    check: Callable[[bytes], Verification],
    forge: Callable[[list[bytes]], object],
    told: str,
) -> None:
    def events(content: list[tuple[str, bytes]]) -> None:
        place = [name for name, _ in content].index("files/events.jsonl")
        lines = content[place][1].splitlines()
        forge(lines)
        content[place] = ("files/events.jsonl", b"\n".join(lines))

    found = check(rebuilt(bundle, events)).differences
    assert told in [item.what for item in found]
    assert {item.file for item in found} == {"events.jsonl"}


def test_whoever_writes_all_of_it_anew_is_found_by_the_seal_that_was_kept(
    run_folder: Path, tmp_path: Path, bundle: bytes
) -> None:
    kept = verify_bytes(bundle, tmp_path).seal
    forged = tmp_path / "forged"
    shutil.copytree(run_folder, forged)
    verdict = json.loads((forged / "verdict.json").read_text())
    (forged / "verdict.json").write_text(json.dumps({**verdict, "claim": "Another claim."}))
    made = pack(forged, tmp_path / "forged.tar")
    assert verify(made.path).unchanged
    assert [item.file for item in verify(made.path, kept).differences] == ["manifest.json"]


def verify_bytes(data: bytes, folder: Path) -> Verification:
    (folder / "these.tar").write_bytes(data)
    return verify(folder / "these.tar")


def forged_member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> bytes:
    member = tarfile.TarInfo(name)
    member.type, member.size, member.linkname = kind, size, "anywhere" if kind != tarfile.REGTYPE else ""
    return member.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (forged_member("files/../../outside"), "leaves the bundle"),
        (forged_member("/files/absolute"), "leaves the bundle"),
        (forged_member("files/link", tarfile.SYMTYPE), "symbolic link"),
        (forged_member("files/link", tarfile.LNKTYPE), "hard link"),
        (forged_member("files/device", tarfile.CHRTYPE), "plain files only"),
        (forged_member("files/folder", tarfile.DIRTYPE), "folder"),
        (forged_member("files/huge", size=2**40), "the most is"),
        (forged_member("elsewhere.txt"), "is not below files/"),
    ],
)
def test_what_no_bundle_has_is_refused_before_anything_is_read(
    bundle: bytes, check: Callable[[bytes], Verification], header: bytes, told: str
) -> None:
    begin, _ = members(bundle)["files/audit.md"]
    with pytest.raises(UsageError, match=told):
        check(bundle[: begin - BLOCK] + header + bundle[begin - BLOCK :])


def test_what_is_no_bundle_at_all_is_refused(check: Callable[[bytes], Verification]) -> None:
    with pytest.raises(UsageError, match="not a bundle"):
        check(b"anything else" * 200)


def test_a_link_in_the_folder_is_refused_when_packing(run_folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "linked"
    shutil.copytree(run_folder, copy)
    (copy / "aside").symlink_to("/etc/hostname")
    with pytest.raises(UsageError, match="is a link"):
        pack(copy)


def test_the_auditors_page_has_objectives_gaps_actions_and_lines_to_sign(run_folder: Path, bundle: bytes) -> None:
    page, text = (run_folder / "audit.html").read_text(), (run_folder / "audit.md").read_text()
    for told in ("Objectives", "Gaps", "Who did what when", "Signatures", "fault injected: gateway_down"):
        assert told in page
    assert "| at least 90 % good during the fault | 97.3 % | PASS |" in text
    assert "| Owns the service |  |  |  |" in text
