"""Settlement's statements: when the next day closes, and the batches of those that have."""

from system.store.connection import Connection

LIMIT_S = 300.0
"""A day of a million captures takes its time, and nobody waits for it."""


async def next_cutoff_us(connection: Connection, now_us: int) -> int | None:
    """Note and return when the next day of a merchant closes, in the application's time; None without merchants."""
    row = await (await connection.execute("SELECT pay.wind_settlement_clock(%s)", (now_us,))).fetchone()
    return None if row is None or row[0] is None else int(row[0])


async def cut_batches(connection: Connection, now_us: int) -> int:
    """One batch for each merchant, currency and closed day that something waits for. Inside a transaction."""
    await connection.execute(f"SET LOCAL statement_timeout = '{LIMIT_S:.0f}s'")
    return int((await connection.fetch("SELECT pay.cut_batches(%s)", (now_us,)))[0])
