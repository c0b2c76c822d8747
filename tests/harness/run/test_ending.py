"""Whatever the end of a run stumbles over, everything that was started is stopped, and nothing is kept quiet."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.cli.talk import report_error
from harness.core.errors import HarnessError, HealingError, Interrupted
from harness.run import engine
from harness.run.engine import Run
from harness.run.threads import end_all


def failing(error: BaseException) -> Any:
    def stop() -> None:
        raise error

    return stop


def test_every_step_is_taken_and_every_error_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []
    with pytest.raises(HealingError) as caught:
        end_all(
            lambda: done.append("first"),
            failing(HealingError("a link is not whole", hint="try this")),
            lambda: done.append("second"),
            failing(ValueError("no such file")),
            failing(KeyError()),
            lambda: done.append("third"),
        )
    assert done == ["first", "second", "third"]
    report_error(caught.value)
    told = capsys.readouterr().err.splitlines()
    assert told == ["error: a link is not whole", "and then: no such file", "and then: KeyError", "hint: try this"]


def test_an_interruption_in_the_middle_waits_for_the_rest() -> None:
    done: list[str] = []
    with pytest.raises(Interrupted):
        end_all(failing(Interrupted(2)), lambda: done.append("last"))
    assert done == ["last"]


def test_nothing_is_raised_where_nothing_went_wrong() -> None:
    done: list[str] = []
    end_all(lambda: done.append("only"))
    assert done == ["only"]


def test_a_fault_that_cannot_be_healed_keeps_no_watch_of_the_run_from_being_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []

    def watch(name: str) -> Any:
        noted = lambda *_: stopped.append(name)  # noqa: E731
        idle = lambda *_, **__: None  # noqa: E731
        return lambda *_, **__: SimpleNamespace(
            start=idle, stop=noted, abandon=noted, finish=idle, add=idle, note_healed=noted
        )

    watches = ("Sampler", "Operator", "DatabaseWatch", "AlertWatch", "BookWatch", "MachineWatch", "ProxyWatch")
    for name in ("FaultSchedule", *watches):
        monkeypatch.setattr(engine, name, watch(name))
    scenario = SimpleNamespace(faults=(), operator=(), load=SimpleNamespace(duration_s=0.0))
    plan = SimpleNamespace(folder=tmp_path, scenario=scenario, seed=1)
    target = SimpleNamespace(surface=SimpleNamespace(database=None, links=None))
    healing = SimpleNamespace(heal_all=lambda: ["api1-to-db-a is still cut"], require_lease=lambda: None)
    process = SimpleNamespace(running=lambda: False, finish=lambda: None, stop=lambda: stopped.append("load"))
    monkeypatch.setattr(engine, "LogWatch", watch("LogWatch"))
    run = Run(cast(Any, plan), cast(Any, target), cast(Any, None), cast(Any, healing), lambda _: None)
    with pytest.raises(HealingError, match="api1-to-db-a is still cut") as caught:
        run._under_load(cast(Any, process), 0)
    run._events.close()
    assert isinstance(caught.value, HarnessError)
    ended = ["Operator", "ProxyWatch", "MachineWatch", "AlertWatch", "BookWatch", "Sampler"]
    assert stopped == ["FaultSchedule", "load", *ended]
