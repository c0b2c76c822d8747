"""One operator request over HTTP, told without exceptions: an answer of any status is an answer."""

from collections.abc import Mapping

import requests

from harness.core.operating import Operated, OperatorAction
from harness.provision.http import session

TIMEOUT_S = 60.0


def operate(url: str, headers: Mapping[str, str], action: OperatorAction, request_id: str) -> Operated:
    """Send the action to an API replica. No answer is no error either: nobody knows then what was done."""
    method = "GET" if action.body is None else "POST"
    sent = {**headers, "X-Correlation-Id": request_id}
    target = f"{url}/internal/api/{action.path}"
    body = None if action.body is None else dict(action.body)
    try:
        reply = session().request(method, target, json=body, params=dict(action.query), headers=sent, timeout=TIMEOUT_S)
        told = reply.json()
    except requests.RequestException as error:
        return Operated(None, error=type(error).__name__)
    return Operated(reply.status_code, told if isinstance(told, dict) else {"answer": told})
