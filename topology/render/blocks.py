"""Replacing what lies between two marks: `# topology: NAME` and `# end of NAME`, in a comment of the file's kind."""

import re
from collections.abc import Mapping

from topology.model import TopologyError

_BLOCK = re.compile(
    r"(?P<begin>^[^\n\w]*topology: (?P<name>[\w-]+)[^\n]*\n).*?(?P<end>^[^\n\w]*end of (?P=name)\b)",
    re.DOTALL | re.MULTILINE,
)


def with_blocks(path: str, text: str, blocks: Mapping[str, str]) -> str:
    """Return a file's text with every block made anew.

    Raises `TopologyError` for a block that has no marks, and for marks of which nothing is made.
    """
    marked = [match["name"] for match in _BLOCK.finditer(text)]
    if problems := [
        *(f"{path}: there are no marks for {name}" for name in blocks if name not in marked),
        *(f"{path}: nothing is made for the marks of {name}" for name in marked if name not in blocks),
    ]:
        raise TopologyError(problems)
    return _BLOCK.sub(lambda match: match["begin"] + blocks[match["name"]].rstrip("\n") + "\n" + match["end"], text)
