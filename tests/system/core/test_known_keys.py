"""A refusal says what was read. It is answered only when that is on a second node too, as any other answer."""

from types import SimpleNamespace
from typing import Any

import pytest

from system.core.failures import Held, Refused
from system.core.known_keys import answer_of_key
from system.states import PaymentStatus
from system.store.begin import Begun
from system.store.connection import CommitIndeterminate

READ_ON = 7
REFUSALS = [
    Begun("mismatch", read_on=READ_ON),
    Begun("expired", read_on=READ_ON),
    Begun("refused", refusal="merchant_reference_used:pay_1", read_on=READ_ON),
]


def platform(confirm: Any) -> Any:
    return SimpleNamespace(durable=SimpleNamespace(confirm=confirm))


@pytest.mark.parametrize("begun", REFUSALS, ids=lambda begun: begun.outcome)
async def test_a_refusal_waits_until_what_it_names_is_on_a_second_node(begun: Begun) -> None:
    asked = []

    async def confirm(read_on: int) -> None:
        asked.append(read_on)

    command: Any = SimpleNamespace()
    with pytest.raises(Refused):
        await answer_of_key(platform(confirm), command, begun)
    assert asked == [READ_ON]


@pytest.mark.parametrize("begun", REFUSALS, ids=lambda begun: begun.outcome)
async def test_a_refusal_that_nobody_can_confirm_is_not_told(begun: Begun) -> None:
    async def confirm(read_on: int) -> None:
        raise CommitIndeterminate

    command: Any = SimpleNamespace()
    with pytest.raises(CommitIndeterminate):
        await answer_of_key(platform(confirm), command, begun)


HELD = Refused(422, "invalid_request_error", "amount_not_supported", "No.")
BLOCKED = Begun("refused", refusal="gateways_unavailable", read_on=READ_ON)


@pytest.mark.parametrize(
    ("begun", "read_on", "code"),
    [
        (BLOCKED, READ_ON, "amount_not_supported"),
        (BLOCKED, None, "amount_not_supported"),
        (BLOCKED, READ_ON - 1, "database_unavailable"),
        (Begun("refused", refusal="payment_not_found", read_on=READ_ON), READ_ON, "payment_not_found"),
        (Begun("mismatch", read_on=READ_ON), READ_ON, "idempotency_key_reused"),
        (Begun("expired", read_on=READ_ON), READ_ON, "idempotency_key_expired"),
        (Begun("in_flight", read_on=READ_ON), READ_ON, "idempotency_key_in_use"),
    ],
)
async def test_a_refusal_known_before_its_key_is_told_for_a_new_key_and_by_the_server_that_is_confirmed(
    begun: Begun, read_on: int | None, code: str
) -> None:
    async def confirm(read_on: int) -> None:
        assert read_on == READ_ON

    command: Any = SimpleNamespace()
    with pytest.raises(Refused) as raised:
        await answer_of_key(platform(confirm), command, begun, Held(HELD, read_on))
    assert raised.value.code == code


def seen(status: str, authorized_minor: int = 1_000) -> Any:
    """Return a payment as a refused capture or void read it."""
    return SimpleNamespace(status=PaymentStatus(status), authorized_minor=authorized_minor)


@pytest.mark.parametrize(
    ("refusal", "amount_minor", "payment", "code"),
    [
        # The other one was declined between the refusal and the look at the payment: its turn was the reason.
        ("capture_exceeds_authorized", 1_000, seen("authorized"), "operation_in_progress"),
        ("payment_not_voidable", 1_000, seen("authorized"), "operation_in_progress"),
        ("capture_exceeds_authorized", 1_001, seen("authorized"), "capture_exceeds_authorized"),
        ("payment_not_voidable", 1_000, seen("captured"), "payment_not_voidable"),
        ("payment_not_capturable", 1_000, seen("captured"), "payment_not_capturable"),
        ("hold_expired", 1_000, seen("authorized"), "hold_expired"),
        ("capture_exceeds_authorized", 1_000, None, "capture_exceeds_authorized"),
    ],
)
async def test_a_refusal_is_told_by_what_was_in_the_way(
    refusal: str, amount_minor: int, payment: Any, code: str
) -> None:
    async def confirm(read_on: int) -> None:
        pass

    command: Any = SimpleNamespace()
    begun = Begun("refused", refusal=refusal, amount_minor=amount_minor, payment=payment, read_on=READ_ON)
    with pytest.raises(Refused) as told:
        await answer_of_key(platform(confirm), command, begun)
    assert told.value.code == code
