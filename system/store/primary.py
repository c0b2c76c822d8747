"""Which node may be written to: all are asked at once, so that one that hangs delays nobody."""

import asyncio
import time
from collections.abc import Mapping

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

ANSWER_TIMEOUT_S = 2.0
SUCCESSOR_WITHIN_S = 20.0
"""How long whoever needs the primary once waits for one: nodes that just came up may change their roles again."""
_PAUSE_S = 0.2


def nodes_of(conninfo: str) -> list[str]:
    """One connection string for each node of a connection string with several hosts and ports."""
    parameters = conninfo_to_dict(conninfo)
    hosts = str(parameters.pop("host", "127.0.0.1")).split(",")
    ports = str(parameters.pop("port", "5432")).split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    common = make_conninfo(**{name: str(value) for name, value in parameters.items()})
    return [make_conninfo(common, host=host, port=port) for host, port in zip(hosts, ports, strict=True)]


async def find_primary(conninfo: str, options: Mapping[str, str]) -> str:
    """The connection string of the first node that answers (with ``target_session_attrs``: and may be written to).

    Raises psycopg.OperationalError when none does within 2 s.
    """
    nodes = nodes_of(conninfo)
    asked = [asyncio.create_task(_answers(node, options)) for node in nodes]
    try:
        for first in asyncio.as_completed(asked, timeout=ANSWER_TIMEOUT_S):
            node = await first
            if node is not None:
                return node
    except TimeoutError:
        pass
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    raise psycopg.OperationalError("no node may be written to")


def connect_primary(conninfo: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection as ``conninfo`` says, to the primary where it has ``target_session_attrs``; its caller closes it.

    Raises the last psycopg.OperationalError when nobody could be connected to for 20 s.
    """
    until = time.monotonic() + SUCCESSOR_WITHIN_S
    while True:
        try:
            return psycopg.connect(conninfo)
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
        time.sleep(_PAUSE_S)


async def _answers(node: str, options: Mapping[str, str]) -> str | None:
    try:
        connection = await psycopg.AsyncConnection.connect(node, autocommit=True, **options)  # type: ignore[arg-type]
    except psycopg.Error:
        return None
    await connection.close()
    return node
