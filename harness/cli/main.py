"""`faultline`: the entry point, with all its commands."""

import typer

from harness.bound import end_with_stdin
from harness.cli import (
    adapters,
    capacity,
    comparing,
    evidence,
    gameday,
    injecting,
    listing,
    loading,
    mutating,
    ops,
    platform,
    rechecking,
    running,
    scoring,
)
from harness.cli.exits import bare_is_help, catch_signals, exit_code_of, run_and_exit

app = typer.Typer(
    name="faultline",
    help="Break payment systems on purpose and say honestly what happened to the money.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(running.run)
app.command("list")(listing.list_everything)
app.command("show")(listing.show)
app.command("capacity")(capacity.capacity)
app.command("recheck")(rechecking.recheck)
app.command("compare")(comparing.compare_runs)
app.command("trend")(comparing.trend)
app.command("bugs")(scoring.bugs)
app.command("mutants")(mutating.mutants)
app.command("load")(loading.load)
app.command("join")(loading.join)
app.command("gather")(loading.gather)
app.command("init")(adapters.init)
app.command("check-adapter")(adapters.check_adapter)
app.command("up")(platform.up)
app.command("status")(platform.status)
app.command("down")(platform.down)
app.command("gameday")(gameday.gameday)
for each_command in (injecting.inject, injecting.heal, injecting.stop, injecting.release):
    app.command(each_command.__name__)(each_command)
runbook, bundles = ops.make_app(), evidence.make_app()
for each in (app, runbook, bundles):
    bare_is_help(each)
app.add_typer(runbook, name="ops")
app.add_typer(bundles, name="evidence")


def main() -> None:
    """Run the command line and exit: 0 pass, 1 fail, 2 inconclusive, 64 usage, 70 failed, 130 and 143 interrupted."""
    catch_signals()
    end_with_stdin()
    run_and_exit(app)


def guarded() -> int:
    """Run the command line and return the exit code."""
    return exit_code_of(app)


if __name__ == "__main__":
    main()
