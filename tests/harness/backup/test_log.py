"""Segments by name, and what is missing between them."""

from harness.backup.log import SEGMENT_BYTES, Segment, gaps, position_bytes, segment


def test_a_name_is_read_and_written() -> None:
    assert segment("00000002000000010000000A") == Segment(1024 + 10, 2)
    assert segment("00000002000000010000000A.partial") == Segment(1034, 2, partial=True)
    assert Segment(1034, 2).name == "00000002000000010000000A"
    assert segment("00000002.history") is None


def test_the_missing_segment_is_named() -> None:
    names = ["000000010000000000000003", "000000010000000000000005", "000000010000000000000006.partial"]
    assert gaps(names, 3 * SEGMENT_BYTES + 40) == ["000000010000000000000004"]
    assert gaps(names, 5 * SEGMENT_BYTES) == []
    assert gaps(names, 2 * SEGMENT_BYTES) == ["000000010000000000000002", "000000010000000000000004"]


def test_half_a_segment_before_others_is_a_gap() -> None:
    names = ["000000010000000000000003", "000000010000000000000004.partial", "000000010000000000000005"]
    assert gaps(names, 3 * SEGMENT_BYTES) == ["000000010000000000000004"]


def test_a_promotion_is_no_gap() -> None:
    names = ["000000010000000000000003", "000000020000000000000003", "000000020000000000000004", "00000002.history"]
    assert gaps(names, 3 * SEGMENT_BYTES) == []


def test_an_empty_archive_lacks_the_first_one() -> None:
    assert gaps([], 3 * SEGMENT_BYTES) == ["000000010000000000000003"]


def test_a_position_is_read() -> None:
    assert position_bytes("1/3000028") == 2**32 + 0x3000028
