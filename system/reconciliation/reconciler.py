"""One reconciliation: read the feed, compare, write breaks down, repair what is safe. All its control flow is here."""

from dataclasses import dataclass, replace

from system.clock import in_us, shared_us
from system.decisions.comparing import Break, Ours, compare
from system.decisions.repairs import Repair, RepairAction
from system.feed import Feed, FeedLine, line_of
from system.ids import new_id
from system.platform import Platform
from system.reconciliation.attempts import read_ours
from system.reconciliation.findings import RunRow, break_id, keep, note_run, resolve_others
from system.reconciliation.repairing import Asker, carry_out
from system.store.attempts import find
from system.store.disputes import open_before

SAFE = frozenset({RepairAction.RECORD, RepairAction.GIVE_BACK, RepairAction.TAKE_BACK})
"""What is repaired even where people have it already."""

OLDER_MAX = 100
"""How many older disputes that are still open a run looks up, the longest untouched first."""

MARGIN_US = 2_000_000
"""A feed tells whole seconds, and a call may be executed a little before or after the time that we noted for it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to reconcile: one gateway, the attempts prepared in a span (microseconds)."""

    gateway: str
    from_us: int
    to_us: int
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One break, what was decided about it, and how it stands now (`planned` in a dry run)."""

    item: Break
    repair: Repair
    state: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to."""

    run: RunRow
    breaks: tuple[Found, ...]


