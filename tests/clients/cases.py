"""One payment whose answer is lost, by one client over one way, and what came of it."""

import json
import re
from dataclasses import dataclass

from tests.clients.ground import TOKEN, Client, Ground

WAYS = ("link", "HAProxy")
CONNECTIONS = ("fresh", "warm")


@dataclass(frozen=True)
class Outcome:
    """`resent` counts the requests after the first that the client made by itself; `arrived` how each was answered.

    `told` is what the client told its caller while answers were lost; `after` what a second try under the same key was
    answered, where the first was no success; `charges` what was taken in all.
    """

    way: str
    connection: str
    resent: int
    arrived: tuple[str, ...]
    told: str
    after: str
    charges: int


def rehearse(ground: Ground, client: Client, key: str) -> None:
    """Pay once with nothing lost: what a client loads and compiles for its first request takes no time later."""
    _, pay = ground.urls(client.kind, "link")
    assert client.ask("pay", pay, key, TOKEN, _payment(key)).startswith("2")


def _payment(key: str) -> str:
    payment = {"amount_minor": 1250, "currency": "EUR", "payment_method": "pm_card_visa", "merchant_reference": key}
    return json.dumps(payment)


def pay_with_lost_answer(ground: Ground, client: Client, way: str, connection: str, key: str) -> Outcome:
    """Pay while answers are lost, then, where the client does not know, once more under the same key."""
    link, (get, pay) = ground.link_of(client.kind), ground.urls(client.kind, way)
    asked = (pay, key, TOKEN, _payment(key))
    before = ground.charges()
    assert client.ask("new") == "ok"
    if connection == "warm":
        assert client.ask("warm", get, *asked) in {"200", "404"}
    link.lose_answers()
    try:
        told = client.ask("pay", *asked)
        arrived = ground.answers_to(client.kind, key)
    finally:
        link.heal()
    after = ""
    if not told.startswith("2"):
        client.ask("new")
        after = client.ask("pay", *asked)
    return Outcome(way, connection, len(arrived) - 1, tuple(arrived), _plain(told), after, ground.charges() - before)


def _plain(told: str) -> str:
    """Return what a client told without what changes from run to run."""
    return re.sub(r"(127\.0\.0\.1|localhost):\d+|:\d{4,}|0x[0-9a-f]+", "...", told)
