"""The mutation score as data and as Markdown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from harness.mutation.status import Status
from harness.score.outcome import Outcome


def rows(statuses: Sequence[Status], sources: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Return one row for each mutant of the sample, as plain data."""
    return [_row(status, sources[status.mutant.path]) for status in statuses]


def _row(status: Status, source: bytes) -> dict[str, Any]:
    mutant = status.mutant
    return {
        "mutant": mutant.id,
        "path": mutant.path,
        "line": mutant.line,
        "function": mutant.function,
        "operator": mutant.operator,
        "diff": mutant.diff(source),
        "status": status.word,
        "caught": _run(status.caught) if status.caught else None,
        "survived": [_run(run) for run in status.survived],
        "unsaid": [_run(run) for run in status.unsaid],
        "left": list(status.left),
        "reason": status.reason,
    }


def _run(run: Outcome) -> dict[str, Any]:
    return {
        "scenario": run.case.scenario,
        "seed": run.case.seed,
        "revision": run.revision,
        "verdict": run.verdict,
        "violated": sorted(run.violated, key=lambda name: int(name[1:])),
        "reached": run.reached,
        "seconds": run.seconds,
        "tries": run.tries,
    }


def summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the counts: of each status, and the score among those that were reached and are not equivalent."""
    count = Counter(row["status"] for row in rows)
    decided = sum(count[word] for word in ("caught", "survived", "does not run"))
    return {
        **{word: count[word] for word in ("caught", "survived", "does not run", "never reached", "equivalent", "open")},
        "sample": len(rows),
        "score": round(count["caught"] / decided, 4) if decided else None,
        "revisions": dict(Counter(row["caught"]["revision"] for row in rows if row["caught"])),
    }


def markdown(rows: Sequence[Mapping[str, Any]], told: Mapping[str, Any]) -> str:
    """Return the tables: the score, what was caught by what, and each mutant that was not. `told`: about the sample."""
    count = summary(rows)
    lines = [
        f"Sample of {told['sample']} of {told['mutants']} mutants in scope (`scope.toml` as of `{told['scope']}`), "
        f"drawn with seed {told['seed']}; runs with seed {told['run_seed']}, at most {told['at_most']} scenarios for "
        f"each mutant, of {told['scenarios']} whose reach is known.",
        "",
        "| caught | survived | does not run | never reached | equivalent | still open | score |",
        "|---|---|---|---|---|---|---|",
        f"| {count['caught']} | {count['survived']} | {count['does not run']} | {count['never reached']} | "
        f"{count['equivalent']} | {count['open']} | {_score(count)} |",
        "",
        f"Revisions, with what was caught at each: {_listed(count['revisions']) or 'none'}.",
    ]
    lines += _caught([row for row in rows if row["status"] == "caught"])
    lines += _listing("Survived", rows, "survived")
    lines += _listing("Does not run", rows, "does not run")
    lines += _listing("Never reached", rows, "never reached")
    lines += _listing("Equivalent", rows, "equivalent")
    return "\n".join(lines)


def _score(count: Mapping[str, Any]) -> str:
    decided = count["caught"] + count["survived"] + count["does not run"]
    return f"{count['caught']} of {decided} ({count['score']:.0%})" if decided else "-"


def _listed(count: Mapping[str, int]) -> str:
    return ", ".join(f"`{name}` ({number})" for name, number in count.items())


def _caught(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows:
        return []
    lines = ["", "### Caught", "", "| mutant | where | fault | by | in | after |", "|---|---|---|---|---|---|"]
    for row in rows:
        run = row["caught"]
        lines.append(
            f"| {row['mutant']} | `{row['path']}:{row['line']}` `{row['function']}` | {row['operator']} | "
            f"{' '.join(run['violated'])} | `{run['scenario']}` | {run['seconds']:.0f} s |"
        )
    return lines


def _listing(title: str, rows: Sequence[Mapping[str, Any]], word: str) -> list[str]:
    chosen = [row for row in rows if row["status"] == word]
    lines = ["", f"### {title}", ""] if chosen else []
    for row in chosen:
        lines += [
            f"**{row['mutant']}** `{row['path']}:{row['line']}` `{row['function']}`: {row['operator']}. {_story(row)}",
            "",
        ]
        lines += ["```diff", row["diff"], "```", ""]
    return lines


def _story(row: Mapping[str, Any]) -> str:
    if row["reason"]:
        return str(row["reason"])
    told = [f"`{run['scenario']}` {run['verdict']}" for run in (*row["survived"], *row["unsaid"])]
    return f"Tried: {', '.join(told)}." if told else ""
