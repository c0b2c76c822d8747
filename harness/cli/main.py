"""`faultline`: the entry point. Maps every way to fail to one exit code and one clear message."""

import signal
import sys
import traceback
from types import FrameType

import typer

from harness.cli import listing, loading, ops, platform, rechecking, running
from harness.cli.side_by_side import end_with_stdin
from harness.cli.talk import report_error
from harness.core.errors import FaultlineError, UsageError

app = typer.Typer(
    name="faultline",
    help="Break payment systems on purpose and say honestly what happened to the money.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(running.run)
app.command("list")(listing.list_everything)
app.command("show")(listing.show)
app.command("recheck")(rechecking.recheck)
app.command("load")(loading.load)
app.command("join")(loading.join)
app.command("gather")(loading.gather)
app.command("up")(platform.up)
app.command("status")(platform.status)
app.command("down")(platform.down)
app.add_typer(ops.make_app(), name="ops", no_args_is_help=True)

INTERRUPTED = 130

_BAD_COMMAND_LINE: type[Exception] = typer.BadParameter.__mro__[1]  # typer does not export its UsageError by name


def _on_sigterm(signum: int, frame: FrameType | None) -> None:
    """Turn SIGTERM into the same orderly way out as Ctrl-C, so that everything is healed."""
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line and exit: 0 pass, 1 fail, 2 inconclusive, 64 usage, 70 the harness failed."""
    signal.signal(signal.SIGTERM, _on_sigterm)
    end_with_stdin()
    sys.exit(guarded())


def guarded() -> int:
    """Run the command line and return the exit code."""
    try:
        code = app(standalone_mode=False)
        return code if isinstance(code, int) else 0
    except typer.Exit as error:
        return error.exit_code
    except _BAD_COMMAND_LINE as error:
        report_error(_usage(error))
        return UsageError.exit_code
    except FaultlineError as error:
        report_error(error)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("\ninterrupted: nothing was judged; `faultline status` shows what is up\n")
        return INTERRUPTED
    except Exception:  # noqa: BLE001 - the last resort: a bug in the harness ends as 70, never as a verdict
        traceback.print_exc()
        report_error(FaultlineError("the harness itself failed (see above)", hint="please report this as a bug"))
        return FaultlineError.exit_code


def _usage(error: Exception) -> UsageError:
    context = getattr(error, "ctx", None)
    message = error.format_message() if isinstance(error, typer.BadParameter) else str(getattr(error, "message", error))
    command = context.command_path if context else "faultline"
    valid = ""
    if context and hasattr(error, "possibilities"):
        options = sorted(name for option in context.command.params for name in option.opts if name.startswith("--"))
        valid = f"valid: {', '.join(options)}; "
    return UsageError(message, hint=f"{valid}see `{command} --help`")


if __name__ == "__main__":
    main()
