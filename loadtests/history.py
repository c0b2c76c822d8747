"""The history: every operation is written down before it is sent, and again when its answer is known.

One JSON line for each, in `raw/history-<worker>.jsonl`. The first line has reached the operating system before the
request does, so that a killed load process leaves an invocation without a completion, never a request without a line.
Completions follow a few milliseconds later, many at a time: losing the last of them with the process turns an answer
into UNKNOWN, which is safe.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec


class Invoke(msgspec.Struct, tag_field="e", tag="invoke", gc=False):
    """What is about to be sent. Times are microseconds since the epoch; amounts are minor units."""

    op: str
    attempt: int
    kind: str
    flow: str
    arrival: int
    merchant_id: str
    idempotency_key: str | None
    payload_hash: str | None
    reference: str | None
    payment_id: str | None
    refund_id: str | None
    amount_minor: int | None
    currency: str | None
    exponent: int | None
    amount_form: str | None
    capture_mode: str | None
    payment_method: str | None
    expect: str
    replica: str
    correlation_id: str
    due_us: int
    sent_us: int
    worker: int


class Complete(msgspec.Struct, tag_field="e", tag="complete", gc=False):
    """What came of it. `got_*` is what the answer itself says; None where it says nothing."""

    op: str
    attempt: int
    done_us: int
    outcome: str
    http_status: int | None = None
    error_code: str | None = None
    error: str | None = None
    definite: bool | None = None
    replayed: bool = False
    body_sha256: str | None = None
    got_payment_id: str | None = None
    got_refund_id: str | None = None
    got_status: str | None = None
    got_amount_minor: int | None = None
    got_currency: str | None = None
    got_captured_minor: int | None = None
    got_refunded_minor: int | None = None
    got_version: int | None = None
    got_gateway: str | None = None
    got_merchant_id: str | None = None


class HistoryFile:
    """Appends to one worker's history. Not for use by several threads at once."""

    def __init__(self, path: Path) -> None:
        """Open (and create) the file for appending."""
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._encode = msgspec.json.Encoder().encode_lines

    def invoke(self, lines: Sequence[Invoke]) -> None:
        """Write invocations; when this returns, the operating system has them. Raises `OSError` on a full disk."""
        self._write(self._encode(lines))

    def complete(self, lines: Sequence[Complete]) -> None:
        """Write completions. Raises `OSError` on a full disk."""
        self._write(self._encode(lines))

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _write(self, data: bytes) -> None:
        while (written := os.write(self._descriptor, data)) < len(data):
            data = data[written:]
