"""Options of the form NAME=VALUE, as they are given again and again on a command line."""

from collections.abc import Sequence

from harness.core.errors import UsageError


def pairs(options: Sequence[str], *, option: str, example: str, fold: bool = False) -> dict[str, str]:
    """Return the values by their names, both without the spaces around them.

    With `fold` a name in capitals is the same name. Raises `UsageError` for one of another form, with `example` for a
    hint, and for a name that is given twice.
    """
    found: dict[str, str] = {}
    for text in options:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise UsageError(f"{option}: {text!r} is not NAME=VALUE", hint=f"for example {option} {example}")
        name = name.lower() if fold else name
        if name in found:
            raise UsageError(f"{option}: {name} is given twice")
        found[name] = value
    return found
