"""The replaceable decisions of the platform, gathered in one value.

The sound system is ``sound_seams(settings)``. Whoever wants another behaviour (a policy under test, for example)
builds a changed copy with ``dataclasses.replace`` before the process starts; nothing is replaced while it runs.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from system.connectors.connector import Connector, abandon
from system.connectors.registry import PRESENTMENTS
from system.decisions.breaker_window import BreakerView, probe_is_due
from system.decisions.comparing import Break
from system.decisions.policies import (
    RetryPolicy,
    attempt_state,
    every_field,
    gateway_key,
    keep_reply,
    may_fall_back,
    nothing_held,
    tenant_scope,
)
from system.decisions.reaction import Reaction, react
from system.decisions.repairs import Repair
from system.decisions.repairs import decide as decide_repair
from system.decisions.resolving import Facts, Limits, Step, decide, read_miss
from system.decisions.schedule import AfterTry, after_try
from system.gateway import GatewayReply, GatewayRequest, Knowledge
from system.json_body import JsonObject
from system.money import parse_amount
from system.presentment import Presentment
from system.settings import Settings
from system.signing import verify
from system.states import AttemptState
from system.store.begin import Begin, Begun, begin
from system.store.connection import Connection
from system.store.database import Connecting, Database
from system.store.deliveries import Claim, claim
from system.store.disputes import Disputed, RecordDispute, record_dispute
from system.store.durable import write_barrier
from system.store.giving_back import give_back
from system.store.inbox import StoreEvent, store
from system.store.invoicing import BillingRules
from system.store.outbox import publish
from system.store.payments import Payment, find_payment
from system.store.record import Record, Recorded, dispatch, record
from system.store.replay import StoredReply, stored_reply
from system.store.settlement import cut_batches
from system.store.taken_back import TakeBack, TakingBack, take_back

Around = Callable[[Database, GatewayRequest, bool], AbstractAsyncContextManager[None]]
"""(database, request, whether it is a re-send) -> what is held while a gateway is waited for."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long this process waits, by its own clock, before it answers without having got what it waited for."""

    answer_s: float
    """A merchant's request is answered by then. Those of the database are in ``Connecting``."""


