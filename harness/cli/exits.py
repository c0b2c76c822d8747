"""Every way to end maps to one exit code, and every way to fail to one clear message."""

import signal
import sys
import traceback
from types import FrameType

import typer

from harness.cli.talk import report_error
from harness.core.errors import FaultlineError, UsageError

INTERRUPTED = 130

_BAD_COMMAND_LINE: type[Exception] = typer.BadParameter.__mro__[1]  # typer does not export its UsageError by name


def _on_sigterm(signum: int, frame: FrameType | None) -> None:
    """Turn SIGTERM into the same orderly way out as Ctrl-C, so that everything is healed."""
    raise KeyboardInterrupt


def catch_sigterm() -> None:
    """Have SIGTERM end this process in good order."""
    signal.signal(signal.SIGTERM, _on_sigterm)


def run_and_exit(app: typer.Typer) -> None:
    """Run a command line and exit: 0 pass, 1 fail, 2 inconclusive, 64 usage, 70 the harness failed."""
    catch_sigterm()
    sys.exit(exit_code_of(app))


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
