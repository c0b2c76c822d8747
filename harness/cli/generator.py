"""`python -m harness.cli.generator`: the load's commands alone, for machines that only send (image `faultline-load`).

It needs a third of what the whole of Faultline needs: no platform, no databases, no reports.
"""

import typer

from harness.cli import loading
from harness.cli.exits import bare_is_help, run_and_exit

app = typer.Typer(
    name="faultline",
    help="The load of a run, on several machines.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
bare_is_help(app)
app.command("load")(loading.load)
app.command("join")(loading.join)

if __name__ == "__main__":
    run_and_exit(app)
