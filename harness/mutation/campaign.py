"""A sample's runs, one after another: what is next follows from what was found."""

import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.mutation.mutant import Mutant
from harness.mutation.overlay import write_mutant
from harness.mutation.status import Knowledge
from harness.score.cases import Batch
from harness.score.outcome import Outcome
from harness.workspace import Workspace


class Campaign:
    """Gives out runs until nothing is left to try. Lanes may ask from several threads, one at a time."""

    def __init__(self, sample: Sequence[Mutant], knowledge: Knowledge, revision: str) -> None:
        """Run this sample at this revision, in its order."""
        self._sample = {mutant.id: mutant for mutant in sample}
        self._knowledge = knowledge
        self._revision = revision
        self._busy: dict[str, int] = {}
        self._last: dict[int, str] = {}
        self._tried: set[str] = set()
        self._made: set[Path] = set()

    def batches(self) -> Iterator[Batch]:
        """Yield the next run whenever a lane is free: of the mutant that its platform carries, while that is open."""
        while (batch := self._next()) is not None:
            yield batch

    def _next(self) -> Batch | None:
        lane = threading.get_ident()
        for name in [self._last.get(lane, ""), *self._sample]:
            mutant = self._sample.get(name)
            if mutant is None or self._busy.get(name, lane) != lane:
                continue
            left = [
                scenario
                for scenario in self._knowledge.status(mutant, self._revision).left
                if f"{name} {scenario}" not in self._tried
            ]
            if left:
                # Each is tried once in a sitting, whatever comes of it.
                self._tried.add(f"{name} {left[0]}")
                self._busy[name] = lane
                self._last[lane] = name
                return [self._knowledge.case(mutant, left[0])]
        return None

    def prepare(self, batch: Batch, workspace: Workspace) -> None:
        """Make the mutant's copy of the platform, and remove what is not used any more.

        A copy that an earlier sitting left may be of other code, or half made.
        """
        name = batch[0].bug
        folder = workspace.mutants / name
        if folder in self._made:
            return
        # The platform that still runs has its code from the latest one.
        made = sorted(workspace.mutants.glob("M*"), key=lambda path: path.stat().st_mtime_ns)
        for old in made[:-1]:
            shutil.rmtree(old, ignore_errors=True)
            self._made.discard(old)
        write_mutant(folder, self._sample[name])
        self._made.add(folder)

    def worded(self, outcome: Outcome) -> str:
        """Return one line about a run that ended."""
        word = "caught" if self._knowledge.is_catch(outcome) else "not caught"
        named = f" by {' '.join(outcome.violated)}" if outcome.violated else f", {outcome.verdict}"
        reached = "never reached" if outcome.reached == 0 else f"reached {outcome.reached} times"
        title = self._sample[outcome.case.bug].title
        return (
            f"{outcome.case.bug} {word}{named} in {outcome.case.scenario} ({outcome.seconds:.0f} s, {reached}): {title}"
        )

    def told(self, outcome: Outcome) -> None:
        """Learn from a run that ended."""
        self._knowledge.add(outcome)
        if self._knowledge.is_catch(outcome):
            self._knowledge.note_catch(self._sample[outcome.case.bug], outcome.case.scenario)