@dataclass(frozen=True, slots=True)
class Seams:
    """Each field is one decision; docs of the sound version are at the function it names."""

    parse_amount: Callable[[str, int], int]
    """(decimal string, exponent) -> integer minor units; raises ValueError."""
    presentments: Mapping[str, Presentment]
    """What each gateway takes, by its name: what is refused, what is sent, and in which units."""
    significant: Callable[[JsonObject], JsonObject]
    """The fields of a request -> those by which a key's payload is known again."""
    key_scope: Callable[[str], str]
    """merchant id -> the tenant within which an idempotency key is unique."""
    begin: Callable[[Connection, Begin], Awaitable[Begun]]
    """T1: claim the key, reserve, insert operation and first attempt; one transaction."""
    find_payment: Callable[[Connection, str, str], Awaitable[tuple[Payment, tuple[str, ...]] | None]]
    """(connection to the primary, payment id, merchant id) -> the payment as it is shown, with its refunds' ids."""
    dispatch: Callable[[Connection, str, int, int], Awaitable[bool]]
    """T2: (attempt id, now, when others may look, both in us) -> whether the stamp is ours."""
    record: Callable[[Connection, Record], Awaitable[Recorded]]
    """T3: outcome, counters, journal, history, outbox, stored reply; one transaction."""
    abandon: Callable[[Connector, GatewayRequest], Awaitable[GatewayReply]]
    """How a payment whose payer did not answer in time is given up at its gateway."""
    take_back: Callable[[Connection, TakeBack], Awaitable[TakingBack]]
    """T4: what a gateway took back after its yes; one transaction."""
    record_dispute: Callable[[Connection, RecordDispute], Awaitable[Disputed]]
    """T5: what a gateway tells of a dispute, merged into what is known; one transaction."""
    replay: Callable[[Connection, StoredReply], Awaitable[StoredReply]]
    """A completed key's stored reply -> what a repetition is answered."""
    gateway_key: Callable[[str, int], str]
    """(attempt id, number of the send from 1) -> idempotency key at the gateway."""
    recovery_key: Callable[[str, int], str]
    """The same for a send by the resolver, whose caller died or never heard: it must be the attempt's own key."""
    around_call: Around
    """(database, request, whether it is a re-send) -> what is held while a gateway is waited for: nothing."""
    classify: Callable[[GatewayRequest, GatewayReply], GatewayReply]
    """A last look at the connector's classification."""
    attempt_state: Callable[[GatewayReply], AttemptState]
    """A reply -> the state of the attempt that it proves."""
    may_fall_back: Callable[[GatewayReply], bool]
    """Whether another gateway may be tried after this reply."""
    decide: Callable[[Facts, Limits], Step]
    """What the resolver does next about an undecided attempt."""
    read_miss: Callable[[int, float], GatewayReply | None]
    """(lookups that found nothing, seconds since the first) -> what that proves; None: nothing."""
    repair: Callable[[Break], Repair]
    """What reconciliation does about one difference between our books and a gateway's feed."""
    give_back: Callable[[Connection, Break, Callable[[str, int], str]], Awaitable[bool]]
    """How reconciliation undoes a charge that should not be (keys by `gateway_key`), inside a transaction."""
    cut_batches: Callable[[Connection, int], Awaitable[int]]
    """(now in us) -> how many settlement batches were cut for the days that have closed; inside a transaction."""
    publish: Callable[[Connection, int], Awaitable[int]]
    """(now in us) -> how many pending events became deliveries; one transaction."""
    claim_deliveries: Claim
    """Which deliveries are due, leased to this worker, with the bytes that merchants get."""
    after_try: AfterTry
    """What becomes of a delivery after a try: delivered, tried again later, or dead."""
    verify_event: Callable[[Iterable[str], str | None, bytes, float], int]
    """(secrets, signature header, body, now in s) -> when a gateway's event was signed; raises SignatureError."""
    store_event: StoreEvent
    """Store a gateway's event once; when its effect was done, None while it still has to act."""
    react: Callable[[AttemptState, Knowledge], Reaction]
    """(an attempt's state, what an event tells) -> whether to ignore it, record it, or act on it later."""
    may_probe: Callable[[BreakerView, int], bool]
    """(shared breaker state, now in us) -> whether a caller may try to become the probe."""
    barrier: Callable[[Connection], Awaitable[None]]
    """What proves that everything read before it is on a standby: it must write, and wait for that."""
    patience: Patience
    """How long requests wait."""
    connecting: Connecting
    """How database connections are made, and which of the server's warnings are heeded."""
    billing: BillingRules
    """What subscriptions owe, and who charges it."""
    retry: RetryPolicy
    """How often and after which pauses one call is re-sent under its key."""


def sound_seams(settings: Settings) -> Seams:
    """The sound system's decisions."""
    return Seams(
        parse_amount=parse_amount,
        presentments=PRESENTMENTS,
        significant=every_field,
        key_scope=tenant_scope,
        begin=begin,
        find_payment=find_payment,
        dispatch=dispatch,
        record=record,
        abandon=abandon,
        take_back=take_back,
        record_dispute=record_dispute,
        replay=stored_reply,
        gateway_key=gateway_key,
        recovery_key=gateway_key,
        around_call=nothing_held,
        classify=keep_reply,
        attempt_state=attempt_state,
        may_fall_back=may_fall_back,
        decide=decide,
        read_miss=read_miss,
        repair=decide_repair,
        give_back=give_back,
        cut_batches=cut_batches,
        publish=publish,
        claim_deliveries=claim,
        after_try=after_try,
        verify_event=verify,
        store_event=store,
        react=react,
        may_probe=probe_is_due,
        barrier=write_barrier,
        patience=Patience(answer_s=settings.answer_within_s),
        connecting=Connecting(),
        billing=BillingRules(),
        retry=RetryPolicy(max_sends=settings.max_attempts, budget_share=settings.retry_budget_share),
    )
