"""What is sent before the books that count, on a platform made of plain values."""

import threading
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from harness.core.errors import ControlError
from harness.targets import warming

APIS = {"api1": "http://one", "api2": "http://two"}


def parts() -> Any:
    accounts = [
        SimpleNamespace(api_key="sk_1", currency="EUR", amount_form="minor"),
        SimpleNamespace(api_key="sk_2", currency="EUR", amount_form="decimal"),
    ]
    return SimpleNamespace(state=SimpleNamespace(merchants=accounts), api_urls=APIS)


class Api:
    """Stands in for the platform's replicas and remembers what they were asked."""

    def __init__(self, *, broken: bool = False) -> None:
        self._broken = broken
        self._lock = threading.Lock()
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def call(self, method: str, url: str, *, headers: dict[str, str], json: object, timeout_s: float) -> Any:
        assert timeout_s > 0
        with self._lock:
            self.asked.append((method, url, headers))
        if self._broken:
            raise ControlError("no answer")
        return {"id": f"pay_{url[-1]}" if url.endswith("payments") else "re_1"}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    monkeypatch.setattr(warming, "call", made.call)
    return made


def test_every_replica_sees_payments_refunds_and_reads_under_keys_of_their_own(api: Api) -> None:
    warming.warm(parts())
    seen = Counter((method, url.split("/")[2], url.rsplit("/", 1)[1]) for method, url, _ in api.asked)
    each = warming.ERRANDS // 2
    assert seen == {
        (method, replica, last): each
        for replica in ("one", "two")
        for method, last in (("POST", "payments"), ("POST", "refunds"), ("GET", "pay_s"))
    }
    keys = [headers["Idempotency-Key"] for method, _, headers in api.asked if method == "POST"]
    assert len(set(keys)) == len(keys) == 2 * warming.ERRANDS
    assert {headers["Authorization"] for _, _, headers in api.asked} == {"Bearer sk_1"}


def test_a_platform_that_fails_is_the_runs_business(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Api(broken=True)
    monkeypatch.setattr(warming, "call", broken.call)
    warming.warm(parts())
    assert len(broken.asked) == warming.ERRANDS


def test_it_ends_in_time(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "DEADLINE_S", -1.0)
    warming.warm(parts())
    assert api.asked == []
