"""What the page asks for, checked, and done. One method for each thing that people can press."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.core.errors import UsageError
from harness.gameday.blast import Blast, blast_of, last_run
from harness.gameday.book import CLOCK, DayBook, Entry, EntryKind, checked_name
from harness.gameday.day import GameDay, Playing
from harness.gameday.paging import Port, page_now
from harness.gameday.roles import RolesFile
from harness.gameday.surprise import OF_EVERYBODY, Seat, Surprise
from harness.guard.brake import Stopped, release, stopped
from harness.injecting.asking import Asked, parse_for
from harness.injecting.channel import Reply, Request, Told
from harness.workspace import Workspace


class Do(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody pressed: who, and whatever that needs. `for_` is a duration as written, such as `30s`."""

    by: str
    text: str = ""
    id: str = ""
    fault: str = ""
    on: str = ""
    parameters: dict[str, str] = {}
    for_: str = msgspec.field(default="", name="for")
    to: str = ""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What it came to: injections that it was about, a preview, what a stop healed, or an error with its hint."""

    injections: tuple[Told, ...] = ()
    steps: tuple[tuple[str, float], ...] = ()
    seconds: float = 0.0
    blast: Blast | None = None
    text: str = ""
    error: str = ""
    hint: str = ""


class Pressing:
    """Does what people press on the page of one day."""

    def __init__(
        self,
        day: GameDay,
        workspace: Workspace,
        roles: RolesFile,
        port: Port,
        runs: Path,
        surprise: Surprise | None = None,
    ) -> None:
        """With a `surprise`, only the facilitator breaks and heals single things; everybody may stop all of it."""
        self.surprise = surprise
        self._day = day
        self._workspace = workspace
        self._roles = roles
        self._port = port
        self._runs = runs
        self._known: Mapping[str, Callable[[Do], Answer]] = {
            "join": self._join,
            "preview": self._preview,
            "inject": self._inject,
            "renew": self._renew,
            "heal": self._heal,
            "stop": self._stop,
            "release": self._release,
            "note": self._note,
            "observe": self._observe,
            "clock": self._clock,
            "roles": self._save_roles,
            "page": self._page,
            "finish": self._finish,
            "next": self._next,
        }

    @property
    def book(self) -> DayBook:
        """What people said and did."""
        return self._day.book

    @property
    def stopped(self) -> Stopped | None:
        """Who stopped everything, where somebody did."""
        return stopped(self._workspace)

    def press(self, name: str, do: Do, seat: Seat = Seat.FACILITATOR) -> Answer:
        """Do it. Raises `FaultlineError` with what is wrong and what is valid."""
        if name not in self._known:
            raise UsageError(f"nothing is called {name!r}", hint=f"valid: {', '.join(self._known)}")
        checked_name(do.by)
        if self.surprise is not None and seat is Seat.PLAYER and name not in OF_EVERYBODY:
            raise UsageError(f"{name}: in a surprise only the facilitator does that", hint="the stop is everybody's")
        return self._known[name](do)

    def _join(self, do: Do) -> Answer:
        if checked_name(do.by) not in self.book.people:
            self.book.add(EntryKind.JOINED, do.by)
        return Answer()

    def _preview(self, do: Do) -> Answer:
        playing = self._playing()
        fault = playing.desk.fault_of(Asked(do.fault, do.on, do.parameters))
        traffic = playing.signals.looker.seen.traffic
        return Answer(blast=blast_of(fault, playing.ground, traffic, last_run(do.fault, self._runs)))

    def _inject(self, do: Do) -> Answer:
        if not do.text.strip():
            raise UsageError(
                "hypothesis: say what you expect before you break something", hint="one sentence with a number in it"
            )
        playing, for_s = self._playing(), parse_for(do.for_, field="for")
        playing.desk.fault_of(Asked(do.fault, do.on, do.parameters))
        self.book.add(EntryKind.HYPOTHESIS, do.by, do.text)
        request = Request("inject", do.by, do.fault, do.on, do.parameters, for_s)
        return _answer(playing.desk.answer(request))

    def _renew(self, do: Do) -> Answer:
        request = Request("renew", do.by, id=do.id, for_s=parse_for(do.for_, field="for"))
        return _answer(self._playing().desk.answer(request))

    def _heal(self, do: Do) -> Answer:
        return _answer(self._playing().desk.answer(Request("heal", do.by, id=do.id)))

    def _stop(self, do: Do) -> Answer:
        return _answer(self._playing().desk.answer(Request("stop", do.by)))

    def _release(self, do: Do) -> Answer:
        before = release(self._workspace)
        if before is None:
            raise UsageError("nothing was stopped", hint="")
        self.book.add(EntryKind.RELEASED, do.by, f"{before.by} had stopped everything on {before.since}")
        return Answer(text=f"released by {do.by}")

    def _note(self, do: Do) -> Answer:
        self._said(do)
        self.book.add(EntryKind.NOTE, do.by, do.text)
        return Answer()

    def _observe(self, do: Do) -> Answer:
        self._said(do)
        ids = [item.id for item in self._playing().live.injections]
        if do.id not in ids:
            raise UsageError(f"there is no experiment {do.id!r}", hint=f"valid: {', '.join(ids) or 'none so far'}")
        self.book.add(EntryKind.OBSERVATION, do.by, do.text, about=do.id)
        return Answer()

    def _clock(self, do: Do) -> Answer:
        if do.id not in CLOCK:
            raise UsageError(f"clock: {do.id!r} is no moment of an incident", hint=f"valid: {', '.join(CLOCK)}")
        self.book.add(EntryKind.CLOCK, do.by, do.text, about=do.id)
        return Answer()

    def _save_roles(self, do: Do) -> Answer:
        self._roles.save(do.text)
        self.book.add(EntryKind.NOTE, do.by, "the roles were edited")
        return Answer()

    def _page(self, do: Do) -> Answer:
        self._said(do)
        roles = self._roles.read()
        people = {"facilitator": roles.facilitator, **roles.owners}
        people |= {f"escalation {number}": step for number, step in enumerate(roles.escalation, start=1)}  # type: ignore[misc]
        if do.to not in people:
            raise UsageError(f"to: nobody is called for {do.to!r}", hint=f"valid: {', '.join(people)}")
        person = people[do.to]
        where = self._port.send(page_now(person.name, person.contact, do.by, do.text))
        self.book.add(EntryKind.PAGED, do.by, f"{person.name} ({do.to}): {do.text}", about=where)
        return Answer(text=f"{person.name} was paged: {where}")

    def _next(self, do: Do) -> Answer:
        if self.surprise is None:
            raise UsageError("there is no sealed plan", hint="faultline gameday --surprise PLAN.toml")
        answer = _answer(self._playing().desk.answer(self.surprise.next_request(do.by)))
        self.surprise.played()
        return answer

    def _finish(self, do: Do) -> Answer:
        self._day.end(do.by)
        return Answer()

    @staticmethod
    def _said(do: Do) -> None:
        if not do.text.strip():
            raise UsageError("text: nothing was written", hint="write a sentence first")

    def _playing(self) -> Playing:
        if self._day.playing is None or self._day.phase != "playing":
            raise UsageError(f"nothing can be broken now: {self._day.phase}", hint="wait until the load is on")
        return self._day.playing

    def roles_text(self) -> str:
        """Return the roles file."""
        return self._roles.text()


def entries_after(book: DayBook, number: int) -> Sequence[Entry]:
    """Return what was written into the book after the entry of that number."""
    return [item for item in book.entries if item.number > number]


def _answer(reply: Reply) -> Answer:
    return Answer(reply.injections, reply.steps, reply.seconds, error=reply.error)