class Reconciler:
    """Reconciles one gateway at a time. Any number may run side by side: each repair happens once."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def run(self, wish: Wish, asker: Asker) -> Result:
        """Reconcile, and leave a row for the run. Raises what the database raises."""
        started_us, run_id = shared_us(), new_id("rec_")
        feed = await self._feed(wish, started_us)
        if feed.trouble is not None:
            trouble = feed.trouble.code or "unreadable"
            return await self._end(wish, asker, run_id, started_us, trouble=trouble)
        feed = replace(feed, lines=(*feed.lines, *await self._older_disputes(wish)))
        trusted_us = started_us - in_us(self._patience_s())
        ours = await self._ours(wish, feed)
        breaks = [item for item in compare(ours, feed.lines, trusted_us) if _within(item, wish)]
        decided = [(item, self._platform.seams.repair(item)) for item in breaks]
        found, fresh, repaired = await self._settle_all(wish, asker, run_id, decided)
        if not wish.dry_run:
            await self._resolve_others(wish, found, ours)
        return await self._end(
            wish, asker, run_id, started_us, found=found, feed=feed, ours=ours, fresh=fresh, repaired=repaired
        )

    async def _feed(self, wish: Wish, now_us: int) -> Feed:
        """Read the span's lines, and those after it that may still be about its attempts.

        An attempt in doubt is sent again for as long as the resolver tries, so its line may come that much later.
        """
        later_us = wish.to_us + in_us(self._platform.settings.resolve_limit_s + self._patience_s())
        connector = self._platform.connectors[wish.gateway]
        return await connector.feed(wish.from_us - MARGIN_US, min(later_us, now_us) + MARGIN_US)

    def _patience_s(self) -> float:
        """How long after a call its absence from the feed begins to say something, in seconds."""
        settings = self._platform.settings
        return settings.reconcile_lag_s + settings.gateway_timeout_s + settings.gateway_connect_timeout_s

    async def _ours(self, wish: Wish, feed: Feed) -> list[Ours]:
        named = [line.attempt_id for line in feed.lines if line.attempt_id and line.dispute is None]
        disputed = [line.gateway_ref for line in feed.lines if line.dispute is not None]
        async with self._platform.database.connection() as connection:
            return await read_ours(connection, wish.gateway, wish.from_us, wish.to_us, named=named, disputed=disputed)

    async def _older_disputes(self, wish: Wish) -> tuple[FeedLine, ...]:
        """Look up our open disputes from before the span: the span's list does not have them."""
        async with self._platform.database.connection() as connection:
            waiting = await open_before(connection, wish.gateway, wish.from_us, limit=OLDER_MAX)
            attempts = [await find(connection, attempt_id) for attempt_id in waiting]
        lines: list[FeedLine] = []
        for attempt in attempts:
            if attempt is not None:
                found = await self._platform.connectors[wish.gateway].disputes(attempt.request)
                wanted = waiting[attempt.request.attempt_id]
                lines += [line_of(told) for told in found.told if told.reference in wanted]
        return tuple(lines)

    async def _settle_all(
        self, wish: Wish, asker: Asker, run_id: str, decided: list[tuple[Break, Repair]]
    ) -> tuple[list[Found], int, int]:
        if wish.dry_run:
            return [Found(item, repair, "planned") for item, repair in decided], 0, 0
        found, fresh, repaired = [], 0, 0
        for item, repair in decided:
            async with self._platform.database.connection() as connection:
                state, is_new = await keep(connection, wish.gateway, item, repair, run_id, shared_us())
            fresh += is_new
            if _is_left_to_do(state, repair):
                before, state = state, await carry_out(self._platform, wish.gateway, item, repair, asker)
                repaired += state == "repaired" and before != "repaired"
            found.append(Found(item, repair, state))
        return found, fresh, repaired

    async def _resolve_others(self, wish: Wish, found: list[Found], ours: list[Ours]) -> None:
        ids = [break_id(wish.gateway, item.item) for item in found]
        compared = [row.attempt_id for row in ours]
        async with self._platform.database.connection() as connection:
            await resolve_others(connection, wish.gateway, ids, compared, wish.from_us, shared_us())

    async def _end(
        self,
        wish: Wish,
        asker: Asker,
        run_id: str,
        started_us: int,
        *,
        found: list[Found] | None = None,
        feed: Feed | None = None,
        ours: list[Ours] | None = None,
        fresh: int = 0,
        repaired: int = 0,
        trouble: str | None = None,
    ) -> Result:
        breaks = found or []
        run = RunRow(
            run_id=run_id,
            gateway=wish.gateway,
            from_us=wish.from_us,
            to_us=wish.to_us,
            dry_run=wish.dry_run,
            asked_by=asker.actor,
            state="complete" if trouble is None else "failed",
            feed_lines=sum(1 for line in feed.lines if _in_span(line.at_us, wish)) if feed is not None else 0,
            attempts_compared=sum(1 for row in ours or () if _in_span(row.prepared_at_us, wish)),
            breaks_found=len(breaks),
            breaks_new=fresh,
            repairs=repaired,
            left_to_people=sum(1 for item in breaks if item.state == "manual"),
            trusted_until_us=started_us - in_us(self._patience_s()),
            trouble=trouble,
            started_at_us=started_us,
            finished_at_us=shared_us(),
        )
        async with self._platform.database.connection() as connection:
            await note_run(connection, run)
        self._platform.log.info(
            "reconciled", gateway=wish.gateway, run_id=run_id, state=run.state, trouble=trouble,
            breaks=len(breaks), repairs=repaired, left_to_people=run.left_to_people,
        )  # fmt: skip
        return Result(run, tuple(breaks))


def _within(item: Break, wish: Wish) -> bool:
    """A break is the business of the run whose span holds its attempt (or, without one, its line)."""
    if item.line is not None and item.line.dispute is not None:
        return True  # its list was read for this span, and open ones from before are every run's business
    at_us = item.ours.prepared_at_us if item.ours is not None else item.line.at_us if item.line is not None else 0
    return wish.from_us - MARGIN_US <= at_us <= wish.to_us


def _in_span(at_us: int, wish: Wish) -> bool:
    """What a run counts is what lies in the span that was asked for, whatever else it had to read."""
    return wish.from_us <= at_us <= wish.to_us


def _is_left_to_do(state: str, repair: Repair) -> bool:
    """What was repaired stays so; what people have is theirs, unless new evidence repairs it safely after all."""
    if state == "repaired":
        return repair.action is RepairAction.PEOPLE
    return state != "manual" or repair.action in SAFE
