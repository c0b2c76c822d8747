"""First payments before the books that count, so that a run measures the platform's day and not its first second.

A new process has imported half of what it needs, a new connection to PostgreSQL knows no table yet. In containers on
two cores the first two seconds of load took up to 1.1 s a request, and a queue that began there was felt for five:
p95 before any fault was 546 to 1 520 ms in three of nine runs of the flagship.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from harness.core.errors import ControlError
from harness.provision.http import call
from harness.targets.plumbing import Plumbing
from harness.targets.state import MerchantAccount

ERRANDS = 96
AT_ONCE = 12
"""Over all replicas: about as many as a run has in flight, so that pools grow as far as they will."""

DEADLINE_S = 6.0
_PATIENCE_S = 3.0


def warm(parts: Plumbing) -> None:
    """Send payments, refunds and reads through every replica. The books have to be emptied afterwards.

    Whether these succeed is not looked at: what a platform is worth is for the run to say, planted bugs and all.
    """
    until = time.monotonic() + DEADLINE_S
    merchants = [account for account in parts.state.merchants if account.amount_form == "minor"]
    apis = list(parts.api_urls.values())

    def shop(number: int) -> None:
        _shop(number, apis[number % len(apis)], merchants[number % len(merchants)], until)

    with ThreadPoolExecutor(max_workers=AT_ONCE) as shoppers:
        list(shoppers.map(shop, range(ERRANDS)))


def _shop(number: int, api: str, merchant: MerchantAccount, until: float) -> None:
    reference = f"warm-{number}"
    headers = {"Authorization": f"Bearer {merchant.api_key}"}
    payment = {
        "amount_minor": 1000 + 10 * number,  # gateways take KWD only in steps of 10
        "currency": merchant.currency,
        "payment_method": "pm_card_visa",
        "merchant_reference": reference,
    }
    calls = (
        ("POST", "/v1/payments", payment),
        ("POST", "/v1/payments/{id}/refunds", {"amount_minor": 100, "merchant_reference": reference}),
        ("GET", "/v1/payments/{id}", None),
    )
    made = ""
    try:
        for step, (method, path, body) in enumerate(calls):
            if time.monotonic() > until:
                return
            key = {"Idempotency-Key": f"{reference}-{step}"} if body else {}
            url = f"{api}{path.format(id=made)}"
            reply = call(method, url, json=body, headers=headers | key, timeout_s=_PATIENCE_S)
            made = made or str(reply["id"])
    except ControlError:
        return
