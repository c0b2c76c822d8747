"""The example of docs/linearizability.md does what the page says."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "linearizability.md"


def test_the_example_of_the_page_prints_a_pass_and_a_picture(capsys: pytest.CaptureFixture[str]) -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {"__name__": "page"})
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "PASS"
    assert printed[-1].endswith("('read', 2)")
