"""Print the catalogue of planted bugs as JSON: `python -m system.bugs` (`> system/bugs/catalogue.json` to renew it)."""

import json
import sys

from system.bugs.catalogue import catalogue


def main() -> None:
    """Write the catalogue to standard output."""
    json.dump([bug.as_json() for bug in catalogue()], sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
