"""``/health`` and ``/metrics``: what this process is, what it sees, and how much is unfinished.

``/health/live`` says whether this process is to be ended, and never depends on anything else; load balancers ask it as
well, for a replica without its database answers in time, and one that is taken away answers nobody. ``/health/ready``
says whether it could do its work now: 503 when not, for operators. ``/health`` is the report, whatever it says.
"""

import asyncio
from collections.abc import Collection

from system import crashpoints
from system.breakers import DATABASE_TROUBLE
from system.clock import offset_s
from system.json_body import PlainObject
from system.platform import Platform

VERSION = "0.1.0"
BACKLOG_TIMEOUT_S = 1.0
BACKLOG = "backlog"
NAMES = "name[]"
"""Parameter of ``/metrics`` that picks series by name, as Prometheus' own clients have it."""


def alive(platform: Platform) -> dict[str, str]:
    """The liveness report: that this process answers is all that it says."""
    return {"name": platform.settings.name, "instance": platform.instance, "status": "alive"}


def health(platform: Platform) -> PlainObject:
    """The health report: no I/O, so that it answers even when nothing else does."""
    shared, outages = platform.shared, platform.database.outages
    database_ok = has_database(platform)
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


def has_database(platform: Platform) -> bool:
    """Whether this process could work with its database when it was asked last, a moment ago."""
    return platform.shared.database_ok and platform.database.outages.lost_at_us is None


async def metrics(platform: Platform, names: Collection[str] = ()) -> bytes:
    """The Prometheus text: of all there is, or of the series called ``names`` (``?name[]=``, as many as wanted).

    The backlog is asked from the database, and left as it was when that does not answer, or when it is not wanted.
    """
    platform.metrics.planted_bug_reached.set(platform.planted.reached)
    platform.metrics.database_up.set(has_database(platform))
    if names and BACKLOG not in names:
        return platform.metrics.render(names)
    try:
        async with asyncio.timeout(BACKLOG_TIMEOUT_S):
            for kind, count in (await backlog(platform)).items():
                platform.metrics.backlog.labels(kind).set(count)
    except (*DATABASE_TROUBLE, TimeoutError):
        platform.log.warning("backlog_unknown")
    return platform.metrics.render(names)


async def backlog(platform: Platform) -> dict[str, int]:
    """Unfinished work by kind. Raises what the database raises."""
    async with platform.database.connection() as connection:
        cursor = await connection.execute("SELECT kind, count FROM books.backlog")
        return {str(kind): int(count) for kind, count in await cursor.fetchall()}
