"""What the commands share that wait for load workers of other hosts."""

from harness.cli.talk import Talker
from harness.core.errors import UsageError
from harness.joining import Gathering, check_free, make_gathering


def gathering_for(
    expected: int | None, bind: str, *, workers: int, runs: int = 1, adapter: bool = False
) -> Gathering | None:
    """Return the gathering that the options ask for, None where all workers are local.

    `adapter` says that the load goes to a system that is not ours.

    Raises `UsageError` where they contradict each other, or the address cannot be listened on.
    """
    if expected is None:
        return None
    if workers != 1:
        raise UsageError(
            "--workers starts load workers here, --expect-workers waits for those of other hosts: give one of them",
            hint="`faultline join` on this machine adds some of its own",
        )
    if runs != 1:
        raise UsageError(
            f"--expect-workers: {runs} scenarios, but hosts join one run",
            hint="give one scenario; a loop over `faultline run` and `faultline join` makes several",
        )
    if adapter:
        raise UsageError(
            "--expect-workers: joined workers have no adapter, so they cannot speak to a system that is not ours",
            hint="use --workers on this host",
        )
    gathering = make_gathering(expected, bind)
    check_free(gathering)
    return gathering


def announce(gathering: Gathering | None, talker: Talker) -> None:
    """Say what to type on the other hosts, and who can hear it."""
    if gathering is None:
        return
    talker.line(f"this run waits for {gathering.workers} load worker(s). On each host:\n  {gathering.command}")
    if not gathering.loopback:
        talker.line(
            f"{gathering.host} is not this machine alone: neither what hosts say to the run nor Locust's own port "
            f"{gathering.master_port} is encrypted; use a network that you trust (docs/scaling.md)"
        )
