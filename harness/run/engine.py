"""One run, from a plan to a folder full of evidence. All control flow of a run is in this file.

No scenario can leave a phase out: steady state, load and faults, heal, settle, final reads, books.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from harness.core.errors import ControlError, HealingError, StoodStill
from harness.core.target import Progress, SeenFromOutside, Target
from harness.history import merge_history
from harness.provision.processes.supervisor import Supervisor
from harness.run.alert_watch import AlertWatch, in_force
from harness.run.book_watch import BookWatch
from harness.run.conducting import Conductor, Stage
from harness.run.database_load import DatabaseLoad
from harness.run.database_watch import DatabaseWatch
from harness.run.events import EventLog
from harness.run.faulting import FaultSchedule
from harness.run.live import Tally
from harness.run.load_job import FOLLOW_DEADLINE_S, write_job
from harness.run.loading import LEAD_S, LoadProcess
from harness.run.log_watch import LogWatch
from harness.run.machine_watch import MachineWatch
from harness.run.operating import Operator, do_settled
from harness.run.plan import RunPlan, made_of, planned_faults, write_json
from harness.run.proxy_watch import ProxyWatch
from harness.run.sampler import Sampler
from harness.run.settling import FINAL_READS_DEADLINE_S, await_steady, final_reads, note_healthy, settle
from harness.run.switching import StopHealing
from harness.run.threads import end_all
from harness.run.trial import try_load

LOAD_GRACE_S = 30.0
"""How much longer than planned the load may take before the harness ends it."""

CONDUCTED_READS_DEADLINE_S = 300.0
"""A load that is steered to the limit and beyond leaves tens of thousands of payments to be read once more."""

FAULTS_GRACE_S = 40.0
"""The same for the last fault's healing: a container is ended, started again, and waited for until it answers."""


