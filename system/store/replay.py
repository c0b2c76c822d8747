"""What a repetition of a completed request is answered: the stored status and bytes, never a recomputation."""

from dataclasses import dataclass

from system.store.connection import Connection


@dataclass(frozen=True, slots=True)
class StoredReply:
    """The first reply, as it was stored with its outcome."""

    operation_id: str
    merchant_id: str
    status_code: int
    body: bytes


async def stored_reply(connection: Connection, stored: StoredReply) -> StoredReply:
    """The same status and the same bytes."""
    return stored
