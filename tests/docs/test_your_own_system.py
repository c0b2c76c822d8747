"""The page about a system of one's own shows the example as it is."""

import re
from pathlib import Path

import pytest

from harness.targets.registry import remote_kind

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "your-own-system.md").read_text()
EXAMPLE = ROOT / "examples" / "naive-payments"


def plain(code: str) -> str:
    """Return code without what a formatter may change on a page: indentation and empty lines."""
    return "\n".join(line.strip() for line in code.splitlines() if line.strip())


BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_piece_of_code_is_in_the_example(block: str) -> None:
    assert any(plain(block) in plain(path.read_text()) for path in EXAMPLE.glob("*.py"))


def test_every_method_of_the_adapter_is_on_the_page() -> None:
    shown = "".join(BLOCKS)
    methods = re.findall(r"^    def (\w+)", (EXAMPLE / "adapter.py").read_text(), re.MULTILINE)
    assert [name for name in methods if f"def {name}(" not in shown] == []


def test_what_the_page_says_is_judged_is_what_this_adapter_gives() -> None:
    assert {"payments", "operations", "attempts", "replay_marks"}.isdisjoint(
        remote_kind(EXAMPLE / "adapter.py").not_given
    )
