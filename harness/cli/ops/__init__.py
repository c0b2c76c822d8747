"""`faultline ops NAME`: the runbook's commands against the platform that is up. One file each, found by its name."""

from importlib import import_module
from pkgutil import iter_modules

import typer


def names() -> list[str]:
    """Return the commands' names, as the runbook spells them."""
    return sorted(item.name.replace("_", "-") for item in iter_modules(__path__) if not item.name.startswith("_"))


def make_app() -> typer.Typer:
    """Return the group with every command that there is a file for."""
    app = typer.Typer(help="Runbook commands against the platform that is up; each leaves a row in its audit.")
    for name in names():
        app.command(name)(import_module(f"{__name__}.{name.replace('-', '_')}").command)
    return app
