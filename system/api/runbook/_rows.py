"""Rows as objects, and numbers in queries."""

from system.api import parse
from system.json_body import PlainObject
from system.store.connection import Connection


async def rows_of(connection: Connection, sql: str, parameters: tuple[int, ...] = ()) -> list[PlainObject]:
    """Return a query's rows by column name."""
    cursor = await connection.execute(sql, parameters)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


def number_of(query: dict[str, str], name: str, otherwise: int, most: int) -> int:
    """Return a whole number from 0 to `most` of the query. Raises Refused (400)."""
    given = query.get(name, str(otherwise))
    if not (given.isascii() and given.isdigit() and len(given) <= 12 and int(given) <= most):
        raise parse.invalid("parameter_invalid", f"{name} must be a whole number from 0 to {most}.", name)
    return int(given)
