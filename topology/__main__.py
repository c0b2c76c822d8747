"""`python -m topology render [--check]`: make the files that say what the topology says, or tell which do not."""

import sys
from pathlib import Path

from topology import TopologyError, load
from topology.render import rendered
from topology.settings import load_settings

ROOT = Path(__file__).parents[1]
_USAGE = "usage: python -m topology render [--check]"


def main(arguments: list[str]) -> int:
    """Return 0, 1 where a file says something else than the topology, or 64 for what does not fit together."""
    if arguments not in (["render"], ["render", "--check"]):
        print(_USAGE, file=sys.stderr)
        return 64
    try:
        files = rendered(load(ROOT / "system"), load_settings(ROOT / "system"), ROOT)
    except TopologyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 64
    changed = {path: text for path, text in files.items() if not path.exists() or path.read_text() != text}
    if arguments == ["render"]:
        for path, text in changed.items():
            path.write_text(text)
            print(path.relative_to(ROOT))
        return 0
    for path in changed:
        print(f"error: {path.relative_to(ROOT)} is not what the topology says", file=sys.stderr)
    if changed:
        print("hint: python -m topology render, and look at what changed", file=sys.stderr)
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
