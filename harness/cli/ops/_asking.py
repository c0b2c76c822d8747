"""What the runbook's commands share: asking the platform that is up, and showing what it says."""

import json
import sys
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, TypeVar

import msgspec
import typer

from harness.core.errors import ControlError, FaultlineError, UsageError
from harness.core.operating import OperatorAction
from harness.core.plain import Json, JsonObject
from harness.targets.embedded import EmbeddedTarget
from harness.workspace import Workspace

_Kind = TypeVar("_Kind")
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

REFUSED = 1
"""Exit code of what was understood, and refused for a reason."""


NOT_NOW = frozenset({"gateway_unavailable", "gateway_silent"})
"""Codes of a 503 that says: the gateway must be asked first, and cannot be now. Nothing was changed."""


class Refusal(FaultlineError):
    """The platform understood, and would not do it."""

    exit_code = REFUSED


def ask(action: OperatorAction, *, replica: str = "", name: str = "") -> JsonObject:
    """Return the platform's answer. `name` is the command's, where the endpoint has another one.

    Raises `UsageError` for what it cannot make sense of (and where no platform is up), `Refusal` for what it will not
    do, `ControlError` where it cannot.
    """
    target = EmbeddedTarget(Workspace.locate())
    if not target.attach():
        raise UsageError("no platform is up in this workspace", hint="`faultline up` starts one")
    if replica and replica not in target.api_urls:
        raise UsageError(f"--replica: there is no {replica}", hint=f"valid: {', '.join(target.api_urls)}")
    done = target.operate(action, f"ops-{uuid.uuid4().hex[:20]}", replica=replica)
    if done.status is None:
        raise ControlError(f"{action.name} got no answer ({done.error}): it may have been done, or not",
                           hint="`faultline status` says what is up")  # fmt: skip
    if done.status < 300:
        return done.body
    error = done.body.get("error")
    told = error if isinstance(error, dict) else {}
    message, code = str(told.get("message") or done.body), str(told.get("code") or done.status)
    if done.status in (400, 404, 413, 415, 422):
        raise UsageError(f"{message} ({code})", hint=f"see `faultline ops {name or action.path.split('/')[-1]} --help`")
    if done.status == 409 or (done.status == 503 and code in NOT_NOW):
        raise Refusal(f"{message} ({code})", hint="nothing was changed; the refusal is in the audit")
    raise ControlError(f"{action.name} answered {done.status}: {message} ({code})")


def read(body: JsonObject, kind: type[_Kind]) -> _Kind:
    """Return what an answer says, as far as a command wants it. Raises `ControlError` for one that says less."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise ControlError(f"the platform answered something else than expected: {error}") from error


def show(body: JsonObject, rows: str, columns: Sequence[str], *, as_json: bool, head: str = "") -> None:
    """Print an answer: as JSON, or its list `rows` as a table of these columns below one line about it."""
    if as_json:
        sys.stdout.write(json.dumps(body, indent=2) + "\n")
        return
    if head:
        sys.stdout.write(head + "\n")
    listed = body[rows]
    sys.stdout.write(
        table([row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else [], columns)
    )


def table(rows: Sequence[Mapping[str, Json]], columns: Sequence[str]) -> str:
    """Return rows in columns as wide as they need; one line that says so where there is none."""
    if not rows:
        return "none\n"
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    widths = [max(len(name), *(len(line[n]) for line in cells)) for n, name in enumerate(columns)]
    lines = [columns, *cells]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )


def _cell(value: Json) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value)) or "-"
    return "-" if value is None or value == "" else str(value)
