"""Following an operation whose outcome is unknown: reading, not sending, until it is known or time is up."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from harness.core.verdicts import Outcome
from loadtests.answers import OPEN_PAYMENT, Subject
from loadtests.operations import PAYMENTS, Operation

if TYPE_CHECKING:
    from loadtests.session import Session
    from loadtests.surroundings import Settled

GROWTH = 1.5


def follow(session: "Session", settled: "Settled") -> "Settled":
    """Poll until the operation is known to be done or not; after the job's `follow_deadline_s` it stays UNKNOWN."""
    around, job = session.around, session.job
    deadline_us = around.now_us() + round(job.follow_deadline_s * 1e6)
    pause_s, replica = job.settings.poll_s, settled.operation.replica
    while around.now_us() + round(pause_s * 1e6) < deadline_us:
        around.sleep(pause_s * (0.5 + session.jitter() / 2))
        replica += 1
        asked_us = around.now_us()
        seen = _look(session, settled, replica % len(job.api_urls))
        took_s = (around.now_us() - asked_us) / 1e6
        outcome = verdict_on(settled.operation, seen) if seen is not None else Outcome.UNKNOWN
        if seen is not None and outcome != Outcome.UNKNOWN:
            return replace(settled, outcome=outcome, subject=seen)
        if seen is not None and seen.id is not None:
            settled = replace(settled, subject=seen)
        # Whoever is slow to answer is not asked more often than that: looks must not keep down who is down.
        pause_s = min(max(pause_s * GROWTH, took_s), job.settings.poll_max_s)
    return settled


def verdict_on(operation: Operation, seen: Subject) -> str:
    """Return what the payment (or refund) that we see says about the operation that we sent."""
    status = seen.status or ""
    if operation.kind == "create":
        if status in OPEN_PAYMENT or not status:
            return Outcome.UNKNOWN
        return Outcome.FAILED if status in {"failed", "expired"} else Outcome.OK
    if operation.kind == "capture":
        if seen.captured_minor:
            return Outcome.OK
        return Outcome.FAILED if status in {"failed", "canceled", "expired"} else Outcome.UNKNOWN
    if operation.kind == "void":
        if status == "canceled":
            return Outcome.OK
        return Outcome.FAILED if seen.captured_minor else Outcome.UNKNOWN
    if operation.kind == "refund" and seen.object == "refund":
        return {"succeeded": Outcome.OK, "failed": Outcome.FAILED}.get(status, Outcome.UNKNOWN)
    return Outcome.UNKNOWN


def _look(session: "Session", settled: "Settled", replica: int) -> Subject | None:
    operation, subject = settled.operation, settled.subject
    if operation.kind == "refund":
        if subject.object == "refund" and subject.id:
            return _read(session, operation, "get_refund", subject.id, replica)
        return _find_refund(session, operation, replica)
    payment_id = operation.payment_id or subject.id
    if payment_id:
        return _read(session, operation, "get", payment_id, replica)
    return _find_payment(session, operation, replica)


def _read(session: "Session", about: Operation, kind: str, subject_id: str, replica: int) -> Subject | None:
    path = f"/v1/refunds/{subject_id}" if kind == "get_refund" else f"{PAYMENTS}/{subject_id}"
    return _perform(session, about, kind, path, subject_id, replica)


def _find_payment(session: "Session", about: Operation, replica: int) -> Subject | None:
    """Look for a payment whose id we never learnt, by our own reference."""
    seen = _perform(session, about, "list", f"{PAYMENTS}?limit=10&merchant_reference={about.reference}", None, replica)
    mine = [item for item in (seen.data if seen and seen.data else ()) if item.merchant_reference == about.reference]
    return mine[0] if mine else None


def _find_refund(session: "Session", about: Operation, replica: int) -> Subject | None:
    """Look for a refund whose id we never learnt, among the refunds of its payment, by our own reference."""
    payment = _read(session, about, "get", about.payment_id or "", replica)
    for refund_id in (payment.refunds if payment and payment.refunds else ())[-16:]:
        refund = _read(session, about, "get_refund", refund_id, replica)
        if refund is not None and refund.merchant_reference == about.reference:
            return refund
    return None


def _perform(
    session: "Session", about: Operation, kind: str, path: str, subject_id: str | None, replica: int
) -> Subject | None:
    poll = session.draft(kind, path)
    poll.merchant, poll.replica, poll.resend, poll.expect = about.merchant, replica, False, "any"
    poll.reference = about.reference if about.kind == "create" else None
    poll.payment_id = subject_id if kind == "get" else about.payment_id
    poll.refund_id = subject_id if kind == "get_refund" else None
    settled = session.perform(poll)
    return settled.subject if settled.ok else None
