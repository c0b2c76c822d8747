"""``/health`` and ``/metrics``: what this process is, what it sees, and how much is unfinished.

``/health/live`` says whether this process is to be ended, and never depends on anything else; load balancers ask it as
well, for a replica without its database answers in time, and one that is taken away answers nobody. ``/health/ready``
says whether it could do its work now: 503 when not, for operators. ``/health`` is the report, whatever it says.
"""

import asyncio

from system import crashpoints
from system.breakers import DATABASE_TROUBLE
from system.clock import offset_s
from system.json_body import PlainObject
from system.platform import Platform

VERSION = "0.1.0"
BACKLOG_TIMEOUT_S = 1.0


def alive(platform: Platform) -> dict[str, str]:
    """The liveness report: that this process answers is all that it says."""
    return {"name": platform.settings.name, "instance": platform.instance, "status": "alive"}


def health(platform: Platform) -> PlainObject:
    """The health report: no I/O, so that it answers even when nothing else does."""
    shared, outages = platform.shared, platform.database.outages
    database_ok = shared.database_ok and outages.lost_at_us is None
    return {
        "name": platform.settings.name,
        "instance": platform.instance,
        "role": platform.role,
        "version": VERSION,
        "status": "ok" if database_ok else "degraded",
        "bug": platform.planted.bug,
        "bug_reached": platform.planted.reached,
        "clock_offset_s": offset_s(),
        "crash_point": crashpoints.armed(),
        "database": "ok" if database_ok else (shared.trouble or "unreachable"),
        "database_lost_at_us": outages.lost_at_us,
        "database_session": platform.database.session,
        "durability": durability(shared.confirmed_by, platform.database.nodes),
        "pool": {
            "size": platform.database.pool_size(),
            "waiting": platform.database.waiting(),
            "generation": platform.database.generation,
        },
        "breakers": [
            {"gateway": view.gateway, "operation_class": view.operation_class, "state": view.state}
            for _, view in sorted(platform.breakers.views.items())
        ],
        "routing": {
            "primary": shared.routing.primary,
            "fallback": shared.routing.fallback,
            "fallback_enabled": shared.routing.fallback_enabled,
            "version": shared.routing.version,
            "epoch": shared.routing.epoch,
        },
    }


def durability(confirmed_by: str, nodes: int) -> PlainObject:
    """In how many places a commit is when it is acknowledged now, and what becomes of that without any standby.

    Three nodes let writes wait for a standby. Two would then stop whenever one is lost, so they go on with one copy.
    """
    return {
        "nodes": nodes,
        "confirmed_by": confirmed_by or "nobody",
        "copies": 2 if confirmed_by else 1,
        "without_a_standby": "writes wait" if nodes > 2 else "writes go on with one copy",
    }


async def metrics(platform: Platform) -> bytes:
    """The Prometheus text; the backlog is asked from the database and left as it was when that does not answer."""
    platform.metrics.planted_bug_reached.set(platform.planted.reached)
    try:
        async with asyncio.timeout(BACKLOG_TIMEOUT_S):
            for kind, count in (await backlog(platform)).items():
                platform.metrics.backlog.labels(kind).set(count)
    except (*DATABASE_TROUBLE, TimeoutError):
        platform.log.warning("backlog_unknown")
    return platform.metrics.render()


async def backlog(platform: Platform) -> dict[str, int]:
    """Unfinished work by kind. Raises what the database raises."""
    async with platform.database.connection() as connection:
        cursor = await connection.execute("SELECT kind, count FROM books.backlog")
        return {str(kind): int(count) for kind, count in await cursor.fetchall()}
