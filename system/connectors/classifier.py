"""What an exchange proves, and what to do about it: one table for each gateway, read from the top, first match wins.

Whatever no row names is UNKNOWN / QUERY. "Nothing happened" (``NOTHING_SENT``) is claimed only where nothing was
written to the socket.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from system.gateway import AUTHENTICATION_REQUIRED as AUTHENTICATION_REQUIRED
from system.gateway import AUTHENTICATION_TIMEOUT, Advice, GatewayReply, Knowledge, Phase


@dataclass(frozen=True, slots=True)
class Facts:
    """One exchange, reduced to what the tables look at.

    ``code`` is the gateway's word (or ours: ``ok``, ``malformed``, ``amount_mismatch``, ``unexpected_status``);
    ``hint`` the decline's reason, or ``replayed`` for an answer that the gateway repeats from its memory.
    """

    phase: Phase
    status: int | None = None
    code: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What it proves (knowledge), what to do (advice), and what the breaker hears (failure)."""

    knowledge: Knowledge
    advice: Advice
    failure: bool = False
    not_executed: bool = False


NOTHING_SENT = Meaning(Knowledge.DEFINITE_NO, Advice.FALLBACK_OK, failure=True, not_executed=True)
DONE = Meaning(Knowledge.DEFINITE_YES, Advice.NONE)
DECLINED = Meaning(Knowledge.DEFINITE_NO, Advice.NONE)
DECLINED_TRY_ANOTHER = Meaning(Knowledge.DEFINITE_NO, Advice.FALLBACK_OK)
REJECTED = Meaning(Knowledge.DEFINITE_NO, Advice.ALARM)
BUSY = Meaning(Knowledge.UNKNOWN, Advice.RETRY_SAME_KEY)
BROKEN = Meaning(Knowledge.UNKNOWN, Advice.RETRY_SAME_KEY, failure=True)
SILENT = Meaning(Knowledge.UNKNOWN, Advice.QUERY, failure=True)
ASK = Meaning(Knowledge.UNKNOWN, Advice.QUERY)
NONSENSE = Meaning(Knowledge.UNKNOWN, Advice.ALARM, failure=True)
CONTRADICTION = Meaning(Knowledge.UNKNOWN, Advice.ALARM)

PAYER_ASKED = Meaning(Knowledge.UNKNOWN, Advice.NONE)
"""The payer must confirm first: nothing is executed, and it may be at any time."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. An empty collection matches anything."""

    phase: Phase
    meaning: Meaning
    statuses: Collection[int] = ()
    codes: Collection[str] = ()
    hints: Collection[str] = ()

    def matches(self, facts: Facts) -> bool:
        """Tell whether this line is about these facts."""
        return (
            facts.phase is self.phase
            and (not self.statuses or facts.status in self.statuses)
            and (not self.codes or facts.code in self.codes)
            and (not self.hints or facts.hint in self.hints)
        )


TRANSPORT: tuple[Row, ...] = (
    Row(Phase.REFUSED, NOTHING_SENT),
    Row(Phase.CONNECT_TIMEOUT, NOTHING_SENT),
    Row(Phase.SENT, SILENT),
    Row(Phase.RESET, BROKEN),
    Row(Phase.TRUNCATED, BROKEN),
)
"""The same for every gateway."""

TRANSPORT_CODES = {
    Phase.REFUSED: "connection_refused",
    Phase.CONNECT_TIMEOUT: "connect_timeout",
    Phase.SENT: "timeout",
    Phase.RESET: "connection_reset",
    Phase.TRUNCATED: "truncated",
}

OK = range(200, 300)
SERVER_ERRORS = range(500, 600)


def meaning_of(table: Sequence[Row], facts: Facts) -> Meaning:
    """Return the first matching row's meaning; UNKNOWN / QUERY where none matches."""
    return next((row.meaning for row in (*TRANSPORT, *table) if row.matches(facts)), ASK)


def given_up(table: Sequence[Row]) -> GatewayReply:
    """Return the reply to giving a charge up that waits for its payer, where no call is needed for that."""
    return replace(reply_of(table, Facts(Phase.ANSWERED, 200, "moved_on")), code=AUTHENTICATION_TIMEOUT)


def reply_of(table: Sequence[Row], facts: Facts) -> GatewayReply:
    """Return the classified reply without what the gateway told about money."""
    meaning = meaning_of(table, facts)
    code = TRANSPORT_CODES.get(facts.phase, "" if facts.code == "ok" else facts.code)
    return GatewayReply(
        knowledge=meaning.knowledge,
        advice=meaning.advice,
        phase=facts.phase,
        http_status=facts.status,
        code=code,
        not_executed=meaning.not_executed,
        failure=meaning.failure,
    )
