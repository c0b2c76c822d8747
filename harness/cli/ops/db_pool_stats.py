"""How an API replica's pool of database connections is doing."""

from typing import Annotated

import msgspec
import typer

from harness.cli.ops._asking import JsonOption, ask, read, show
from harness.core.operating import OperatorAction
from harness.core.plain import Cell


class _Pool(msgspec.Struct):
    """Whose pool it is, and what there is to count of it."""

    process: str
    pool: dict[str, Cell]


def command(
    replica: Annotated[str, typer.Option(help="Whose pool: api1 or api2.")] = "api1", as_json: JsonOption = False
) -> int:
    """Show a replica's pool, and every session of the database by process and state."""
    answer = ask(OperatorAction("db_pool_stats", "system/db-pool-stats"), replica=replica)
    told = read(answer, _Pool)
    pool = ", ".join(f"{name} {value}" for name, value in sorted(told.pool.items()))
    head = f"{told.process}: {pool}"
    show(answer, "sessions", ("process", "state", "connections"), as_json=as_json, head=head)
    return 0
