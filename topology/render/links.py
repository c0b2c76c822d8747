"""Toxiproxy's own file of links among containers."""

import json

from topology.model import Topology
from topology.ports import LINKS_FROM


def whole(topology: Topology) -> str:
    """Return the file: a link on each line, in the order of their ports."""
    ports = {item.called: item.port for item in topology.listeners()}
    rows = [
        {
            "name": link.name,
            "listen": f":{LINKS_FROM + link.offset}",
            "upstream": f"{link.callee}.platform:{ports[link.listener]}",
            "enabled": True,
        }
        for link in topology.links
        if link.only != "processes"
    ]
    return "[\n" + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n]\n"
