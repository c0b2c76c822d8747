"""A replica's pool of database connections is built anew."""

import json
import sys
from typing import Annotated

import msgspec
import typer

from harness.cli.ops._asking import JsonOption, ask, read
from harness.core.operating import OperatorAction


class _Refreshed(msgspec.Struct):
    """The number of the new pool."""

    generation: int


def command(
    replica: Annotated[str, typer.Option(help="Whose pool: api1 or api2.")] = "api1", as_json: JsonOption = False
) -> int:
    """Build a replica's pool of database connections anew; what is under way ends first."""
    answer = ask(OperatorAction("refresh_db_connections", "system/refresh-db-connections", {}), replica=replica)
    text = f"{replica}: pool {read(answer, _Refreshed).generation}\n"
    sys.stdout.write(json.dumps(answer, indent=2) + "\n" if as_json else text)
    return 0
