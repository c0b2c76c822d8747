"""Puts a score's table into a page, between `<!-- score: NAME -->` and `<!-- end -->`, and its data beside it."""

import re
from pathlib import Path
from typing import TypeVar

import msgspec

from harness.core.errors import UsageError
from harness.core.plain import json_text

Data = TypeVar("Data", bound=msgspec.Struct)


def publish(page: Path, name: str, table: str, data: msgspec.Struct) -> Path:
    """Write a table into its section of a page, and the data into `<page>-<name>.json`; return that path.

    Raises `UsageError` where the page has no such section.
    """
    check_page(page, name)
    page.write_text(_section(name).sub(lambda found: f"{found[1]}{table}\n{found[2]}", page.read_text()))
    beside = _beside(page, name)
    beside.write_text(json_text(data, indent=1) + "\n")
    return beside


def published(page: Path, name: str, kind: type[Data]) -> Data | None:
    """Return the data that was published with a page, None where there is none yet.

    Raises `UsageError` for a file that is damaged, or whose data is of another make.
    """
    beside = _beside(page, name)
    if not beside.exists():
        return None
    try:
        return msgspec.json.decode(beside.read_bytes(), type=kind)
    except msgspec.ValidationError as error:
        told = f"the published data cannot be read: {beside}: {error}"
        raise UsageError(told, hint="leave --publish out, and publish anew") from error
    except msgspec.DecodeError as error:
        raise UsageError(f"{beside} is damaged: {error}", hint="take it back from git, or remove it") from error


def _beside(page: Path, name: str) -> Path:
    return page.with_name(f"{page.stem}-{name}.json")


def check_page(page: Path, name: str) -> None:
    """Raise `UsageError` where a page cannot be read or has no section of that name."""
    try:
        text = page.read_text()
    except OSError as error:
        raise UsageError(f"{page} cannot be read: {error.strerror}") from error
    if not _section(name).search(text):
        raise UsageError(
            f"{page} has no section for this table", hint=f"put `<!-- score: {name} -->` and `<!-- end -->` into it"
        )


def _section(name: str) -> "re.Pattern[str]":
    return re.compile(rf"(<!-- score: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
