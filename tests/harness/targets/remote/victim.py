"""A harness to be killed while its fault is on: `python -m tests.harness.targets.remote.victim WORKSPACE TOXIPROXY`."""

import sys
import time
from pathlib import Path

from harness.guard.session import HarnessSession
from harness.targets.remote.links import RemoteLinks
from harness.workspace import Workspace

LINKS = {"api1-to-stripe": "shop-gateway"}


def main(root: str, address: str) -> None:
    with HarnessSession(Workspace(Path(root)), command="victim") as session:
        links = RemoteLinks(address, LINKS)
        links.connect()
        session.register(links.undo("api1-to-stripe"))
        links.add_toxic("api1-to-stripe", "limit_data", stream="downstream", toxicity=1.0, attributes={"bytes": 0})
        print("injected", flush=True)
        time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:])
