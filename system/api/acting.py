"""An operator's action from the door to the audit: authenticated, and exactly one row, whatever becomes of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from starlette.requests import Request

from system.api import parse
from system.api.handling import Service, read_body
from system.breakers import DATABASE_TROUBLE
from system.core.failures import Refused
from system.json_body import Json, JsonObject
from system.store.audit import audit
from system.store.connection import Connection

ACTOR = "operator"


DETAIL_LENGTH_MAX = 500


@dataclass(slots=True)
class Act:
    """One action under way. `request_id` is the correlation id of its request; the audit carries it.

    `object` is upon what, and `told` what the operator said about it: known once the request was read, and in the row
    whatever becomes of the action.
    """

    service: Service
    request: Request
    request_id: str
    action: str
    object: str
    told: str = ""

    def about(self, object: Json, told: str = "") -> None:
        """Say upon what the action is, as soon as that is known; anything but a text leaves it as it is."""
        if isinstance(object, str) and object:
            self.object = object[:DETAIL_LENGTH_MAX]
        self.told = told[:DETAIL_LENGTH_MAX]

    @property
    def origin(self) -> str:
        """Where it was asked from."""
        return self.request.client.host if self.request.client else ""

    async def body(self, known: frozenset[str]) -> JsonObject:
        """Return the request's JSON object; with nothing known, an empty body is one. Raises Refused."""
        content = await read_body(self.request)
        return parse.json_object(self.request.headers, content, known) if content or known else {}

    def query(self, known: frozenset[str]) -> dict[str, str]:
        """Return the request's query, each name once and known. Raises Refused."""
        given = self.request.query_params
        if not set(given) <= known or len(given.multi_items()) != len(given):
            raise parse.invalid("parameter_unknown", f"Known query parameters: {', '.join(sorted(known)) or 'none'}.")
        return dict(given)

    async def note(
        self,
        connection: Connection,
        outcome: str,
        detail: str | None = None,
        *,
        object: str | None = None,
        actor: str = ACTOR,
    ) -> None:
        """Write the action's row: once, in the transaction of what it did where there is one."""
        await audit(
            connection,
            actor=actor,
            action=self.action,
            object=object or self.object,
            outcome=outcome,
            origin=self.origin,
            detail=detail,
            request_id=self.request_id,
        )

    async def done(self, detail: str | None = None, *, object: str | None = None) -> None:
        """Write the row of an action that had no transaction of its own."""
        async with self.service.platform.database.connection() as connection:
            await self.note(connection, "done", detail, object=object)


@asynccontextmanager
async def acting(service: Service, request: Request, request_id: str, action: str, object: str) -> AsyncIterator[Act]:
    """Let an operator in. What is refused leaves a row as well, and stands even where that row cannot be written.

    Raises Refused.
    """
    act = Act(service, request, request_id, action, object)
    try:
        service.authenticator.operator(request.headers)
        yield act
    except Refused as refused:
        actor = "unknown" if refused.status_code == 401 else ACTOR
        with suppress(*DATABASE_TROUBLE):
            async with service.platform.database.connection() as connection:
                detail = f"{refused.code}; {act.told}" if act.told else refused.code
                await act.note(connection, "refused", detail, actor=actor)
        raise
