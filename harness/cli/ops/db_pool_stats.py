"""How an API replica's pool of database connections is doing."""

from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask, show
from harness.core.operating import OperatorAction


def command(
    replica: Annotated[str, typer.Option(help="Whose pool: api1 or api2.")] = "api1", as_json: JsonOption = False
) -> int:
    """Show a replica's pool, and every session of the database by process and state."""
    answer = ask(OperatorAction("db_pool_stats", "system/db-pool-stats"), replica=replica)
    pool = ", ".join(f"{name} {value}" for name, value in sorted(answer["pool"].items()))
    head = f"{answer['process']}: {pool}"
    show(answer, "sessions", ("process", "state", "connections"), as_json=as_json, head=head)
    return 0
