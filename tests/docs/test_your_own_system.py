"""The pages about a system of one's own show their examples as they are."""

import re
from pathlib import Path

import pytest

from harness.targets.registry import remote_kind

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    "your-own-system.md": ROOT / "examples" / "naive-payments",
    "clients-to-your-api.md": ROOT / "examples" / "stripe-like",
}
EXAMPLE = EXAMPLES["your-own-system.md"]


def plain(code: str) -> str:
    """Return code without what a formatter may change on a page: indentation and empty lines."""
    return "\n".join(line.strip() for line in code.splitlines() if line.strip())


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)


@pytest.mark.parametrize(("page", "block"), [(page, block) for page in EXAMPLES for block in blocks(page)])
def test_every_piece_of_code_is_in_the_example(page: str, block: str) -> None:
    assert any(plain(block) in plain(path.read_text()) for path in EXAMPLES[page].glob("*.py"))


def test_every_method_of_the_adapter_is_on_the_page() -> None:
    shown = "".join(blocks("your-own-system.md"))
    methods = re.findall(r"^    def (\w+)", (EXAMPLE / "adapter.py").read_text(), re.MULTILINE)
    assert [name for name in methods if f"def {name}(" not in shown] == []


def test_what_the_page_says_is_judged_is_what_this_adapter_gives() -> None:
    assert {"payments", "operations", "attempts", "replay_marks", "busy_answers"}.isdisjoint(
        remote_kind(EXAMPLE / "adapter.py").not_given
    )


def test_the_second_example_has_two_merchants() -> None:
    kind = remote_kind(EXAMPLES["clients-to-your-api.md"] / "adapter.py")
    assert (kind.merchants, kind.declines) == (2, True)
    assert "second_merchant" not in kind.not_given
