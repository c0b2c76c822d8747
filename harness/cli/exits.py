"""Every way to end maps to one exit code, and every way to fail to one clear message."""

import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

import typer

from harness.cli.talk import report_error
from harness.core.errors import FaultlineError, Interrupted, UsageError

_NOTHING = "nothing was judged; `faultline status` shows what is up"

_BAD_COMMAND_LINE: type[Exception] = typer.BadParameter.__mro__[1]  # typer does not export its UsageError by name


def _on_signal(signum: int, frame: FrameType | None) -> None:
    """Take the orderly way out, on which everything is healed. typer would turn a KeyboardInterrupt into silence."""
    raise Interrupted(signum)


def catch_signals() -> None:
    """Have SIGINT and SIGTERM end this process in good order. A SIGINT that is ignored (in a background) stays so."""
    signal.signal(signal.SIGTERM, _on_signal)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _on_signal)


def run_and_exit(app: typer.Typer) -> None:
    """Run a command line and exit: 0 pass, 1 fail, 2 inconclusive, 64 usage, 70 failed, 130 and 143 interrupted."""
    catch_signals()
    sys.exit(exit_code_of(app))


def end_with(main: Callable[[], int]) -> NoReturn:
    """Run a program that is no typer application and exit with its code; an error of ours gives its own."""
    try:
        sys.exit(main())
    except FaultlineError as error:
        report_error(error)
        sys.exit(error.exit_code)


def bare_is_help(app: typer.Typer) -> None:
    """Have the command line print its help, on stdout and with exit code 0, where it is called without a command.

    typer's own `no_args_is_help` calls that a mistake: "Usage: ..." on stderr, and 64 here.
    """

    @app.callback(invoke_without_command=True)
    def _show_help(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            sys.stdout.write(context.get_help() + "\n")


def exit_code_of(app: typer.Typer) -> int:
    """Run a command line and return the exit code."""
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
    except Interrupted as stopped:
        sys.stderr.write(f"{stopped.told or f'interrupted ({stopped.name}): {_NOTHING}'}\n")
        return stopped.exit_code
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