class Run:
    """Carries one plan out on a target that is up. `execute` leaves the run's folder ready to be judged."""

    def __init__(
        self,
        plan: RunPlan,
        target: Target,
        supervisor: Supervisor,
        healing: StopHealing,
        progress: Progress,
        conductor: Conductor | None = None,
    ) -> None:
        """With a `conductor` the load has no rate and no end of its own; the faults are on until it is over."""
        self._plan = plan
        self._conductor = conductor
        self._target = target
        self._supervisor = supervisor
        self._healing = healing
        self._progress = progress
        self._events = EventLog(plan.folder / "events.jsonl")
        self._raw = plan.folder / "raw"
        self._database_watch: DatabaseWatch | None = None
        self._log_watch = LogWatch(target.surface.database, plan.folder / "books")

    def execute(self) -> None:
        """Run every phase. Whatever happens, faults are healed and the load is stopped before this returns."""
        try:
            with self._phase("reset", "resetting the books"):
                self._target.reset()
            with self._phase("steady", "waiting for steady state"):
                await_steady(self._target)
            if isinstance(self._target, SeenFromOutside) and self._conductor is None:
                self._try_load()
            self._load_and_faults()
            with self._phase("settle", "settling: queues drain, unknowns resolve"):
                note_healthy(self._target, self._events)
                settle(self._target, self._events, self._act_settled)
            with self._phase("final_reads", "final reads"):
                deadline_s = FINAL_READS_DEADLINE_S if self._conductor is None else CONDUCTED_READS_DEADLINE_S
                final_reads(self._target, self._raw, self._events, deadline_s, progress=self._progress)
            with self._phase("books", "saving the books: gateways first, then the database"):
                self._save()
        except StoodStill as error:
            self._events.add("stood_still", seconds=round(error.seconds, 3))
            raise
        finally:
            end_all(self._stop_database_watch, self._events.close)

    def _stop_database_watch(self) -> None:
        if self._database_watch is not None:
            self._database_watch.stop()

    def _try_load(self) -> None:
        """Whether a system that is not ours keeps up with this load is seen before anything of it is broken."""
        with self._phase("trial", "trying the load, with nothing broken"):
            try_load(self._plan, self._target, self._supervisor, self._progress)
        with self._phase("reset", "resetting the books"):
            self._target.reset()
        with self._phase("steady", "waiting for steady state"):
            await_steady(self._target)

    def _act_settled(self) -> int:
        return do_settled(self._plan.scenario.operator, self._target, self._events)

    def _load_and_faults(self) -> None:
        plan, load = self._plan, self._plan.scenario.load
        facts = {**self._target.facts(), **in_force(self._target)}
        job = write_job(
            self._supervisor.workspace.load_file,
            plan.folder,
            load,
            self._target,
            seed=plan.seed,
            workers=plan.load_workers,
            steered=self._conductor is not None,
            replicas=self._conductor.api_urls if self._conductor else (),
        )
        process = LoadProcess(job, plan.load_workers, self._supervisor, plan.web_port, plan.gathering)
        try:
            # Before the load, for it is a process that takes its time to start as well.
            self._log_watch.start()
            t0_us = process.begin(self._raw, self._progress)
            write_json(plan.folder / "plan.json", plan.document(t0_us, facts, made_of(self._target)))
            self._events.add("phase", name="load", at_us=t0_us)
            self._under_load(process, t0_us)
        finally:
            end_all(process.stop, self._log_watch.stop)

    def _under_load(self, process: LoadProcess, t0_us: int) -> None:
        plan = self._plan
        faults = FaultSchedule(
            plan.scenario.faults, self._target.surface, self._healing, self._events, seed=plan.seed, t0_us=t0_us
        )
        sampler = Sampler(self._target, self._events)
        operator = Operator(plan.scenario.operator, self._target, self._events, t0_us=t0_us)
        self._database_watch = DatabaseWatch(self._target.surface.database, self._events, sampler.add)
        books = BookWatch(self._target, sampler.add)
        machine = MachineWatch(sampler.add)
        proxy = ProxyWatch(self._target.surface.links, self._events)
        until_us = t0_us + int(plan.scenario.load.duration_s * 1e6)
        alerts = AlertWatch(self._target, sampler.add, t0_us=t0_us, until_us=until_us)
        try:
            sampler.start()
            machine.start()
            proxy.start()
            if self._conductor is None:  # a load that is steered to the limit has no promises about alerts
                alerts.start()
            self._database_watch.start()
            books.start()
            faults.start()
            operator.start()
            if self._conductor is None:
                self._watch(process, t0_us, plan.scenario.load.duration_s)
            else:
                self._conducted(self._conductor, process, sampler, t0_us)
                faults.abandon()
            # Whoever was stopped for long finds its load ended by the guard: that is no failure of the load.
            self._healing.require_lease()
            self._end_of(faults, t0_us)
            process.finish()
        finally:
            end_all(
                faults.abandon,
                process.stop,
                lambda: self._heal(faults),
                operator.stop,
                proxy.stop,
                machine.stop,
                lambda: alerts.stop(plan.folder),
                lambda: books.stop(plan.folder / "books"),
                lambda: sampler.stop(plan.folder / "metrics.parquet"),
            )

    def _conducted(self, conductor: Conductor, process: LoadProcess, sampler: Sampler, t0_us: int) -> None:
        """Have the load steered, and wait until its last errands have ended. The plan is told how long it took."""
        database = DatabaseLoad(self._target, sampler.add)

        def alive() -> bool:
            self._healing.require_lease()
            return process.running()

        database.start()
        try:
            conductor.conduct(self._stage(sampler, alive, t0_us))
        finally:
            database.stop()
            lasted_s = max(1.0, time.time() - t0_us / 1e6)
            path = self._plan.folder / "plan.json"
            document = json.loads(path.read_text())
            document["load"]["duration_s"] = round(lasted_s, 3)
            document["faults"] += planned_faults(conductor.injected)
            write_json(path, document)
        self._watch(process, t0_us, lasted_s)

    def _stage(self, sampler: Sampler, alive: Callable[[], bool], t0_us: int) -> Stage:
        return Stage(
            self._raw, self._events, sampler.samples, alive, self._progress, self._target, self._healing, t0_us
        )

    def _end_of(self, faults: FaultSchedule, t0_us: int) -> None:
        """A control plane that failed leaves the run without its faults: that is for the judge to say, with reasons.

        Where all of the load died early, the faults still keep to their plan.
        """
        ends = () if self._conductor else (item.window.to_s for item in self._plan.scenario.faults)
        last_s = max(ends, default=0.0)
        left_s = max(0.0, t0_us / 1e6 + last_s - time.time())
        try:
            faults.finish(timeout_s=left_s + FAULTS_GRACE_S)
        except ControlError as error:
            self._events.add("control_failed", text=str(error))

    def _heal(self, faults: FaultSchedule) -> None:
        self._events.add("phase", name="heal")
        failed = self._healing.heal_all()
        if failed:
            raise HealingError("; ".join(failed), hint="`faultline down` takes the platform away with its faults")
        faults.note_healed()

    def _watch(self, process: LoadProcess, t0_us: int, duration_s: float) -> None:
        tally = Tally(self._raw)
        until = time.monotonic() + LEAD_S + duration_s + FOLLOW_DEADLINE_S + LOAD_GRACE_S
        while process.running() and time.monotonic() < until:
            at_s = time.time() - t0_us / 1e6
            tally.look()
            stage = "load" if at_s < duration_s else "following up"
            self._progress(f"{stage} {max(0.0, at_s):4.1f}/{duration_s:.0f} s  {tally.words}{self._active(at_s)}")
            time.sleep(0.5)

    def _active(self, at_s: float) -> str:
        on = sorted(
            {item.fault.name for item in self._plan.scenario.faults if item.window.from_s <= at_s < item.window.to_s}
        )
        return f"  FAULT {', '.join(on)}" if on else ""

    def _save(self) -> None:
        folder = self._plan.folder
        if told := self._target.save_books(folder / "books"):
            self._events.add("books_saved", **asdict(told))
        if reason := self._log_watch.save_commits():
            self._events.add("books_saved", lacking={"commits": reason})
        if self._plan.bug:
            self._events.add("bug", bug=self._plan.bug, reached=self._target.bug_reached())
        merged = merge_history(self._raw, folder / "history.parquet")
        self._events.add("history_merged", **asdict(merged))

    @contextmanager
    def _phase(self, name: str, talk: str) -> Iterator[None]:
        self._healing.require_lease()
        self._events.add("phase", name=name)
        self._progress(talk)
        yield
