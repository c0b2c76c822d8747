"""The front door: every public request passes these stages in this order, whatever the dialect.

    headers -> [fault] -> body, dialect -> authentication -> [fault] -> key claim -> [fault] -> execute + journal
    -> [fault] -> answer

A bare ASGI application: a web framework would double the time of an answer that takes a tenth of a millisecond.
"""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext

from starlette.types import Receive, Scope, Send

from system.gateways.common.books import Books
from system.gateways.common.brand import Brand
from system.gateways.common.clock import new_id, now_us
from system.gateways.common.connections import Connections
from system.gateways.common.exchange import Answer, Batch, BodyTooLarge, CallerGone, Exchange, NoAnswer, Outcome
from system.gateways.common.keys import Keys
from system.gateways.common.kind import Stage
from system.gateways.common.log import CallLog
from system.gateways.common.plan import FaultPlan
from system.gateways.common.records import Answered, Call, Notice
from system.gateways.common.router import Route

BODY_BYTES_MAX = 256 * 1024


class Door:
    """The public ASGI application of one gateway."""

    def __init__(
        self,
        brand: Brand,
        books: Books,
        plan: FaultPlan,
        connections: Connections,
        *,
        publish: Callable[[Notice], None],
        log: CallLog,
        think_ms: float = 0.0,
    ) -> None:
        self._brand = brand
        self._books = books
        self._plan = plan
        self._connections = connections
        self._publish = publish
        self._log = log
        self._think_s = think_ms / 1000
        self._keys = Keys(brand, books)
        self.requests = 0
        connections.greet = self._greet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        self.requests += 1
        exchange, route = self._open(scope)
        outcome = await self._admit(exchange, route, receive)
        if outcome is not None or route is None:
            await self._leave(exchange, outcome or NoAnswer(), receive, send)
            return
        # Nothing waits between `_admit`, which saw that nobody uses the key, and this claim; it is held until the
        # answer has left, so a late answer keeps its key in use.
        with self._keys.claimed(exchange) if exchange.key else nullcontext():
            await self._leave(exchange, await self._run(exchange, route), receive, send)

    async def _admit(self, exchange: Exchange, route: Route | None, receive: Receive) -> Outcome | None:
        """Take the request in up to its execution; an outcome ends it here."""
        outcome = await self._bitten(Stage.UNREAD, exchange)
        if outcome is not None:
            return outcome
        try:
            exchange.body = await read_body(receive)
        except BodyTooLarge:
            return self._brand.broken(exchange, 413)
        except CallerGone:
            return NoAnswer()
        if route is None:
            return self._brand.not_found(exchange)
        refusal = self._brand.read(exchange) or self._brand.authenticate(exchange)
        outcome = refusal or await self._bitten(Stage.READ, exchange)
        if outcome is None and exchange.key:
            outcome = self._keys.recall(exchange)
        return outcome

    async def _run(self, exchange: Exchange, route: Route) -> Outcome:
        if self._think_s and route.method != "GET":
            await asyncio.sleep(self._think_s)
        outcome = await self._bitten(Stage.CLAIMED, exchange)
        if outcome is not None:
            return outcome
        if exchange.epoch != self._books.epoch:
            return NoAnswer()
        exchange.answer = self._execute(exchange, route)
        outcome = await self._bitten(Stage.EXECUTED, exchange)
        if outcome is None:
            return exchange.answer
        # A fault may decide what the key repeats from now on (a cached 500); otherwise it repeats the true answer.
        if isinstance(outcome, Answer) and outcome.keep and exchange.key and exchange.epoch == self._books.epoch:
            self._books.commit([self._keys.reply(exchange, outcome)])
        return outcome

    def _execute(self, exchange: Exchange, route: Route) -> Answer:
        """Run the handler and put everything it changed on file in one write."""
        batch = Batch(exchange, now_us())
        answer = route.handler(exchange, batch)
        exchange.call.result = answer.result
        if not batch.records and not answer.keep:
            return answer
        if answer.keep and exchange.key:
            batch.add(self._keys.reply(exchange, answer))
        if exchange.endpoint:
            batch.add(exchange.call)
            exchange.journaled = True
        self._books.commit(batch.records)
        for record in batch.records:
            if isinstance(record, Notice):
                self._publish(record)
        return answer

    async def _bitten(self, stage: Stage, exchange: Exchange) -> Outcome | None:
        for armed in exchange.faults:
            bite = self._plan.kind_of(armed).bite
            outcome = None if bite is None else await bite(stage, armed, exchange, self._brand)
            if outcome is not None:
                return outcome
        return None

    def _open(self, scope: Scope) -> tuple[Exchange, Route | None]:
        method, path = scope["method"], scope["path"]
        matched = self._brand.router.match(method, path)
        route, arguments = matched if matched is not None else (None, ())
        call = Call(
            gateway=self._brand.name,
            call_id=new_id("call"),
            method=method,
            endpoint=route.endpoint if route is not None else "",
            arrived_at_us=now_us(),
        )
        exchange = Exchange(
            method=method,
            path=path,
            query=scope["query_string"].decode("latin-1"),
            headers=dict(scope["headers"]),
            peer=tuple(scope["client"]),
            endpoint=call.endpoint,
            arguments=arguments,
            call=call,
            epoch=self._books.epoch,
        )
        call.gateway_key = self._brand.key_of(exchange)
        call.correlation_id = exchange.header(b"x-correlation-id")
        call.operation_id = exchange.header(b"x-operation-id")
        call.attempt_id = exchange.header(b"x-attempt-id")
        if exchange.endpoint:
            exchange.arrival = self._books.state.open(call)
            exchange.faults = self._plan.for_request(exchange.endpoint, exchange.key or path, exchange.arrival)
        return exchange, route

    async def _leave(self, exchange: Exchange, outcome: Outcome, receive: Receive, send: Send) -> None:
        """End the exchange as decided and write down how it ended."""
        call = exchange.call
        if isinstance(outcome, NoAnswer):
            self._connections.end(exchange.peer, reset=outcome.reset)
            await gone(receive)
        else:
            answer = self._brand.finish(exchange, outcome)
            call.result = answer.result
            cut = await deliver(answer, send)
            if cut:
                self._connections.end(exchange.peer, reset=False)
                await gone(receive)
            call.http_status, call.answered_at_us = answer.status, now_us()
        if exchange.endpoint and exchange.epoch == self._books.epoch:
            self._write_ending(exchange)
            self._log.write(call)

    def _write_ending(self, exchange: Exchange) -> None:
        call = exchange.call
        if exchange.journaled:
            end = Answered(call.call_id, call.answered_at_us, call.http_status, call.result, call.fault)
            self._books.note(end)
        else:
            self._books.commit([call])

    def _greet(self, number: int) -> bool:
        armed = self._plan.for_connection(number)
        if armed is None:
            return True
        armed.count(f"connection {number}")
        return False


async def read_body(receive: Receive) -> bytes:
    """Return the whole body. Raises `BodyTooLarge`, or `CallerGone` when the connection ends before its end."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > BODY_BYTES_MAX:
            raise BodyTooLarge
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def gone(receive: Receive) -> None:
    """Wait until the server has noticed that the connection ended, so that it does not answer by itself."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def deliver(answer: Answer, send: Send) -> bool:
    """Send the answer; True when it was cut and the connection must go."""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(answer.body)).encode()),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.cut or answer.pause_s:
        half = len(answer.body) // 2
        await send({"type": "http.response.body", "body": answer.body[:half], "more_body": True})
        if answer.cut:
            return True
        await asyncio.sleep(answer.pause_s)
        await send({"type": "http.response.body", "body": answer.body[half:]})
        return False
    await send({"type": "http.response.body", "body": answer.body})
    return False
