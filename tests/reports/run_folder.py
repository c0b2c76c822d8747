"""Writes a run's folder the way a real run does, from `pretend`'s rows, and says what its judge would have said."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from harness.core.judgement import Finding, ObjectiveResult, Violation
from harness.core.recovery import PHASES, DataLoss, Failover, Phase
from harness.core.report import FaultResult, LoadResult, Report
from harness.core.verdicts import Verdict
from tests.reports.pretend import BREAKER_CLOSES_S, BREAKER_OPENS_S, OUTAGE_S, SECOND_US, T0_US, Books, make

IN_FOLDER = frozenset({"history", "metrics", "alerts"})
REPEAT = "faultline run primary_gateway_outage --seed 7 --rate 50 --duration 60s"


def build(folder: Path, *, double_charges: int = 0, seed: int = 7, duration_s: int = 60) -> Path:
    """Write the folder of a 50/s run with an outage of the primary gateway; return it."""
    books = make(seed=seed, rate_per_s=50, duration_s=duration_s, double_charges=double_charges)
    (folder / "books").mkdir(parents=True)
    (folder / "raw").mkdir()
    _write_tables(folder, books)
    plan = {
        "schema_version": 1, "run_id": folder.name, "scenario": "primary_gateway_outage", "seed": seed, "bug": None,
        "t0_us": T0_US, "load": {"rate_per_s": 50, "duration_s": duration_s, "workers": 1},
        "story": "The primary gateway disappears while shoppers keep coming.",
    }  # fmt: skip
    (folder / "plan.json").write_text(json.dumps(plan))
    (folder / "events.jsonl").write_text("\n".join(json.dumps(event) for event in _events(duration_s)))
    certificate = {
        "worker": "0", "planned": 3000, "fired": 2998, "completed": 2998, "ok": 2760, "failed": 180, "unknown": 58,
        "dropped": 2, "in_flight_at_end": 0, "lag_us": {"p50": 34, "p90": 88, "p99": 412, "max": 5_120},
        "lag_p99_ms": 0.412, "cpu_share": 0.14, "started_at_us": T0_US, "ended_at_us": T0_US + 61 * SECOND_US,
    }  # fmt: skip
    (folder / "raw" / "load-0.json").write_text(json.dumps(certificate))
    return folder


def _write_tables(folder: Path, books: Books) -> None:
    for name, rows in books.tables.items():
        place = folder if name in IN_FOLDER else folder / "books"
        pq.write_table(pa.Table.from_pylist(rows), place / f"{name}.parquet")


def _events(duration_s: int) -> list[dict[str, object]]:
    def at(second: float) -> int:
        return T0_US + int(second * SECOND_US)

    fault = {"fault_id": "f1", "fault": "gateway_down", "place": "*-to-stripe"}
    return [
        {"at_us": at(-3), "kind": "phase", "name": "steady"},
        {"at_us": at(0), "kind": "phase", "name": "load"},
        {"at_us": at(OUTAGE_S[0]), "kind": "fault_injected", **fault, "settings": {}},
        {"at_us": at(OUTAGE_S[1]), "kind": "fault_healed", **fault},
        {"at_us": at(duration_s), "kind": "phase", "name": "settle"},
        {"at_us": at(duration_s + 2), "kind": "settled", "seconds": 2.0, "backlog": {}},
        {"at_us": at(duration_s + 4), "kind": "final_reads", "references": 3000, "finished": True},
    ]


def doubled_references(count: int) -> list[str]:
    """Return the references of the payments that `build(double_charges=count)` charged twice."""
    return [f"order-{int(50 * (16.0 + 0.11 * index)):05d}" for index in range(count)]


def passed(run_id: str = "20260101-000000-primary_gateway_outage-7") -> Report:
    """Return the report of a run in which everything held."""
    return Report(
        schema_version=1,
        run_id=run_id,
        scenario="primary_gateway_outage",
        title="The primary gateway goes away",
        claim="While the primary gateway is down payments go through the other one. None is charged twice, "
        "none is lost, and traffic returns by itself.",
        target="embedded",
        seed=7,
        bug=None,
        bug_reached=None,
        verdict=Verdict.PASS,
        reasons=("8 invariants held, each put to the test", "2 of 2 objectives met", "the fault hit 412 connections"),
        invariants=_findings(),
        objectives=(
            ObjectiveResult("availability", "at least 90 % good during the fault", "97.3 %", 0.973, Verdict.PASS),
            ObjectiveResult("time to switch", "within 10 s or 20 failed calls", "2.2 s", 2.2, Verdict.PASS),
        ),
        faults=(FaultResult("gateway_down", "*-to-stripe", "link", *OUTAGE_S, 412, {"mode": "refuse"}),),
        load=LoadResult(3000, 2760, 180, 58, 2, 0.412, 50.0, 60.0, 1, 0.14),
        settings={
            "durability": {"synchronous_commit": "remote_apply", "fsync": "on", "standby": "pg-b (sync)"},
            "versions": {"PostgreSQL": "18.6", "Patroni": "4.1.5", "Toxiproxy": "2.12.0", "Locust": "2.47.0"},
            "run": {"seed": "7", "target": "embedded", "rate": "50 /s", "duration": "60 s"},
            "link proxy": {"links": "17, all through Toxiproxy", "overhead p50": "0.21 ms"},
            "timeouts": {"PAY_GATEWAY_TIMEOUT_S": "1.5", "PAY_BREAKER_OPEN_S": "2", "PAY_LOOKUP_LAG_S": "2"},
        },
        started_at="2026-01-01T00:00:00Z",
        judged_at="2026-01-01T00:01:09Z",
        judged_by="faultline 0.1.0",
        repeat=REPEAT,
    )


def _findings() -> tuple[Finding, ...]:
    told = {
        "I1": ("One logical payment is charged at most once over all gateways together", 70, 20, "fallbacks"),
        "I2": (
            "Every acknowledged payment is in the database with its amount and status",
            2760,
            50,
            "acknowledgements",
        ),
        "I3": ("Every acknowledged success has exactly one matching record at a gateway", 2760, 50, "acknowledgements"),
        "I5": ("What we called a definite failure moved no money", 180, 10, "definite failures"),
        "I6": ("Unknowns drain: none older than the resolve limit", 38, 5, "unknown attempts"),
        "I15": ("Every journal sums to zero in each currency, and so does the whole ledger", 2790, 50, "journals"),
        "I18": ("Every observed status change is an allowed edge", 9000, 50, "status changes"),
        "I33": (
            "Another gateway is tried only when no attempt of that operation may still succeed",
            70,
            5,
            "fallbacks",
        ),
    }
    held = [
        Finding(id_, line, Verdict.PASS, True, witness, needed, sentence)
        for id_, (line, witness, needed, sentence) in told.items()
    ]
    idle = Finding(
        "I13", "Refunds never exceed captures, counted at the gateways", Verdict.INCONCLUSIVE, False,
        0, 20, "concurrent refunds of one payment", reason="0 of 20 concurrent refunds of one payment",
    )  # fmt: skip
    return (*held, idle)


def failed(count: int = 123) -> Report:
    """Return the report of the run that `build(double_charges=count)` writes, with bug B07 planted."""
    examples = tuple(
        Violation(
            f"pay_{reference}",
            f"{reference}: charged at stripe and at paypal, EUR 19.99 each; stripe executed it first",
            {"EUR": 1999},
            reference,
            index + 2,
        )
        for index, reference in enumerate(doubled_references(min(count, 5)))
    )
    sound = passed()
    broken = {"I1": examples, "I33": examples[:1]}
    findings = tuple(
        replace(
            item, verdict=Verdict.FAIL, violations=count, examples=broken[item.id],
            money_at_risk={"EUR": 245_877, "JPY": 1_204_000, "KWD": 77_125},
        ) if item.id in broken else item
        for item in sound.invariants
    )  # fmt: skip
    return replace(
        sound,
        verdict=Verdict.FAIL,
        bug="B07",
        bug_reached=131,
        reasons=(
            f"I1 is broken {count} times",
            f"I33 is broken {count} times",
            "planted bug B07 was reached 131 times",
        ),
        invariants=findings,
        repeat=f"{REPEAT} --bug B07",
    )


def failed_over() -> dict[str, Any]:
    """Return what a report says of one failover at 15 s, whose pools nobody asked about."""
    ends = (15.0, 15.53, 15.9, 17.2)
    phases = [Phase(name, begin, end) for name, (begin, end) in zip(PHASES[:3], pairwise(ends), strict=True)]
    phases += [Phase("reconnect", 17.2, None, "the platform does not tell"), Phase("drain", 17.2, 18.5)]
    failover = Failover(
        "postgres_killed", "pg-a", "pg-b", 3, 4, True, 15.0, 15.1, 17.2, tuple(phases), Phase("service", 15.02, 17.42)
    )
    return {"recovery": (failover,), "data_loss": DataLoss(0, at_stake=731, failovers=1)}


def undecided() -> Report:
    """Return the report of a run that says nothing: the fault hit nothing, and a required invariant was not tested."""
    sound = passed()
    idle = replace(
        sound.invariants[0], verdict=Verdict.INCONCLUSIVE, witness=0, reason="0 of 20 fallbacks: nothing tested it"
    )
    nothing = ObjectiveResult("time to switch", "within 10 s", "not measured", None, Verdict.INCONCLUSIVE)
    return replace(
        sound,
        verdict=Verdict.INCONCLUSIVE,
        reasons=("fault gateway_down at *-to-stripe hit nothing", "I1 was not put to the test: 0 of 20 fallbacks"),
        invariants=(idle, *sound.invariants[1:]),
        objectives=(sound.objectives[0], nothing),
        faults=(replace(sound.faults[0], hits=0),),
    )


__all__ = ["BREAKER_CLOSES_S", "BREAKER_OPENS_S", "REPEAT", "build", "failed", "failed_over", "passed", "undecided"]
