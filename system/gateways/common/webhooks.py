"""Sends the events that are owed: signed, retried, each payment's in order unless a fault says otherwise."""

import asyncio
import time
import zlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace

import aiohttp
import structlog

from system import calls
from system.gateways.common.armed import ArmedFault
from system.gateways.common.books import Books
from system.gateways.common.clock import new_id, now_us
from system.gateways.common.kind import Reshape
from system.gateways.common.parcels import Parcel
from system.gateways.common.plan import FaultPlan
from system.gateways.common.records import Heard, Notice, Sending, Settled
from system.gateways.common.signing import sign
from system.gateways.common.telling import facts_of

LANES = 8
"""Events of different payments travel side by side in this many queues."""

OFF_S = 600
"""How far off the time of a stale or a future signature is: twice what receivers tolerate."""

_OFFSETS_S = {"stale": -OFF_S, "future": OFF_S}


@dataclass(frozen=True, slots=True)
class Delivery:
    """How and where to deliver. Times are seconds."""

    urls: tuple[str, ...]
    secret: str
    header: str
    gateway: str = ""
    timeout_s: float = 2.0
    backoff_s: float = 0.25
    backoff_max_s: float = 2.0
    tries_max: int = 500


class WebhookSender:
    """The queue of owed events and the tasks that work it off."""

    def __init__(self, delivery: Delivery, books: Books, plan: FaultPlan) -> None:
        self._delivery = delivery
        self._books = books
        self._plan = plan
        self._log = structlog.get_logger()
        self._lanes: list[asyncio.Queue[Parcel]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[str, list[Parcel]] = {}
        self._session: aiohttp.ClientSession | None = None
        self.sent = 0

    async def start(self) -> None:
        """Open the session, start the lanes, and queue what was owed when the process last ended."""
        timeout = aiohttp.ClientTimeout(total=self._delivery.timeout_s)
        self._session = aiohttp.ClientSession(timeout=timeout)
        self._lanes = [asyncio.Queue() for _ in range(LANES)]
        for lane in self._lanes:
            self._spawn(self._work(lane))
        for notice in list(self._books.state.owed.values()):
            self.publish(notice)

    async def stop(self) -> None:
        """Stop sending; what is still owed stays in the journal."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def forget(self) -> None:
        """Drop everything queued (a reset)."""
        self._held.clear()
        for lane in self._lanes:
            while not lane.empty():
                lane.get_nowait()

    def publish(self, notice: Notice) -> None:
        """Queue one event, after the planted faults had their say."""
        if not self._lanes:
            return
        if not self._delivery.urls:
            self._books.commit([Settled(notice.event_id)])
            return
        whole = Parcel(
            notice.event_id, notice.type, notice.lane, notice.body.encode(), self._books.epoch, owed_at_us=now_us()
        )
        parcels = [whole]
        for armed in self._plan.for_event(notice.key, notice.type):
            reshape = self._plan.kind_of(armed).reshape
            if reshape is not None:
                armed.count(notice.event_id)
                parcels = [made for parcel in parcels for made in _reshaped(reshape, armed, parcel)]
                if not parcels:
                    self._note(replace(whole, truth="dropped", faults=(armed.name,)), None)
                    break
        if not parcels:
            self._books.commit([Settled(notice.event_id)])
        for parcel in parcels:
            self._queue(parcel)

    def _queue(self, parcel: Parcel) -> None:
        if not parcel.in_order:
            self._spawn(self._alone(parcel))
        elif parcel.hold_s:
            self._held.setdefault(parcel.lane, []).append(parcel)
            self._later(parcel.hold_s, lambda: self._release(parcel.lane))
        else:
            self._lane(parcel.lane).put_nowait(parcel)

    def _release(self, lane: str) -> None:
        for parcel in self._held.pop(lane, []):
            self._lane(lane).put_nowait(replace(parcel, hold_s=0.0))

    def _lane(self, name: str) -> asyncio.Queue[Parcel]:
        return self._lanes[zlib.crc32(name.encode()) % LANES]

    async def _work(self, lane: asyncio.Queue[Parcel]) -> None:
        while True:
            parcel = await lane.get()
            await self._deliver(parcel)
            self._release(parcel.lane)

    async def _alone(self, parcel: Parcel) -> None:
        await asyncio.sleep(parcel.delay_s)
        await self._deliver(parcel)

    async def _deliver(self, parcel: Parcel) -> None:
        """Send until somebody says 2xx; forged ones are sent once."""
        epoch = parcel.epoch
        pause_s = self._delivery.backoff_s
        for _ in range(1 if parcel.forged else self._delivery.tries_max):
            if epoch != self._books.epoch:
                return
            if await self._post(parcel):
                break
            if not parcel.forged:
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, self._delivery.backoff_max_s)
        else:
            if not parcel.forged:
                self._log.warning("webhook_given_up", event_id=parcel.event_id)
        if parcel.owed and epoch == self._books.epoch:
            self._books.commit([Settled(parcel.event_id)])

    async def _post(self, parcel: Parcel) -> bool:
        """Offer the event to the first url that can be reached; True when it was accepted."""
        if self._session is None:
            return False
        headers = {"Content-Type": "application/json", **self._signature(parcel)}
        for url in self._delivery.urls:
            delivery_id = self._note(parcel, now_us())
            began_us = calls.now_us()
            try:
                async with self._session.post(url, data=parcel.body, headers=headers) as answer:
                    await answer.read()
                    self.sent += 1
                    self._heard(parcel, delivery_id, answer.status)
                    calls.note(calls.port_of(url), began_us, calls.ANSWERED, answer.status)
                    return 200 <= answer.status < 300
            except (aiohttp.ClientError, TimeoutError, OSError) as failure:
                calls.note(calls.port_of(url), began_us, calls.broken(failure), about=parcel.event_id)
        return False

    def _signature(self, parcel: Parcel) -> dict[str, str]:
        if parcel.truth == "unsigned":
            return {}
        secret = "whsec_of_nobody" if parcel.truth == "false_secret" else self._delivery.secret
        at_s = int(time.time()) + _OFFSETS_S.get(parcel.truth, 0)
        signed = parcel.body if parcel.signed is None else parcel.signed
        return {self._delivery.header: sign(secret, signed, at_s)}

    def _note(self, parcel: Parcel, sent_at_us: int | None) -> str:
        """Write a try into the books before it is made, so that a kill hides none; return its id."""
        attempt_id, status = facts_of(parcel.body)
        row = Sending(
            gateway=self._delivery.gateway, delivery_id=new_id("whd"), event_id=parcel.event_id, type=parcel.type,
            attempt_id=attempt_id, status=status, truth=parcel.truth, fault=",".join(parcel.faults),
            owed_at_us=parcel.owed_at_us, sent_at_us=sent_at_us,
        )  # fmt: skip
        self._books.commit([row])
        return row.delivery_id

    def _heard(self, parcel: Parcel, delivery_id: str, http_status: int) -> None:
        if parcel.epoch == self._books.epoch:
            self._books.note(Heard(delivery_id, now_us(), http_status))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _later(self, delay_s: float, action: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(delay_s, action)


def _reshaped(reshape: Reshape, armed: ArmedFault, parcel: Parcel) -> list[Parcel]:
    """Return what a fault makes of a parcel; what it left as it was does not bear its name."""
    made = reshape(armed, parcel)
    return [item if item is parcel else replace(item, faults=(*parcel.faults, armed.name)) for item in made]
